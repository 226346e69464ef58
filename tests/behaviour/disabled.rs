//! Everything disabled: bodies run without any pattern, only fallbacks stay.

use std::time::Duration;

use resilience_runtime::{BoxError, Registry, ServiceKind, Settings, resilient};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    timeout = "1s",
    deadline = "2s",
    retry(max_attempts = 5),
    circuit_breaker(failure_threshold = 1),
    rate_limit(requests_per_hour = 1),
    bulkhead(max_concurrent = 1)
)]
async fn guarded(remote: &Remote, time: Duration) -> Answer {
    tokio::time::sleep(time).await;
    remote.answer()
}

#[resilient(service = "api", fallback(value = 7))]
async fn with_fallback(remote: &Remote) -> Answer {
    remote.answer()
}

fn off(how: &str) -> Registry {
    let registry = Registry::new();
    let settings = match how {
        "settings" => Settings::new().enabled(false),
        "variable" => Settings::from_vars([("RESILIENCE_ENABLED", "false")]).unwrap(),
        _ => unreachable!(),
    };
    registry.configure(settings).unwrap();
    registry
}

#[tokio::test(start_paused = true)]
async fn bodies_run_bare() {
    for how in ["settings", "variable"] {
        let registry = off(how);
        let calls = async {
            let failing = Remote::failing();
            for _ in 0..10 {
                let out = guarded(&failing, Duration::ZERO).await;
                assert!(matches!(out, Err(ApiError::Transient)));
            }
            assert_eq!(failing.asked(), 10, "no retry, no circuit, no limit");
            let slow = Remote::healthy();
            let time = Duration::from_secs(100);
            let (a, b) = tokio::join!(guarded(&slow, time), guarded(&slow, time));
            assert!(
                a.is_ok() && b.is_ok(),
                "no timeout, no deadline, no bulkhead"
            );
        };
        registry.scope(calls).await;
        assert!(!registry.services()[0].config().enabled);
    }
}

#[tokio::test(start_paused = true)]
async fn fallbacks_stay() {
    let registry = off("settings");
    assert_eq!(
        registry
            .scope(with_fallback(&Remote::failing()))
            .await
            .unwrap(),
        7
    );
}

#[tokio::test(start_paused = true)]
async fn calls_by_hand_run_bare_as_well() {
    let registry = off("settings");
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    api.circuit_breaker().force_open();
    let out: Result<u32, BoxError> = api.call(|| async { Ok(1) }).await;
    assert_eq!(out.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn disabled_registry_can_be_enabled_again() {
    let registry = off("settings");
    let calls = async {
        guarded(&Remote::failing(), Duration::ZERO)
            .await
            .unwrap_err();
        registry.configure(Settings::new().enabled(true)).unwrap();
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_open();
        let out = guarded(&Remote::healthy(), Duration::ZERO).await;
        assert!(out.unwrap_err().is_open_circuit());
    };
    registry.scope(calls).await;
}
