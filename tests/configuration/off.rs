//! A pattern that the code switches off stays off, for every variable and setting.

use std::time::Duration;

use resilience_runtime::{
    Registry, ServiceKind, ServiceSettings, Settings, llm_resilient, resilient,
};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    rate_limit = off,
    bulkhead = off,
    timeout = off,
    deadline = off
)]
async fn nothing_on(remote: &Remote, time: Duration) -> Answer {
    tokio::time::sleep(time).await;
    remote.answer()
}

const EVERYTHING: [(&str, &str); 9] = [
    ("RETRY_API_MAX_ATTEMPTS", "5"),
    ("CIRCUIT_API_FAILURE_THRESHOLD", "1"),
    ("RATE_LIMIT_API_REQUESTS_PER_HOUR", "1"),
    ("RATE_LIMIT_API_SHARED", "true"),
    ("RATE_LIMIT_API_ON_STORE_LOSS", "closed"),
    ("BULKHEAD_API_MAX_CONCURRENT", "1"),
    ("TIMEOUT_API", "1"),
    ("DEADLINE_API", "1"),
    ("RETRY_BUDGET_API_CAPACITY", "1"),
];

#[tokio::test(start_paused = true)]
async fn off_in_the_code_is_final() {
    let mut by_settings = ServiceSettings::default();
    by_settings.retry.max_attempts = Some(5);
    by_settings.circuit_breaker.failure_threshold = Some(1);
    by_settings.rate_limit.requests_per_hour = Some(1);
    by_settings.rate_limit.shared = Some(true);
    by_settings.bulkhead.max_concurrent = Some(1);
    by_settings.timeout = Some(Duration::from_secs(1));
    by_settings.deadline = Some(Duration::from_secs(1));
    for settings in [
        Settings::from_vars(EVERYTHING).unwrap(),
        Settings::new().service("api", by_settings),
    ] {
        let registry = Registry::new();
        registry.configure(settings).unwrap();
        let calls = async {
            let remote = Remote::failing();
            let began = Instant::now();
            let hour = Duration::from_secs(3_600);
            let _others = [
                started(nothing_on(&remote, hour)),
                started(nothing_on(&remote, hour)),
            ];
            for _ in 0..10 {
                let out = nothing_on(&remote, Duration::from_secs(30)).await;
                assert!(matches!(out, Err(ApiError::Transient)));
            }
            assert_eq!(remote.asked(), 10);
            assert_eq!(began.elapsed(), Duration::from_secs(300));
            let api = registry.service("api", ServiceKind::Custom).unwrap();
            let stats = api.stats();
            assert_eq!(stats.circuit.consecutive_failures, 0, "not recorded there");
            assert_eq!(stats.in_flight, 0);
            api.circuit_breaker().force_open();
            assert!(
                !nothing_on(&remote, Duration::ZERO)
                    .await
                    .unwrap_err()
                    .is_open_circuit()
            );
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn off_applies_only_to_its_function() {
    #[resilient(service = "api", retry = off, circuit_breaker(failure_threshold = 1))]
    async fn guarded(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        guarded(&Remote::healthy()).await.unwrap();
        for _ in 0..5 {
            let _ = nothing_on(&Remote::failing(), Duration::ZERO).await;
        }
        assert!(guarded(&Remote::healthy()).await.is_ok());
        guarded(&Remote::failing()).await.unwrap_err();
        assert!(
            guarded(&Remote::healthy())
                .await
                .unwrap_err()
                .is_open_circuit()
        );
        assert!(nothing_on(&Remote::healthy(), Duration::ZERO).await.is_ok());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_budget_can_be_off_alone() {
    #[llm_resilient(
        circuit_breaker = off,
        retry_budget = off,
        retry(max_attempts = 5, base_delay = "1ms", jitter = "none")
    )]
    async fn lavish(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let settings = Settings::from_vars([("RETRY_BUDGET_LLM_CAPACITY", "1")]).unwrap();
    registry.configure(settings).unwrap();
    let remote = Remote::failing();
    registry.scope(lavish(&remote)).await.unwrap_err();
    assert_eq!(remote.asked(), 5);
}
