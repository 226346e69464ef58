//! Where each value that runs came from, as `Service::config` returns it.

use std::time::Duration;

use resilience_runtime::{
    Registry, ServiceKind, ServiceSettings, Settings, config::CircuitBreakerSettings,
    config::ConfigSource, config::ConfigValue, config::RetrySettings, llm_resilient, resilient,
    telemetry::EventKind,
};

use crate::errors::ApiError;
use crate::remote::Answer;

fn find<'a>(values: &'a [ConfigValue], key: &str) -> Option<(&'a str, &'a str)> {
    let value = values.iter().find(|value| value.key == key)?;
    Some((&value.value, &value.from))
}

#[llm_resilient(
    service = "openai",
    circuit_breaker(failure_threshold = 7),
    retry(max_attempts = 2),
    timeout = "3s"
)]
async fn complete() -> Answer {
    Err(ApiError::Permanent)
}

#[llm_resilient(service = "openai")]
async fn summarize() -> Answer {
    Err(ApiError::Permanent)
}

#[tokio::test(start_paused = true)]
async fn each_level_is_named() {
    let registry = Registry::new();
    let settings = Settings::from_vars([
        ("RETRY_OPENAI_BASE_DELAY", "2s"),
        ("RATE_LIMIT_LLM_REQUESTS_PER_SECOND", "9"),
    ]);
    let settings = settings
        .unwrap()
        .service(
            "openai",
            ServiceSettings::default().deadline(Duration::from_secs(100)),
        )
        .kind(
            ServiceKind::Llm,
            ServiceSettings::default().retry(RetrySettings::default().multiplier(3.0)),
        );
    registry.configure(settings).unwrap();
    registry.scope(summarize()).await.unwrap_err();
    registry.scope(complete()).await.unwrap_err();

    let config = registry.get("openai").unwrap().config();
    let told = |key| find(&config.values, key).unwrap();
    assert_eq!(
        told("retry.base_delay"),
        ("2s", "environment variable `RETRY_OPENAI_BASE_DELAY`")
    );
    assert_eq!(
        told("rate_limit.requests_per_second"),
        (
            "9",
            "environment variable `RATE_LIMIT_LLM_REQUESTS_PER_SECOND`"
        )
    );
    assert_eq!(
        told("rate_limit.strategy"),
        ("token_bucket", "preset of kind `llm`")
    );
    assert_eq!(told("deadline"), ("100s", "settings of service `openai`"));
    assert_eq!(told("retry.multiplier"), ("3", "settings of kind `llm`"));
    assert_eq!(told("retry.max_delay"), ("60s", "preset of kind `llm`"));
    // Shared, so the attribute of one function speaks for all; what a function has to itself does not.
    let (threshold, from) = told("circuit_breaker.failure_threshold");
    assert_eq!(threshold, "7");
    assert!(
        from.starts_with("attribute of ") && from.contains("::complete ("),
        "{from}"
    );
    assert!(from.contains("origins.rs:"), "{from}");
    assert_eq!(told("retry.max_attempts"), ("3", "preset of kind `llm`"));
    assert_eq!(find(&config.values, "retry.max_elapsed"), None);

    let [summarize, complete] = &config.functions[..] else {
        panic!("{:?}", config.functions);
    };
    assert_eq!(summarize.values, []);
    let own: Vec<_> = complete
        .values
        .iter()
        .map(|it| (it.key, &*it.value))
        .collect();
    assert_eq!(own, [("retry.max_attempts", "2"), ("timeout", "3s")]);
    assert!(
        matches!(&complete.values[0].origin, ConfigSource::Attribute(place) if place.contains("::complete (")),
        "{:?}",
        complete.values
    );
}

#[test]
fn clamped_value_names_the_clamping_key() {
    let registry = Registry::new();
    let settings = Settings::from_vars([("RETRY_API_MAX_DELAY", "100ms")]);
    let settings = settings.unwrap().service(
        "api",
        ServiceSettings::default().circuit_breaker(CircuitBreakerSettings::default().window(4)),
    );
    registry.configure(settings).unwrap();
    let config = registry
        .service("api", ServiceKind::Custom)
        .unwrap()
        .config();
    let told = |key| find(&config.values, key).unwrap();
    assert_eq!(
        told("retry.base_delay"),
        (
            "100ms",
            "preset of kind `custom`, where it is 500ms: clamped by `retry.max_delay`"
        )
    );
    assert_eq!(
        told("retry.max_delay"),
        ("100ms", "environment variable `RETRY_API_MAX_DELAY`")
    );
    assert_eq!(
        told("circuit_breaker.minimum_calls"),
        (
            "4",
            "preset of kind `custom`, where it is 10: clamped by `circuit_breaker.window`"
        )
    );
    assert_eq!(
        told("circuit_breaker.window"),
        ("4 calls", "settings of service `api`")
    );
}

#[tokio::test(start_paused = true)]
async fn sources_follow_live_configuration() {
    #[resilient(service = "live", rate_limit(tokens_per_minute = 100, cost = 1u32))]
    async fn ask() -> Answer {
        Err(ApiError::Permanent)
    }
    let registry = Registry::new();
    registry.scope(ask()).await.unwrap_err();
    let service = registry.get("live").unwrap();
    let before = service.config();
    assert_eq!(
        find(&before.values, "timeout").unwrap().1,
        "preset of kind `custom`"
    );
    let (tokens, from) = find(&before.values, "rate_limit.tokens_per_minute").unwrap();
    assert_eq!(tokens, "100");
    assert!(from.starts_with("attribute of "), "{from}");
    assert_eq!(
        find(&before.values, "rate_limit.requests_per_minute"),
        None,
        "nobody set one"
    );

    let settings = ServiceSettings::default().timeout(Duration::from_secs(1));
    registry
        .configure(Settings::new().service("live", settings))
        .unwrap();
    let after = service.config();
    let timeout = find(&after.values, "timeout").unwrap();
    assert_eq!(timeout, ("1s", "settings of service `live`"));
    assert_eq!(
        after.functions[0].values,
        [],
        "the function runs with its service's"
    );
}

#[tokio::test(start_paused = true)]
async fn configured_event_is_sent_only_for_changed_services() {
    let registry = Registry::new();
    for name in ["api", "other"] {
        registry.service(name, ServiceKind::Custom).unwrap();
    }
    let mut changes = registry.subscribe_to_changes();
    let settings = || {
        let settings = ServiceSettings::default().timeout(Duration::from_secs(1));
        Settings::new().service("api", settings)
    };
    registry.configure(settings()).unwrap();
    let event = changes.try_recv().unwrap().unwrap();
    assert_eq!(
        (event.service.as_str(), event.kind),
        ("api", EventKind::Configured)
    );
    assert!(
        changes.try_recv().unwrap().is_none(),
        "the other runs as before"
    );
    registry.configure(settings()).unwrap();
    assert!(
        changes.try_recv().unwrap().is_none(),
        "and so does this one now"
    );
    registry.configure(Settings::new().enabled(false)).unwrap();
    for name in ["api", "other"] {
        let event = changes.try_recv().unwrap().unwrap();
        assert_eq!(event.service.as_str(), name);
    }
}
