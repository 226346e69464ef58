//! Invalid values: every one is reported by name, and none becomes a default.

use std::time::Duration;

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, config::ConfigSource,
    resilient,
};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(service = "api", circuit_breaker = off)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

fn keys(error: &resilience_runtime::config::ConfigError) -> Vec<&str> {
    error
        .problems()
        .iter()
        .map(|problem| problem.key())
        .collect()
}

#[test]
fn error_names_every_bad_variable_with_allowed_values() {
    let bad = [
        ("RETRY_LLM_MAX_ATTEMPTS", "0"),
        ("RETRY_LLM_BASE_DELAY", "soon"),
        ("RETRY_DATABASE_MULTIPLIER", "0.5"),
        ("RETRY_MCP_JITTER", "some"),
        ("CIRCUIT_LLM_FAILURE_THRESHOLD", "-1"),
        ("CIRCUIT_SECRET_FAILURE_RATE", "1.5"),
        ("CIRCUIT_SECRET_WINDOW", "0"),
        ("CIRCUIT_CUSTOM_ABANDONED", "maybe"),
        ("CIRCUIT_MCP_MODE", "on"),
        ("RATE_LIMIT_SECRET_MODE", "shadwo"),
        ("RATE_LIMIT_SECRET_SHARED", "maybe"),
        ("RATE_LIMIT_SECRET_ON_STORE_LOSS", "clsoed"),
        ("BULKHEAD_DATABASE_MODE", "SHADOW"),
        ("RATE_LIMIT_LLM_REQUESTS_PER_MINUTE", "0"),
        ("RATE_LIMIT_MCP_STRATEGY", "leaky"),
        ("RATE_LIMIT_MCP_BURST", "0"),
        ("RATE_LIMIT_LLM_TOKENS_PER_MINUTE", "0"),
        ("RATE_LIMIT_MCP_TOKENS_PER_MINUTE", "4294967296"),
        ("BULKHEAD_LLM_MAX_CONCURRENT", "0"),
        ("TIMEOUT_LLM", "0"),
        ("DEADLINE_SECRET", "1 fortnight"),
        ("RETRY_BUDGET_LLM_CAPACITY", "NaN"),
        ("RESILIENCE_ENABLED", "perhaps"),
    ];
    let error = Settings::from_vars(bad).unwrap_err();
    let message = error.to_string();
    for (variable, value) in bad {
        let problem = error
            .problems()
            .iter()
            .find(|problem| problem.key() == variable);
        let problem = problem.unwrap_or_else(|| panic!("{variable} is missing in {message}"));
        assert!(message.contains(variable));
        assert_eq!(*problem.origin(), ConfigSource::Environment, "{variable}");
        assert!(!problem.allowed().is_empty(), "{variable}");
        let shown = problem.value().unwrap_or_default();
        assert!(
            shown.contains(value) || value == "0",
            "{variable} is {shown}"
        );
    }
    assert_eq!(error.problems().len(), bad.len(), "{message}");
}

#[test]
fn unknown_mode_is_told_the_nearest() {
    let error = Settings::from_vars([("RATE_LIMIT_LLM_MODE", "shadwo")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`RATE_LIMIT_LLM_MODE` is `shadwo` (environment variable): \
         must be one of enforce, shadow; did you mean `shadow`?"
    );
}

#[test]
fn clamped_value_is_not_reported_beside_the_bad_one() {
    for (variable, value) in [
        ("RETRY_LLM_MAX_DELAY", "0"),
        ("CIRCUIT_LLM_WINDOW", "0"),
        ("CIRCUIT_LLM_MAX_RECOVERY_TIMEOUT", "0"),
    ] {
        let error = Settings::from_vars([(variable, value)]).unwrap_err();
        assert_eq!(keys(&error), [variable], "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn bad_variable_without_check_fails_the_first_call() {
    let registry = Registry::new();
    // The service is not known yet, so its variables are not checked.
    let settings =
        Settings::from_vars([("RETRY_API_MAX_ATTEMPTS", "many"), ("TIMEOUT_API", "soon")]);
    registry.configure(settings.unwrap()).unwrap();
    let remote = Remote::healthy();
    let out = registry.scope(ask(&remote)).await;
    match out {
        Err(ApiError::Resilience(ResilienceError::InvalidConfig(error))) => {
            assert_eq!(keys(&error), ["RETRY_API_MAX_ATTEMPTS", "TIMEOUT_API"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(remote.asked(), 0);
    let error = registry.check().unwrap_err();
    assert_eq!(keys(&error), ["RETRY_API_MAX_ATTEMPTS", "TIMEOUT_API"]);
    assert!(registry.service("api", ServiceKind::Custom).is_err());
    assert_eq!(registry.stats().services[0].invalid_config, 1);

    // Once they are right, it runs.
    let nothing: [(&str, &str); 0] = [];
    registry
        .configure(Settings::from_vars(nothing).unwrap())
        .unwrap();
    assert!(registry.scope(ask(&remote)).await.is_ok());
}

#[test]
fn variables_of_a_configured_service_are_checked_at_once() {
    let registry = Registry::new();
    let settings = Settings::from_vars([("TIMEOUT_API", "soon")]).unwrap();
    let settings = settings.service("api", ServiceSettings::default());
    let error = registry.configure(settings).unwrap_err();
    assert_eq!(keys(&error), ["TIMEOUT_API"]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_fails_changes_nothing() {
    let registry = Registry::new();
    let remote = Remote::failing();
    let first = ServiceSettings::default().timeout(Duration::from_secs(7));
    registry
        .configure(Settings::new().service("api", first))
        .unwrap();
    registry.scope(ask(&remote)).await.unwrap_err();
    assert_eq!(remote.asked(), 3);
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let before = format!("{:?}", api.config());

    let mut bad = ServiceSettings::default();
    bad.retry.max_attempts = Some(9);
    bad.timeout = Some(Duration::ZERO);
    let settings = Settings::new().enabled(false).service("api", bad);
    let error = registry.configure(settings).unwrap_err();
    assert_eq!(keys(&error), ["timeout"]);
    let good_and_bad =
        Settings::from_vars([("RETRY_API_MAX_ATTEMPTS", "9"), ("DEADLINE_API", "x")]);
    assert!(registry.configure(good_and_bad.unwrap()).is_err());

    let remote = Remote::failing();
    registry.scope(ask(&remote)).await.unwrap_err();
    assert_eq!(remote.asked(), 3);
    assert_eq!(format!("{:?}", api.config()), before);
}

#[test]
fn each_limit_is_checked_by_itself() {
    let registry = Registry::new();
    let mut both = ServiceSettings::default();
    both.rate_limit.requests_per_minute = Some(0);
    both.rate_limit.output_tokens_per_day = Some(0);
    both.rate_limit.tokens_per_hour = Some(1);
    let error = registry
        .configure(Settings::new().service("api", both))
        .unwrap_err();
    let keys: Vec<_> = error.problems().iter().map(|it| it.key()).collect();
    assert_eq!(
        keys,
        [
            "rate_limit.requests_per_minute",
            "rate_limit.output_tokens_per_day"
        ]
    );
    let error = Settings::from_vars([
        ("RATE_LIMIT_LLM_REQUESTS_PER_MINUTE", "60"),
        ("RATE_LIMIT_LLM_REQUESTS_PER_DAY", "many"),
        ("RATE_LIMIT_LLM_INPUT_TOKENS_PER_SECOND", "0"),
    ]);
    let error = error.unwrap_err();
    let keys: Vec<_> = error.problems().iter().map(|it| it.key()).collect();
    assert_eq!(
        keys,
        [
            "RATE_LIMIT_LLM_REQUESTS_PER_DAY",
            "RATE_LIMIT_LLM_INPUT_TOKENS_PER_SECOND"
        ]
    );
}

#[test]
fn unknown_variable_is_reported_with_the_nearest_name() {
    let settings = Settings::from_vars([
        ("RETRY_LLM_MAX_ATTEMPS", "3"),
        ("CIRCUIT_API_FAILURE_TRESHOLD", "3"),
        ("CIRCUIT_OTHER_FAILURE_TRESHOLD", "3"),
        ("TIMEOUT_STOP", "3"),
        ("RETRY_LLM_MAX_ATTEMPTS", "3"),
    ]);
    let settings = settings.unwrap().service("api", ServiceSettings::default());
    let warnings: Vec<_> = settings
        .warnings()
        .iter()
        .map(|warning| (warning.variable().to_owned(), warning.nearest().to_owned()))
        .collect();
    let expected = [
        (
            "CIRCUIT_API_FAILURE_TRESHOLD",
            "CIRCUIT_API_FAILURE_THRESHOLD",
        ),
        ("RETRY_LLM_MAX_ATTEMPS", "RETRY_LLM_MAX_ATTEMPTS"),
    ];
    assert_eq!(
        warnings,
        expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}
