//! The six levels of configuration, strongest first.

use std::time::Duration;

use resilience_runtime::{
    Registry, ServiceKind, ServiceSettings, Settings, config::CircuitBreakerSettings, llm_resilient,
};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::remote::Answer;

#[llm_resilient(service = "openai", retry = off, timeout = "3s", circuit_breaker(failure_threshold = 3))]
async fn with_attribute(hang: bool) -> Answer {
    if hang {
        std::future::pending().await
    }
    Err(ApiError::Transient)
}

#[llm_resilient(service = "openai", retry = off)]
async fn without_attribute(hang: bool) -> Answer {
    if hang {
        std::future::pending().await
    }
    Err(ApiError::Transient)
}

fn said(value: u32) -> ServiceSettings {
    ServiceSettings::default()
        .timeout(Duration::from_secs(value.into()))
        .circuit_breaker(CircuitBreakerSettings::default().failure_threshold(value))
}

/// A registry configured with the levels from `strongest` on; each sets its own number.
fn told(strongest: u32) -> Registry {
    let mut variables = Vec::new();
    if strongest <= 1 {
        variables.push(("TIMEOUT_OPENAI", "1"));
        variables.push(("CIRCUIT_OPENAI_FAILURE_THRESHOLD", "1"));
    }
    if strongest <= 4 {
        variables.push(("TIMEOUT_LLM", "4"));
        variables.push(("CIRCUIT_LLM_FAILURE_THRESHOLD", "4"));
    }
    let mut settings = Settings::from_vars(variables).unwrap();
    if strongest <= 2 {
        settings = settings.service("openai", said(2));
    }
    if strongest <= 5 {
        settings = settings.kind(ServiceKind::Llm, said(7));
    }
    let registry = Registry::new();
    registry.configure(settings).unwrap();
    registry
}

/// The timeout that cuts, and the failures that open.
async fn runs(strongest: u32) -> (u64, u32) {
    macro_rules! look {
        ($call:ident) => {
            async {
                let began = Instant::now();
                assert!($call(true).await.unwrap_err().is_timeout());
                let timeout = began.elapsed().as_secs();
                // The timeout was the first failure.
                let mut failures = 1;
                while !$call(false).await.unwrap_err().is_open_circuit() {
                    failures += 1;
                }
                (timeout, failures)
            }
        };
    }
    let registry = told(strongest);
    if strongest <= 3 {
        registry.scope(look!(with_attribute)).await
    } else {
        registry.scope(look!(without_attribute)).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_is_taken_from_the_first_level_that_has_it() {
    assert_eq!(runs(1).await, (1, 1), "variable of the service");
    assert_eq!(runs(2).await, (2, 2), "settings of the service");
    assert_eq!(runs(3).await, (3, 3), "attribute");
    assert_eq!(runs(4).await, (4, 4), "variable of the kind");
    assert_eq!(runs(5).await, (7, 7), "settings of the kind");
    assert_eq!(runs(6).await, (120, 5), "preset");
}

#[tokio::test(start_paused = true)]
async fn variable_of_service_and_kind_with_one_name_wins() {
    #[llm_resilient(retry = off, timeout = "3s")]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    let settings = Settings::from_vars([("TIMEOUT_LLM", "1")]).unwrap();
    let settings = settings
        .kind(ServiceKind::Llm, said(7))
        .service("llm", said(2));
    registry.configure(settings).unwrap();
    let began = Instant::now();
    registry.scope(hang()).await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn levels_are_mixed_value_by_value() {
    let registry = Registry::new();
    let settings = Settings::from_vars([("TIMEOUT_OPENAI", "1.5")]).unwrap();
    registry.configure(settings).unwrap();
    let calls = async {
        let began = Instant::now();
        assert!(with_attribute(true).await.unwrap_err().is_timeout());
        assert_eq!(began.elapsed(), Duration::from_millis(1_500));
        // Only the timeout was set there.
        with_attribute(false).await.unwrap_err();
        with_attribute(false).await.unwrap_err();
        assert!(with_attribute(false).await.unwrap_err().is_open_circuit());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn config_returns_the_effective_values() {
    for strongest in 1..=6 {
        let registry = told(strongest);
        let call = async {
            if strongest <= 3 {
                with_attribute(false).await
            } else {
                without_attribute(false).await
            }
        };
        registry.scope(call).await.unwrap_err();
        let service = registry.service("openai", ServiceKind::Llm).unwrap();
        let config = service.config();
        let (timeout, failures) = runs(strongest).await;
        let shown = config.functions[0].timeout.unwrap();
        assert_eq!(shown, Duration::from_secs(timeout));
        assert_eq!(config.circuit.failure_threshold, Some(failures));
        assert_eq!(config.circuit, service.circuit_breaker().config());
    }
}

#[tokio::test(start_paused = true)]
async fn function_without_own_value_uses_that_of_the_service() {
    // Whichever runs first.
    let registry = Registry::new();
    let calls = async {
        without_attribute(false).await.unwrap_err();
        with_attribute(false).await.unwrap_err();
        without_attribute(false).await.unwrap_err();
        assert!(
            without_attribute(false)
                .await
                .unwrap_err()
                .is_open_circuit()
        );
        // The timeout is each function's own.
        let service = registry.service("openai", ServiceKind::Llm).unwrap();
        service.circuit_breaker().force_closed();
        let began = Instant::now();
        assert!(without_attribute(true).await.unwrap_err().is_timeout());
        assert_eq!(began.elapsed(), Duration::from_secs(120));
    };
    registry.scope(calls).await;
}

#[test]
fn failure_rate_replaces_only_the_presets_threshold() {
    let thresholds = |settings: Settings| {
        let registry = Registry::new();
        registry.configure(settings).unwrap();
        let config = registry.service("openai", ServiceKind::Llm).unwrap();
        let circuit = config.config().circuit;
        (circuit.failure_rate, circuit.failure_threshold)
    };
    let rate = || CircuitBreakerSettings::new().failure_rate(0.5);
    let of_kind = |breaker: CircuitBreakerSettings| {
        let settings = ServiceSettings::new().circuit_breaker(breaker);
        Settings::without_env().kind(ServiceKind::Llm, settings)
    };
    assert_eq!(thresholds(Settings::without_env()), (None, Some(5)));
    assert_eq!(thresholds(of_kind(rate())), (Some(0.5), None));
    let both = of_kind(rate().failure_threshold(7));
    assert_eq!(thresholds(both), (Some(0.5), Some(7)));

    // At different levels they are both above the preset as well.
    let variable = [("CIRCUIT_OPENAI_FAILURE_RATE", "0.25")];
    let by_variable = Settings::from_vars(variable).unwrap();
    let threshold = CircuitBreakerSettings::new().failure_threshold(9);
    let settings = ServiceSettings::new().circuit_breaker(threshold);
    let both = by_variable.kind(ServiceKind::Llm, settings);
    assert_eq!(thresholds(both), (Some(0.25), Some(9)));
}
