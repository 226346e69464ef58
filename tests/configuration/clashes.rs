//! Functions that configure different values for one shared setting.

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, ServiceSettings, Settings,
    config::CircuitBreakerSettings, config::RetryBudgetSettings, llm_resilient, resilient,
};

use crate::errors::ApiError;
use crate::remote::Answer;

#[resilient(service = "api", circuit_breaker(failure_threshold = 2), retry = off)]
async fn threshold_two() -> Answer {
    Err(ApiError::Transient)
}

#[resilient(service = "api", circuit_breaker(failure_threshold = 3), retry = off)]
async fn threshold_three() -> Answer {
    Err(ApiError::Transient)
}

#[resilient(service = "api", retry_budget(capacity = 5), retry = off)]
async fn threshold_five() -> Answer {
    Ok(5)
}

#[resilient(service = "api", circuit_breaker(failure_threshold = 2), retry = off)]
async fn threshold_two_again() -> Answer {
    Ok(2)
}

#[resilient(service = "api", retry = off)]
async fn silent() -> Answer {
    Ok(0)
}

#[llm_resilient(service = "api", retry = off)]
async fn of_another_kind() -> Answer {
    Ok(0)
}

fn refused(out: Answer) -> String {
    match out {
        Err(ApiError::Resilience(error @ ResilienceError::InvalidConfig(_))) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn later_conflicting_function_fails_with_both_places() {
    let registry = Registry::new();
    let calls = async {
        assert!(matches!(threshold_two().await, Err(ApiError::Transient)));
        assert!(registry.check().is_ok());
        let message = refused(threshold_three().await);
        for part in [
            "circuit_breaker.failure_threshold",
            "`2`",
            "threshold_two",
            "threshold_three",
            "tests/configuration/clashes.rs",
            "api",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        // Only the later one, and only where they disagree.
        assert!(matches!(threshold_two().await, Err(ApiError::Transient)));
        assert!(threshold_two().await.unwrap_err().is_open_circuit());
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_closed();
        assert!(silent().await.is_ok());
        assert!(threshold_two_again().await.is_ok());
        assert!(threshold_five().await.is_ok());
        refused(threshold_three().await);

        let report = registry.check().unwrap_err();
        assert_eq!(report.problems().len(), 1, "{report}");
        // Who asks is told the value as well.
        assert_eq!(report.to_string().replacen(" is `3`", "", 1), message);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn conflict_fails_the_function_called_later() {
    let registry = Registry::new();
    let calls = async {
        assert!(matches!(threshold_three().await, Err(ApiError::Transient)));
        refused(threshold_two().await);
        refused(threshold_two_again().await);
    };
    registry.scope(calls).await;
    assert_eq!(registry.check().unwrap_err().problems().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn service_setting_resolves_the_conflict() {
    let threshold = ServiceSettings::default()
        .circuit_breaker(CircuitBreakerSettings::default().failure_threshold(4));
    let by_settings = Settings::new().service("api", threshold);
    let by_variable = Settings::from_vars([("CIRCUIT_API_FAILURE_THRESHOLD", "4")]).unwrap();
    for decision in [by_settings, by_variable] {
        // Before the first call.
        let registry = Registry::new();
        registry.configure(decision.clone()).unwrap();
        let calls = async {
            for _ in 0..2 {
                assert!(matches!(threshold_two().await, Err(ApiError::Transient)));
                assert!(matches!(threshold_three().await, Err(ApiError::Transient)));
            }
            assert!(threshold_two().await.unwrap_err().is_open_circuit());
        };
        registry.scope(calls).await;
        // After the clash.
        let registry = Registry::new();
        let calls = async {
            threshold_two().await.unwrap_err();
            refused(threshold_three().await);
            registry.configure(decision).unwrap();
            assert!(registry.check().is_ok());
            assert!(matches!(threshold_three().await, Err(ApiError::Transient)));
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn kind_or_other_value_does_not_resolve_the_conflict() {
    let mut kind = ServiceSettings::default();
    kind.circuit_breaker.failure_threshold = Some(4);
    let other =
        ServiceSettings::default().retry_budget(RetryBudgetSettings::default().capacity(7.0));
    let settings = Settings::new()
        .kind(ServiceKind::Custom, kind)
        .service("api", other);
    let registry = Registry::new();
    registry.configure(settings).unwrap();
    let calls = async {
        threshold_two().await.unwrap_err();
        refused(threshold_three().await);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn one_name_has_one_kind() {
    let registry = Registry::new();
    let calls = async {
        assert!(silent().await.is_ok());
        let message = refused(of_another_kind().await);
        for part in ["kind", "llm", "custom", "of_another_kind", "::silent"] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert!(silent().await.is_ok());
        // For good, whatever else changes.
        registry.configure(Settings::new()).unwrap();
        refused(of_another_kind().await);
    };
    registry.scope(calls).await;
    assert_eq!(registry.check().unwrap_err().problems().len(), 1);
    assert!(registry.service("api", ServiceKind::Llm).is_err());
}

#[tokio::test(start_paused = true)]
async fn per_function_values_never_clash() {
    #[resilient(
        service = "api",
        timeout = "1s",
        deadline = "5s",
        retry(max_attempts = 2)
    )]
    async fn quick() -> Answer {
        Ok(0)
    }
    #[resilient(service = "api", timeout = "2s", deadline = off, retry(max_attempts = 9))]
    async fn slow() -> Answer {
        Ok(0)
    }
    let registry = Registry::new();
    assert!(registry.scope(quick()).await.is_ok());
    assert!(registry.scope(slow()).await.is_ok());
    assert!(registry.check().is_ok());
}
