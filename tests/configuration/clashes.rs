//! Functions that configure different values for one shared setting.

use resilience_runtime::{
    Registry, ServiceKind, ServiceSettings, Settings, config::CircuitBreakerSettings,
    config::RetryBudgetSettings, llm_resilient, resilient,
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

#[tokio::test(start_paused = true)]
async fn first_value_stays_in_force_and_the_other_is_reported() {
    let registry = Registry::new();
    let calls = async {
        assert!(matches!(threshold_two().await, Err(ApiError::Transient)));
        assert!(registry.check().is_ok());
        // It runs, with the threshold of the other.
        assert!(matches!(threshold_three().await, Err(ApiError::Transient)));
        assert!(threshold_three().await.unwrap_err().is_open_circuit());
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_closed();
        assert!(silent().await.is_ok());
        assert!(threshold_two_again().await.is_ok());
        assert!(threshold_five().await.is_ok());

        let report = registry.check().unwrap_err();
        assert_eq!(report.problems().len(), 1, "{report}");
        let message = report.to_string();
        for part in [
            "circuit_breaker.failure_threshold",
            "`3`",
            "`2`",
            "threshold_two",
            "threshold_three",
            "tests/configuration/clashes.rs",
            "api",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        let config = api.config();
        assert_eq!(config.circuit.failure_threshold, Some(2));
        for function in &config.functions {
            let ignored = function.function.ends_with("threshold_three");
            assert_eq!(function.ignored.is_some(), ignored, "{function:?}");
            assert_eq!(function.invalid, None);
        }
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn every_function_that_disagrees_with_the_first_is_reported() {
    let registry = Registry::new();
    let calls = async {
        assert!(matches!(threshold_three().await, Err(ApiError::Transient)));
        assert!(matches!(threshold_two().await, Err(ApiError::Transient)));
        assert!(threshold_two_again().await.is_ok());
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.config().circuit.failure_threshold, Some(3));
    };
    registry.scope(calls).await;
    assert_eq!(registry.check().unwrap_err().problems().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn values_that_only_contradict_those_of_another_function_are_ignored() {
    #[resilient(
        service = "api",
        retry = off,
        circuit_breaker(failure_rate = 0.5, window = 10, minimum_calls = 5)
    )]
    async fn short_window() -> Answer {
        Ok(0)
    }
    #[resilient(service = "api", retry = off, circuit_breaker(minimum_calls = 50, success_threshold = 2))]
    async fn many_calls() -> Answer {
        Ok(0)
    }
    let registry = Registry::new();
    let calls = async {
        for _ in 0..2 {
            assert!(short_window().await.is_ok());
            assert!(many_calls().await.is_ok());
        }
    };
    registry.scope(calls).await;
    assert!(registry.check().is_err());
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
            silent().await.unwrap();
            threshold_three().await.unwrap_err();
            assert!(registry.check().is_err());
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
        threshold_three().await.unwrap_err();
        assert!(registry.check().is_err());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn first_kind_stays_in_force_and_the_other_is_reported() {
    let registry = Registry::new();
    let calls = async {
        assert!(silent().await.is_ok());
        assert!(of_another_kind().await.is_ok());
        // For good, whatever else changes.
        registry.configure(Settings::new()).unwrap();
        assert!(of_another_kind().await.is_ok());
        assert!(silent().await.is_ok());
    };
    registry.scope(calls).await;
    let told = registry.check().unwrap_err();
    assert_eq!(told.problems().len(), 1);
    let message = told.to_string();
    for part in ["kind", "llm", "custom", "of_another_kind", "::silent"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    // Who asks by hand is told.
    assert!(registry.service("api", ServiceKind::Llm).is_err());
    assert!(registry.service("api", ServiceKind::Custom).is_ok());
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
