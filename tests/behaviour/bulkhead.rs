//! The bulkhead through annotated functions, and the breaker round its wait.

use std::time::Duration;

use resilience_runtime::{
    Bulkhead, Registry, ResilienceError, ServiceKind, ServiceSettings, Settings,
    config::BulkheadSettings, resilient,
};
use tokio::sync::oneshot;
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_threshold = 1, recovery_timeout = "10s", success_threshold = 1, half_open_max_calls = 1),
    bulkhead(max_concurrent = 1, max_wait = "5s")
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off, circuit_breaker = off)]
async fn answered_later(answer: oneshot::Receiver<Answer>) -> Answer {
    answer.await.unwrap()
}

fn bulkhead(registry: &Registry) -> std::sync::Arc<Bulkhead> {
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    api.bulkhead().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_a_rejection_after_exactly_max_wait() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy()).await.unwrap();
        let (_tell, answer) = oneshot::channel();
        let _running = started(answered_later(answer));
        let began = Instant::now();
        assert!(matches!(
            ask(&Remote::healthy()).await,
            Err(ApiError::Resilience(ResilienceError::BulkheadFull { .. }))
        ));
        assert_eq!(began.elapsed(), Duration::from_secs(5));
        assert_eq!(bulkhead(&registry).in_flight(), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn bulkhead_waiters_are_admitted_in_fifo_order() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask(&remote).await.unwrap();
        let (tell, answer) = oneshot::channel();
        let mut running = started(answered_later(answer));
        let mut first = started(ask(&remote));
        let cancelled = started(ask(&remote));
        let mut second = started(ask(&remote));
        drop(cancelled);
        tell.send(Ok(0)).unwrap();
        assert!(poll(&mut running).is_ready());
        assert!(poll(&mut second).is_pending(), "it is not its turn");
        assert!(poll(&mut first).is_ready());
        assert!(poll(&mut second).is_ready());
        assert_eq!(bulkhead(&registry).in_flight(), 0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn breaker_is_checked_again_after_bulkhead_wait() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask(&remote).await.unwrap();
        let (tell, answer) = oneshot::channel();
        let mut running = started(answered_later(answer));
        let waiting = started(ask(&remote));
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_open();
        tell.send(Ok(0)).unwrap();
        assert!(poll(&mut running).is_ready());
        assert!(waiting.await.unwrap_err().is_open_circuit());
        assert_eq!(remote.asked(), 1);
        assert_eq!(bulkhead(&registry).in_flight(), 0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn rejection_or_wait_holds_no_probe_permit() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::failing()).await.unwrap_err();
        let (_tell, answer) = oneshot::channel();
        let running = started(answered_later(answer));
        advance(Duration::from_secs(10)).await;
        // Would-be probes, one that waits for its place inside and one that gets none.
        let remote = Remote::healthy();
        let _waiting = started(ask(&remote));
        let _ = ask(&Remote::healthy()).await;
        drop(running);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert!(
            api.circuit_breaker().try_acquire().is_ok(),
            "the only probe's place is free"
        );
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_takes_no_longer_than_the_deadline() {
    #[resilient(service = "api", retry = off, deadline = "2s")]
    async fn in_a_hurry(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let wait = ServiceSettings::default().bulkhead(
        BulkheadSettings::default()
            .max_concurrent(1)
            .max_wait(Duration::from_secs(30)),
    );
    let settings = Settings::new().service("api", wait);
    registry.configure(settings).unwrap();
    let calls = async {
        let (_tell, answer) = oneshot::channel();
        let _running = started(answered_later(answer));
        let began = Instant::now();
        let error = in_a_hurry(&Remote::healthy()).await.unwrap_err();
        assert!(error.is_deadline(), "{error:?}");
        assert_eq!(began.elapsed(), Duration::from_secs(2));
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let stats = api.stats();
        assert_eq!(stats.circuit.consecutive_failures, 0, "nothing was sent");
        assert_eq!(stats.deadlines, 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn more_places_wake_who_waits() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let (_tell, answer) = oneshot::channel();
        ask(&remote).await.unwrap();
        let _running = started(answered_later(answer));
        let mut waiting = started(ask(&remote));
        let places = ServiceSettings::default().bulkhead(BulkheadSettings::new().max_concurrent(2));
        let settings = Settings::new().service("api", places);
        registry.configure(settings).unwrap();
        assert!(poll(&mut waiting).is_ready());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn bulkhead_rejection_after_wait_returns_the_token() {
    #[resilient(
        service = "api",
        retry = off,
        rate_limit(requests_per_hour = 2, burst = 2),
        bulkhead(max_concurrent = 1, max_wait = "1s")
    )]
    async fn limited(answer: oneshot::Receiver<Answer>) -> Answer {
        answer.await.unwrap()
    }
    let calls = async {
        let (_open, answer) = oneshot::channel();
        let inside = started(limited(answer));
        let (_open, answer) = oneshot::channel();
        let refused = limited(answer).await.unwrap_err();
        assert!(matches!(
            refused.local(),
            ResilienceError::BulkheadFull { .. }
        ));
        drop(inside);
        let (open, answer) = oneshot::channel();
        open.send(Ok(1)).unwrap();
        assert_eq!(limited(answer).await.unwrap(), 1);
    };
    Registry::new().scope(calls).await;
}
