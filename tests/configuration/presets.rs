//! The preset of each kind.

use std::fmt::Write as _;
use std::time::Duration;

use resilience_runtime::{
    CircuitBreakerConfig, Registry, RetryConfig, ServiceKind, Settings, circuit_breaker::Window,
    config::ServiceConfig,
};

fn config(kind: ServiceKind) -> ServiceConfig {
    let registry = Registry::new();
    let nothing: [(&str, &str); 0] = [];
    registry
        .configure(Settings::from_vars(nothing).unwrap())
        .unwrap();
    registry.service("x", kind).unwrap().config()
}

#[test]
fn the_table_is_the_documented_one() {
    let mut table = String::new();
    for &kind in ServiceKind::ALL {
        let config = config(kind);
        let (retry, circuit) = (&config.retry, &config.circuit);
        writeln!(
            table,
            "{kind}: {} attempts, {:?} x{} up to {:?} {}, retry-after {:?}, {:?} / {:?}, {} failures, {:?}, {} of {}, {:?} {:?} {}",
            retry.max_attempts,
            retry.base_delay,
            retry.multiplier,
            retry.max_delay,
            retry.jitter,
            config.max_retry_after,
            config.timeout.unwrap(),
            config.deadline.unwrap(),
            circuit.failure_threshold.unwrap(),
            circuit.recovery_timeout,
            circuit.success_threshold,
            circuit.half_open_max_calls,
            config.rate_limit,
            config.bulkhead,
            config.idempotent,
        )
        .unwrap();
    }
    assert_eq!(
        table,
        "llm: 3 attempts, 1s x2 up to 60s full, retry-after 60s, 120s / 300s, 5 failures, 60s, 3 of 5, None None true\n\
         database: 3 attempts, 50ms x2 up to 1s full, retry-after 1s, 10s / 15s, 5 failures, 10s, 2 of 3, None None false\n\
         mcp: 3 attempts, 250ms x2 up to 5s full, retry-after 30s, 60s / 120s, 5 failures, 30s, 2 of 3, None None false\n\
         secret: 4 attempts, 200ms x2 up to 5s full, retry-after 10s, 5s / 15s, 5 failures, 30s, 1 of 2, None None true\n\
         custom: 3 attempts, 500ms x2 up to 30s full, retry-after 30s, 30s / 60s, 5 failures, 30s, 2 of 3, None None false\n"
    );
}

#[test]
fn the_rest_is_the_same_for_all() {
    for &kind in ServiceKind::ALL {
        let config = config(kind);
        assert_eq!(config.retry, RetryConfig::preset(kind));
        assert_eq!(config.circuit, CircuitBreakerConfig::preset(kind));
        assert_eq!(config.retry.max_elapsed, None);
        assert_eq!(config.circuit.failure_rate, None);
        assert_eq!(config.circuit.window, Window::Calls(100));
        assert_eq!(config.circuit.minimum_calls, 10);
        assert_eq!(config.circuit.recovery_multiplier, 1.0);
        let longest = config.circuit.max_recovery_timeout;
        assert_eq!(longest, Duration::from_secs(600));
        assert_eq!(config.retry_budget.capacity, 100.0);
        assert_eq!(config.retry_budget.refill, 0.1);
        assert!(config.enabled);
    }
    assert_eq!(
        RetryConfig::default(),
        RetryConfig::preset(ServiceKind::Custom)
    );
    assert_eq!(
        CircuitBreakerConfig::default(),
        CircuitBreakerConfig::preset(ServiceKind::Custom)
    );
}
