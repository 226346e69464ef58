//! Keys of breakers and bulkheads: how many are kept, and services whose declaration requires a key of every function.

use resilience_runtime::config::{BulkheadSettings, CircuitBreakerSettings, ConfigError};
use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, resilient, service,
};

use crate::errors::ApiError;
use crate::remote::Answer;

service! {
    static FETCH: Custom = "fetch" {
        circuit_breaker(failure_threshold = 5, keyed),
        bulkhead(max_concurrent = 4, keyed),
        rate_limit(requests_per_minute = 60, keyed),
    }
    static NOT_KEYED: Custom = "not keyed" { circuit_breaker(failure_threshold = 5, keyed = false) }
}

#[resilient(
    service = FETCH,
    circuit_breaker(key = host),
    bulkhead(key = host),
    rate_limit(key = host)
)]
async fn with_keys(host: &str) -> Answer {
    let _ = host;
    Ok(1)
}

#[resilient(service = FETCH, circuit_breaker(key = host), bulkhead = off)]
async fn without_key_of_the_limit(host: &str) -> Answer {
    let _ = host;
    Ok(1)
}

#[resilient(service = "fetch")]
async fn without_keys() -> Answer {
    Ok(1)
}

#[resilient(service = NOT_KEYED)]
async fn of_a_service_without_keys() -> Answer {
    Ok(1)
}

fn missing(answer: Answer) -> ConfigError {
    match answer {
        Err(ApiError::Resilience(ResilienceError::InvalidConfig(error))) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn function_without_a_key_of_a_keyed_service_is_refused() {
    let registry = Registry::new();
    registry.declare(&[&FETCH, &NOT_KEYED]).unwrap();
    let calls = async {
        with_keys("a").await.unwrap();
        of_a_service_without_keys().await.unwrap();
        registry.check().unwrap();
        let error = missing(without_key_of_the_limit("a").await);
        let [problem] = error.problems() else {
            panic!("{error}");
        };
        assert_eq!(problem.key(), "rate_limit.key");
        assert_eq!(missing(without_keys().await).problems().len(), 3);
        with_keys("a").await.unwrap();
    };
    registry.scope(calls).await;
    let error = registry.check().unwrap_err();
    assert_eq!(error.problems().len(), 4);
    let text = error.to_string();
    for part in [
        "`rate_limit.key` (attribute of configuration::keyed::without_key_of_the_limit (",
        "keyed.rs:",
        "is missing: service `fetch` is declared with `rate_limit(keyed)` as `configuration::keyed::FETCH` (",
        "write `rate_limit(key = …)` at the function, or `rate_limit = off`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn service_that_was_seen_before_its_declaration_requires_the_keys_as_well() {
    let registry = Registry::new();
    let calls = async {
        without_keys().await.unwrap();
        with_keys("a").await.unwrap();
        assert_eq!(missing(without_keys().await).problems().len(), 3);
    };
    registry.scope(calls).await;
}

#[resilient(service = "api", retry = off, circuit_breaker(key = key), bulkhead(key = key, max_concurrent = 1))]
async fn ask(key: u32) -> Answer {
    let _ = key;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn most_keys_are_set_at_every_level() {
    let circuit = CircuitBreakerSettings::new().max_keys(3);
    let bulkhead = BulkheadSettings::new().max_keys(2);
    let settings = ServiceSettings::new()
        .circuit_breaker(circuit)
        .bulkhead(bulkhead);
    let ways = [
        Settings::new().service("api", settings),
        Settings::from_vars([
            ("CIRCUIT_API_MAX_KEYS", "3"),
            ("BULKHEAD_API_MAX_KEYS", "2"),
        ])
        .unwrap(),
    ];
    for way in ways {
        let registry = Registry::new();
        let calls = async {
            let api = registry.service("api", ServiceKind::Custom).unwrap();
            let known = || {
                let stats = api.stats();
                let circuit = stats.circuit_keys.unwrap().known;
                (circuit, stats.bulkhead_keys.unwrap().known)
            };
            for key in 0..1_001 {
                ask(key).await.unwrap();
            }
            assert_eq!(known(), (1_000, 1_000), "the defaults");
            registry.configure(way).unwrap();
            assert_eq!(known(), (3, 2));
            ask(7).await.unwrap();
            assert_eq!(known(), (3, 2));
            let config = api.config();
            assert_eq!(config.circuit.max_keys, 3);
            assert_eq!(config.bulkhead.unwrap().max_keys, 2);
        };
        registry.scope(calls).await;
    }
}

#[test]
fn none_at_all_is_an_error() {
    for variable in ["CIRCUIT_LLM_MAX_KEYS", "BULKHEAD_LLM_MAX_KEYS"] {
        let error = Settings::from_vars([(variable, "0")]).unwrap_err();
        assert!(error.to_string().contains("must be at least 1"), "{error}");
    }
}
