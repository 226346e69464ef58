//! Values of variables: shown to who asks for a check, and in no error of a call, report, log or `Debug`.

use std::error::Error;
use std::io;

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, admin::admin_router,
    config::ConfigError, config::RetrySettings, llm_resilient, resilient,
};
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;
use crate::child::in_a_child;
use crate::client::get;
use crate::errors::ApiError;
use crate::health_remote::{immediate, monitor};
use crate::remote::Answer;

const CANARY: &str = "tweet-1f0c";

#[resilient(service = "misled")]
async fn misled() -> Answer {
    Ok(1)
}

#[llm_resilient(service = "other")]
async fn other() -> Answer {
    Ok(1)
}

/// All that an error shows of itself.
fn shown(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!("{error} {error:?} {error:#?}\n");
        next = error.source();
    }
    text
}

fn refusal(out: Answer) -> ResilienceError {
    match out {
        Err(ApiError::Resilience(error @ ResilienceError::InvalidConfig(_))) => error,
        out => panic!("{out:?}"),
    }
}

/// All that the registry, its services, its events, the logs and the routes show.
async fn every_outlet(registry: &Registry) -> String {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let mut events = registry.subscribe();
    let routes = admin_router(registry, monitor(immediate()));
    let mut text = String::new();
    for out in [
        registry.scope(misled()).await,
        registry.scope(other()).await,
    ] {
        if let Err(error) = out {
            text += &shown(&error);
            let ApiError::Resilience(error) = error else {
                continue;
            };
            text += &shown(&io::Error::from(error));
        }
    }
    for name in ["misled", "other"] {
        let kind = registry.get(name).unwrap().kind();
        if let Err(error) = registry.service(name, kind) {
            text += &shown(&error);
        }
        let by_hand = registry.get(name).unwrap();
        let called = by_hand.call(|| async { Ok::<_, ResilienceError>(()) });
        text += &called.await.err().map_or_else(String::new, |it| shown(&it));
        text += &format!("{by_hand:?} {:#?}", by_hand.config());
        text += &serde_json::to_string(&by_hand.config()).unwrap();
    }
    for path in ["/services", "/services/misled", "/metrics", "/dashboard"] {
        text += &get(&routes, path).await.text;
    }
    text += &serde_json::to_string(&registry.stats()).unwrap();
    text += &format!("{registry:?} {registry:#?} {:?}", registry.check());
    while let Ok(Some(event)) = events.try_recv() {
        text += &format!("{event:?}");
    }
    text + &format!("{:?}", capture.all())
}

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains(CANARY), "{text}");
}

#[tokio::test(start_paused = true)]
async fn bad_variable_is_shown_to_who_asks_alone() {
    let variables = [
        ("TIMEOUT_MISLED", CANARY),
        ("RETRY_MISLED_JITTER", CANARY),
        ("CIRCUIT_LLM_MAX_PARK", CANARY),
        ("RATE_LIMIT_LLM_MAX_PARK", CANARY),
        ("TIMEOUT_STOP", CANARY),
        ("HEALTH_CHECK_PATH", CANARY),
    ];
    if in_a_child(
        "secrets::bad_variable_is_shown_to_who_asks_alone",
        &variables,
    ) {
        return;
    }
    // Nobody looked at the environment before the first call.
    let registry = Registry::new();
    let error = refusal(registry.scope(misled()).await);
    says(
        &shown(&error),
        &[
            "`TIMEOUT_MISLED` (environment variable): must be seconds",
            "`RETRY_MISLED_JITTER` (environment variable): must be one of full",
        ],
    );
    says(
        &every_outlet(&registry).await,
        &["TIMEOUT_MISLED", "MAX_PARK"],
    );
    let told = registry.check().unwrap_err();
    let said = format!("`TIMEOUT_MISLED` is `{CANARY}` (environment variable)");
    assert!(told.to_string().contains(&said), "{told}");
    assert!(!format!("{told:?} {told:#?}").contains(CANARY), "{told:?}");

    let told = Settings::from_env().unwrap_err();
    let said = format!("`RATE_LIMIT_LLM_MAX_PARK` is `{CANARY}` (environment variable)");
    assert!(told.to_string().contains(&said), "{told}");
    says(&format!("{told:?} {told:#?}"), &["RATE_LIMIT_LLM_MAX_PARK"]);
    assert!(!told.to_string().contains("TIMEOUT_STOP"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn variable_of_a_later_service_is_named_without_its_text() {
    let given = [
        ("TIMEOUT_MISLED", CANARY),
        ("TIMEOUT_OTHER", "7s"),
        ("TIMEOUT_STOP", CANARY),
    ];
    let settings = Settings::from_vars(given).unwrap();
    says(&format!("{settings:?} {settings:#?}"), &["TIMEOUT_STOP"]);
    let registry = Registry::new();
    registry.configure(settings).unwrap();
    let text = every_outlet(&registry).await;
    says(&text, &["`TIMEOUT_MISLED` (environment variable): must be"]);
    // Not even who asks now: the text was not kept, since it named no service then.
    let told = registry.check().unwrap_err();
    says(&told.to_string(), &["`TIMEOUT_MISLED` (environment"]);
    assert_eq!(told.problems()[0].value(), None);
    let other = registry.get("other").unwrap().config();
    assert_eq!(other.timeout.unwrap().as_secs(), 7, "what can run is kept");
}

#[tokio::test(start_paused = true)]
async fn other_programs_variables_are_not_shown() {
    let variables = [("TIMEOUT_STOP", CANARY), ("RETRY_SOCKET", CANARY)];
    if in_a_child(
        "secrets::other_programs_variables_are_not_shown",
        &variables,
    ) {
        return;
    }
    let settings = Settings::from_env().unwrap();
    says(&format!("{settings:?} {settings:#?}"), &["TIMEOUT_STOP"]);
    let registry = Registry::new();
    registry.configure(settings).unwrap();
    registry.scope(misled()).await.unwrap();
    says(&every_outlet(&registry).await, &["TIMEOUT_STOP"]);
    registry.reload_env().unwrap();
    assert!(registry.check().is_ok());
}

#[test]
fn configure_shows_the_value_by_display_alone() {
    let registry = Registry::new();
    let check = |settings: Settings, said: &str| {
        let error: ConfigError = registry.configure(settings).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        let value = error.problems()[0].value().unwrap().to_owned();
        let hidden = format!("{error:?} {:?}", ResilienceError::from(error.clone()));
        assert!(!hidden.contains(&value), "{hidden}");
        let as_a_calls = ResilienceError::from(error).to_string();
        assert!(!as_a_calls.contains(&value), "{as_a_calls}");
    };
    let given = Settings::from_vars([("TIMEOUT_MISLED", CANARY)]).unwrap();
    let given = given.service("misled", ServiceSettings::new());
    check(given, &format!("`TIMEOUT_MISLED` is `{CANARY}`"));
    let bad = ServiceSettings::new().retry(RetrySettings::new().multiplier(0.123_456));
    let bad = Settings::new().service("misled", bad);
    check(bad, "`retry.multiplier` is `0.123456`");
}

#[test]
fn rejected_text_is_not_in_debug() {
    use resilience_runtime::circuit_breaker::OnAbandoned;
    use resilience_runtime::{rate_limit::RateLimitStrategy, retry::Jitter};
    let errors: [Box<dyn Error>; 4] = [
        Box::new(CANARY.parse::<Jitter>().unwrap_err()),
        Box::new(CANARY.parse::<OnAbandoned>().unwrap_err()),
        Box::new(CANARY.parse::<RateLimitStrategy>().unwrap_err()),
        Box::new(CANARY.parse::<ServiceKind>().unwrap_err()),
    ];
    for error in errors {
        assert!(error.to_string().contains(CANARY), "who asked is told");
        let debug = format!("{error:?} {error:#?}");
        assert!(!debug.contains(CANARY), "{debug}");
    }
}
