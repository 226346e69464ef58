//! Conflicting values: across levels the weaker one is clamped, within one level they are an error.

use std::time::Duration;

use resilience_runtime::{
    Registry, ServiceKind, ServiceSettings, Settings, circuit_breaker::Window,
    config::CircuitBreakerSettings, config::ConfigSource, config::RetrySettings, resilient,
};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

fn retry(base: Option<u64>, max: Option<u64>) -> ServiceSettings {
    let mut retry = RetrySettings::new();
    retry.base_delay = base.map(Duration::from_millis);
    retry.max_delay = max.map(Duration::from_millis);
    ServiceSettings::new().retry(retry)
}

fn circuit(circuit: CircuitBreakerSettings) -> ServiceSettings {
    ServiceSettings::default().circuit_breaker(circuit)
}

#[tokio::test(start_paused = true)]
async fn a_variable_below_the_presets_base_delay_clamps_it() {
    #[resilient(service = "api", circuit_breaker = off, retry(jitter = "none"))]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let settings = Settings::from_vars([("RETRY_API_MAX_DELAY", "100ms")]).unwrap();
    registry.configure(settings).unwrap();
    let remote = Remote::failing();
    registry.scope(ask(&remote)).await.unwrap_err();
    assert_eq!(remote.asked_at(), [0, 100, 200].map(Duration::from_millis));
}

#[tokio::test(start_paused = true)]
async fn the_weaker_one_gives_way_whichever_it_is() {
    let shown = |settings: Settings| {
        let registry = Registry::new();
        registry.configure(settings).unwrap();
        let retry = registry
            .service("api", ServiceKind::Custom)
            .unwrap()
            .config()
            .retry;
        (retry.base_delay.as_millis(), retry.max_delay.as_millis())
    };
    let custom = ServiceKind::Custom;
    let strong_base = Settings::new()
        .service("api", retry(Some(900), None))
        .kind(custom, retry(Some(1), Some(600)));
    assert_eq!(shown(strong_base), (900, 900));
    let strong_max = Settings::new()
        .service("api", retry(None, Some(600)))
        .kind(custom, retry(Some(900), Some(2_000)));
    assert_eq!(shown(strong_max), (600, 600));
}

#[test]
fn windows_and_pauses_are_clamped_as_well() {
    let shown = |settings: CircuitBreakerSettings| {
        let registry = Registry::new();
        registry
            .configure(Settings::new().service("api", circuit(settings)))
            .unwrap();
        registry
            .service("api", ServiceKind::Custom)
            .unwrap()
            .config()
            .circuit
    };
    let config = shown(CircuitBreakerSettings::default().window(Window::Calls(4)));
    assert_eq!((config.window, config.minimum_calls), (Window::Calls(4), 4));
    let config = shown(CircuitBreakerSettings::default().minimum_calls(500));
    assert_eq!(
        (config.window, config.minimum_calls),
        (Window::Calls(500), 500)
    );
    let config =
        shown(CircuitBreakerSettings::default().max_recovery_timeout(Duration::from_secs(9)));
    assert_eq!(config.recovery_timeout, Duration::from_secs(9));
    let config =
        shown(CircuitBreakerSettings::default().recovery_timeout(Duration::from_secs(3_600)));
    assert_eq!(config.max_recovery_timeout, Duration::from_secs(3_600));
}

#[test]
fn within_one_level_it_is_an_error_that_names_it() {
    let registry = Registry::new();
    let both = Settings::new().service("api", retry(Some(900), Some(600)));
    let error = registry.configure(both).unwrap_err();
    let problem = &error.problems()[0];
    assert_eq!(problem.key(), "retry.base_delay");
    assert_eq!(problem.value(), Some("900ms"));
    assert_eq!(
        *problem.origin(),
        ConfigSource::Settings("service `api`".into())
    );

    let error = Settings::from_vars([
        ("RETRY_LLM_BASE_DELAY", "900ms"),
        ("RETRY_LLM_MAX_DELAY", "600ms"),
    ]);
    let error = error.unwrap_err();
    assert_eq!(error.problems()[0].key(), "RETRY_LLM_BASE_DELAY");
    assert_eq!(*error.problems()[0].origin(), ConfigSource::Environment);
}

#[test]
fn setting_minimum_calls_above_max_window_names_its_key() {
    let registry = Registry::new();
    let settings = circuit(CircuitBreakerSettings::default().minimum_calls(Window::MAX_CALLS + 1));
    let error = registry.configure(Settings::new().service("api", settings));
    let error = error.unwrap_err();
    let [problem] = error.problems() else {
        panic!("{error}")
    };
    assert_eq!(problem.key(), "circuit_breaker.minimum_calls");
    assert_eq!(problem.value(), Some("1000001"));
}

#[tokio::test(start_paused = true)]
async fn the_halves_of_a_pair_may_stand_on_two_levels() {
    #[resilient(
        service = "api",
        retry = off,
        circuit_breaker(slow_call_duration = "1s", slow_call_rate = 1.0, minimum_calls = 1)
    )]
    async fn slow() -> Answer {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Err(ApiError::Permanent)
    }
    let registry = Registry::new();
    let half = CircuitBreakerSettings::default().slow_call_duration(Duration::from_secs(5));
    registry.scope(slow()).await.unwrap_err();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    api.circuit_breaker().force_closed();
    // The attribute's value of the other half still applies.
    registry
        .configure(Settings::new().service("api", circuit(half)))
        .unwrap();
    for _ in 0..3 {
        let error = registry.scope(slow()).await.unwrap_err();
        assert!(matches!(error, ApiError::Permanent), "{error:?}");
    }
    assert_eq!(api.config().circuit.slow_call_rate, Some(1.0));
}

#[test]
fn half_of_a_pair_without_the_other_is_an_error() {
    let registry = Registry::new();
    let half = CircuitBreakerSettings::default().slow_call_duration(Duration::from_secs(5));
    let configured = registry.configure(Settings::new().service("api", circuit(half)));
    let refused = configured.is_err() || registry.service("api", ServiceKind::Custom).is_err();
    assert!(refused);
}

#[test]
fn variable_minimum_calls_above_max_window_names_itself() {
    let name = "CIRCUIT_LLM_MINIMUM_CALLS";
    let error = Settings::from_vars([(name, "1000001")]).unwrap_err();
    let [problem] = error.problems() else {
        panic!("one value, one problem: {error}");
    };
    assert_eq!((problem.key(), problem.value()), (name, Some("1000001")));
    let largest = Settings::from_vars([(name, "1000000")]).unwrap();
    let registry = Registry::new();
    registry.configure(largest).unwrap();
    let service = registry.service("llm", ServiceKind::Llm).unwrap();
    assert_eq!(service.config().circuit.window, Window::Calls(1_000_000));
}
