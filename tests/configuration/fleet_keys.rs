//! The settings that share limits with a fleet: where each value is taken from, what is refused, and that calls are limited
//! as before.

use std::time::Duration;

use resilience_runtime::config::{OnStoreLoss, RateLimitSettings};
use resilience_runtime::{
    RateLimitConfig, Registry, ServiceKind, ServiceSettings, Settings, llm_resilient, resilient,
    service,
};
use tokio::time::advance;

use crate::remote::Answer;

service! {
    static FLEET: Llm = "fleet" { rate_limit(requests_per_minute = 4, shared, on_store_loss = "closed") }
    static WITHOUT: Llm = "without" { rate_limit = off }
}

#[llm_resilient(service = FLEET, retry = off)]
async fn of_fleet() -> Answer {
    Ok(0)
}

#[llm_resilient(service = WITHOUT, retry = off)]
async fn without() -> Answer {
    Ok(0)
}

#[llm_resilient(
    service = "openai",
    retry = off,
    rate_limit(requests_per_minute = 4, shared = true, on_store_loss = "closed")
)]
async fn by_attribute() -> Answer {
    Ok(0)
}

#[llm_resilient(service = "openai", retry = off, rate_limit(requests_per_minute = 4))]
async fn by_preset() -> Answer {
    Ok(0)
}

fn said(shared: bool, on_store_loss: OnStoreLoss) -> ServiceSettings {
    let limit = RateLimitSettings::new()
        .shared(shared)
        .on_store_loss(on_store_loss);
    ServiceSettings::new().rate_limit(limit)
}

/// What runs for a service.
fn runs(registry: &Registry, service: &str) -> Option<(bool, OnStoreLoss)> {
    let limit = registry.get(service).unwrap().config().rate_limit?;
    Some((limit.shared, limit.on_store_loss))
}

/// Where a value that runs came from.
fn from(registry: &Registry, service: &str, key: &str) -> (String, String) {
    let config = registry.get(service).unwrap().config();
    let value = config.values.into_iter().find(|value| value.key == key);
    let value = value.unwrap_or_else(|| panic!("{key} does not run"));
    (value.value, value.from)
}

#[tokio::test(start_paused = true)]
async fn first_level_that_has_a_value_decides() {
    use OnStoreLoss::{Closed, Open, Share};

    // The weakest first; each makes the other choice than the one before.
    let registry = Registry::new();
    registry.scope(by_preset()).await.unwrap();
    assert_eq!(runs(&registry, "openai"), Some((false, Share)));

    let of_kind = Settings::new().kind(ServiceKind::Llm, said(true, Open));
    registry.configure(of_kind.clone()).unwrap();
    assert_eq!(runs(&registry, "openai"), Some((true, Open)));

    let by_kind_variable = [
        ("RATE_LIMIT_LLM_SHARED", "false"),
        ("RATE_LIMIT_LLM_ON_STORE_LOSS", "share"),
    ];
    let variables = Settings::from_vars(by_kind_variable).unwrap();
    registry.configure(variables.clone()).unwrap();
    assert_eq!(runs(&registry, "openai"), Some((false, Share)));

    let registry = Registry::new();
    registry.configure(of_kind).unwrap();
    registry.configure(variables).unwrap();
    registry.scope(by_attribute()).await.unwrap();
    assert_eq!(runs(&registry, "openai"), Some((true, Closed)));
    let (value, origin) = from(&registry, "openai", "rate_limit.shared");
    assert_eq!(value, "true");
    assert!(origin.starts_with("attribute"), "{origin}");

    let of_service = Settings::new().service("openai", said(false, Open));
    registry.configure(of_service).unwrap();
    assert_eq!(runs(&registry, "openai"), Some((false, Open)));

    let by_variable = [
        ("RATE_LIMIT_OPENAI_SHARED", "true"),
        ("RATE_LIMIT_OPENAI_ON_STORE_LOSS", "closed"),
    ];
    registry
        .configure(Settings::from_vars(by_variable).unwrap())
        .unwrap();
    assert_eq!(runs(&registry, "openai"), Some((true, Closed)));
    assert_eq!(
        from(&registry, "openai", "rate_limit.on_store_loss"),
        (
            "closed".to_owned(),
            "environment variable `RATE_LIMIT_OPENAI_ON_STORE_LOSS`".to_owned()
        )
    );
}

#[tokio::test(start_paused = true)]
async fn declaration_holds_for_all_functions_of_the_service() {
    let registry = Registry::new();
    registry.declare(&[&FLEET]).unwrap();
    assert_eq!(runs(&registry, "fleet"), Some((true, OnStoreLoss::Closed)));
    registry.scope(of_fleet()).await.unwrap();
    let change = Settings::from_vars([("RATE_LIMIT_FLEET_SHARED", "false")]).unwrap();
    registry.configure(change).unwrap();
    assert_eq!(runs(&registry, "fleet"), Some((false, OnStoreLoss::Closed)));
}

#[test]
fn limits_of_any_level_are_shared() {
    for (variable, limit) in [
        ("RATE_LIMIT_API_REQUESTS_PER_DAY", "9"),
        ("RATE_LIMIT_CUSTOM_TOKENS_PER_MINUTE", "9"),
        ("RATE_LIMIT_API_PER_KEY_REQUESTS_PER_HOUR", "9"),
    ] {
        let registry = Registry::new();
        let settings = Settings::from_vars([(variable, limit)]).unwrap();
        let settings = settings.service("api", said(true, OnStoreLoss::Open));
        registry.configure(settings).unwrap();
        registry.service("api", ServiceKind::Custom).unwrap();
        let shared = runs(&registry, "api");
        assert_eq!(shared, Some((true, OnStoreLoss::Open)), "{variable}");
    }
}

#[test]
fn without_a_limit_nothing_is_shared() {
    let registry = Registry::new();
    let settings = Settings::new().service("api", said(true, OnStoreLoss::Closed));
    registry.configure(settings).unwrap();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    assert_eq!(runs(&registry, "api"), None);
    let runs_as = |key: &str| api.config().values.iter().any(|value| value.key == key);
    assert!(!runs_as("rate_limit.shared") && !runs_as("rate_limit.on_store_loss"));
    registry.check().unwrap();

    // As a burst, it waits for a limit.
    let limit = Settings::from_vars([("RATE_LIMIT_API_REQUESTS_PER_MINUTE", "3")]).unwrap();
    registry.configure(limit).unwrap();
    assert_eq!(runs(&registry, "api"), Some((true, OnStoreLoss::Closed)));
    assert!(runs_as("rate_limit.shared") && runs_as("rate_limit.on_store_loss"));
}

#[test]
fn every_choice_can_be_set_by_variable_and_file() {
    for choice in OnStoreLoss::ALL {
        let name = choice.name();
        let file = format!(
            "[services.api.rate_limit]\nrequests_per_minute = 3\nshared = true\non_store_loss = \"{name}\""
        );
        let variables = [
            ("RATE_LIMIT_API_REQUESTS_PER_MINUTE", "3"),
            ("RATE_LIMIT_API_SHARED", "true"),
            ("RATE_LIMIT_API_ON_STORE_LOSS", name),
        ];
        for settings in [
            toml::from_str(&file).unwrap(),
            Settings::from_vars(variables).unwrap(),
        ] {
            let registry = Registry::new();
            registry.configure(settings).unwrap();
            registry.service("api", ServiceKind::Custom).unwrap();
            assert_eq!(runs(&registry, "api"), Some((true, *choice)));
        }
    }
}

#[test]
fn bad_value_is_told_what_is_allowed() {
    for (variable, value, allowed) in [
        ("RATE_LIMIT_LLM_SHARED", "3", "must be true or false"),
        ("RATE_LIMIT_LLM_SHARED", "", "must be true or false"),
        (
            "RATE_LIMIT_LLM_ON_STORE_LOSS",
            "clsoed",
            "must be one of share, closed, open; did you mean `closed`?",
        ),
        (
            "RATE_LIMIT_LLM_ON_STORE_LOSS",
            "local",
            "must be one of share, closed, open",
        ),
    ] {
        let error = Settings::from_vars([(variable, value)]).unwrap_err();
        let [problem] = error.problems() else {
            panic!("{error}");
        };
        assert_eq!((problem.key(), problem.allowed()), (variable, allowed));
    }
    for (setting, said) in [
        ("shared = 3", "expected a boolean"),
        ("shared = \"true\"", "expected a boolean"),
        (
            "on_store_loss = \"clsoed\"",
            "expected one of `share`, `closed`, `open`",
        ),
        ("distributed = true", "unknown field `distributed`"),
    ] {
        let file = format!("[services.api.rate_limit]\n{setting}");
        let error = toml::from_str::<Settings>(&file).unwrap_err().to_string();
        assert!(error.contains(said), "{setting}: {error}");
    }
}

#[test]
fn other_names_of_the_variable_are_told_this_one() {
    for other in ["FLEET", "DISTRIBUTED", "GLOBAL", "SHARD"] {
        let variable = format!("RATE_LIMIT_LLM_{other}");
        let settings = Settings::from_vars([(variable, "true")]).unwrap();
        let warnings = settings.warnings();
        assert_eq!(warnings[0].nearest(), "RATE_LIMIT_LLM_SHARED", "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn declared_off_stays_off() {
    let registry = Registry::new();
    let settings = Settings::new().service("without", said(true, OnStoreLoss::Closed));
    registry.configure(settings).unwrap();
    registry.declare(&[&WITHOUT]).unwrap();
    let calls = async {
        for _ in 0..50 {
            without().await.unwrap();
        }
    };
    registry.scope(calls).await;
    assert_eq!(runs(&registry, "without"), None);
}

#[tokio::test(start_paused = true)]
async fn other_value_of_a_second_function_is_ignored_and_reported() {
    #[resilient(service = "two", retry = off, rate_limit(requests_per_minute = 4, shared))]
    async fn first() -> Answer {
        Ok(0)
    }
    #[resilient(service = "two", retry = off, rate_limit(shared = false))]
    async fn second() -> Answer {
        Ok(0)
    }
    let registry = Registry::new();
    let calls = async {
        first().await.unwrap();
        second().await.unwrap();
    };
    registry.scope(calls).await;
    assert_eq!(runs(&registry, "two"), Some((true, OnStoreLoss::Share)));
    let config = registry.get("two").unwrap().config();
    let ignored = config.functions[1].ignored.as_deref().unwrap();
    assert!(ignored.contains("rate_limit.shared"), "{ignored}");
    assert!(registry.check().is_err());
}

#[tokio::test(start_paused = true)]
async fn change_of_what_is_shared_keeps_what_was_spent() {
    let registry = Registry::new();
    let calls = async {
        for _ in 0..4 {
            by_preset().await.unwrap();
        }
        for (shared, choice) in [(true, OnStoreLoss::Open), (false, OnStoreLoss::Share)] {
            let change = Settings::new().service("openai", said(shared, choice));
            registry.configure(change).unwrap();
            assert_eq!(runs(&registry, "openai"), Some((shared, choice)));
            let limiter = registry.get("openai").unwrap().rate_limiter().unwrap();
            let limit = limiter.config();
            assert_eq!((limit.shared, limit.on_store_loss), (shared, choice));
            by_preset().await.unwrap_err();
        }
        advance(Duration::from_secs(15)).await;
        by_preset().await.unwrap();
    };
    registry.scope(calls).await;
}

#[test]
fn config_has_a_setter_for_each() {
    const SHARED: RateLimitConfig = RateLimitConfig::per_minute(60)
        .shared(true)
        .on_store_loss(OnStoreLoss::Closed);
    assert!(SHARED.shared && !RateLimitConfig::default().shared);
    assert_eq!(SHARED.on_store_loss, OnStoreLoss::Closed);
    assert_eq!(
        RateLimitConfig::per_minute(60).on_store_loss,
        OnStoreLoss::default()
    );
}
