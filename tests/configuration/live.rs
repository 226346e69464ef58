//! Configuration changes while calls run.

use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, ServiceKind, ServiceSettings, Settings, resilient,
};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

#[resilient(
    service = "api",
    idempotent,
    retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(failure_threshold = 4, recovery_timeout = "30s")
)]
async fn ask(remote: &Remote) -> Answer {
    let answer = remote.answer();
    if answer.is_ok() {
        std::future::pending::<()>().await;
    }
    answer
}

fn settings(set: impl Fn(&mut ServiceSettings)) -> Settings {
    let mut settings = ServiceSettings::default();
    set(&mut settings);
    Settings::new().service("api", settings)
}

#[tokio::test(start_paused = true)]
async fn running_call_keeps_the_configuration_it_began_with() {
    let registry = Registry::new();
    let calls = async {
        let (old, new) = (Remote::failing(), Remote::failing());
        let running = started(ask(&old));
        let change = settings(|api| api.retry.max_attempts = Some(1));
        registry.configure(change).unwrap();
        running.await.unwrap_err();
        assert_eq!(old.asked(), 3);
        ask(&new).await.unwrap_err();
        assert_eq!(new.asked(), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_running_body_keeps_its_timeout() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let began = Instant::now();
        let running = started(ask(&remote));
        let change = settings(|api| {
            api.timeout = Some(SECOND);
            api.retry.max_attempts = Some(1);
            api.deadline = Some(2 * SECOND);
        });
        registry.configure(change).unwrap();
        assert!(ask(&remote).await.unwrap_err().is_timeout());
        assert_eq!(began.elapsed(), SECOND);
        assert!(running.await.unwrap_err().is_deadline());
        assert_eq!(began.elapsed(), Duration::from_secs(60));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_breaker_keeps_its_state_and_its_memory() {
    let registry = Registry::new();
    let calls = async {
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        ask(&Remote::failing()).await.unwrap_err();
        assert_eq!(api.stats().circuit.consecutive_failures, 3);
        registry
            .configure(settings(|api| api.timeout = Some(SECOND)))
            .unwrap();
        assert_eq!(api.stats().circuit.consecutive_failures, 3);
        ask(&Remote::failing()).await.unwrap_err();
        assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
        // A shorter pause is measured from when it opened.
        advance(10 * SECOND).await;
        let change = settings(|api| api.circuit_breaker.recovery_timeout = Some(15 * SECOND));
        registry.configure(change).unwrap();
        let error = ask(&Remote::failing()).await.unwrap_err();
        assert_eq!(error.local().retry_after(), Some(5 * SECOND));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn values_given_earlier_stay_until_they_are_given_again() {
    let registry = Registry::new();
    registry
        .configure(settings(|api| api.retry.max_attempts = Some(2)))
        .unwrap();
    registry
        .configure(settings(|api| api.timeout = Some(SECOND)))
        .unwrap();
    let remote = Remote::failing();
    registry.scope(ask(&remote)).await.unwrap_err();
    assert_eq!(remote.asked(), 2);
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    assert_eq!(api.config().timeout, Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn later_attribute_value_reconfigures_the_service() {
    #[resilient(service = "shared", retry = off)]
    async fn silent() -> Answer {
        Err(ApiError::Transient)
    }
    #[resilient(service = "shared", retry = off, circuit_breaker(failure_threshold = 2))]
    async fn explicit() -> Answer {
        Err(ApiError::Transient)
    }
    let registry = Registry::new();
    let calls = async {
        silent().await.unwrap_err();
        explicit().await.unwrap_err();
        assert!(silent().await.unwrap_err().is_open_circuit());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn calls_by_hand_follow_as_well() {
    let registry = Registry::new();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let hang = || async { std::future::pending::<Answer>().await };
    for seconds in [30, 3] {
        let began = Instant::now();
        assert!(api.call(hang).await.unwrap_err().is_timeout());
        assert_eq!(began.elapsed(), seconds * SECOND);
        registry
            .configure(settings(|api| api.timeout = Some(3 * SECOND)))
            .unwrap();
    }
}

/// A waker may be foreign code that comes straight back to the registry.
#[tokio::test(start_paused = true)]
async fn waiter_woken_by_a_change_can_use_the_registry() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use resilience_runtime::{
        BoxError, Registry, ServiceKind, ServiceSettings, Settings, config::BulkheadSettings,
    };

    struct Curious(Registry, AtomicUsize);
    impl Wake for Curious {
        fn wake(self: Arc<Self>) {
            self.1.store(self.0.services().len(), Ordering::Relaxed);
        }
    }

    let places = |max_concurrent| {
        let bulkhead = BulkheadSettings::default()
            .max_concurrent(max_concurrent)
            .max_wait(std::time::Duration::from_secs(5));
        let settings = ServiceSettings::default().bulkhead(bulkhead);
        Settings::without_env().service("crowded", settings)
    };
    let registry = Registry::new();
    registry.configure(places(1)).expect("it can run");
    let service = registry
        .service("crowded", ServiceKind::Custom)
        .expect("it can run");
    let hanging = || std::future::pending::<Result<(), BoxError>>();
    let curious = Arc::new(Curious(registry.clone(), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&curious));
    let mut context = Context::from_waker(&waker);
    let mut running = std::pin::pin!(service.call(hanging));
    assert!(running.as_mut().poll(&mut context).is_pending());
    let mut waiting = std::pin::pin!(service.call(hanging));
    assert!(waiting.as_mut().poll(&mut context).is_pending());

    registry.configure(places(2)).expect("it can run");
    assert_eq!(curious.1.load(Ordering::Relaxed), 1, "woken, and answered");
}
