//! A call that is dropped during a fault releases everything, and a stream that a fault breaks off ends like any
//! broken stream.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::chaos::Fault;
use resilience_runtime::{
    CircuitState, Registry, ResilienceError, ServiceKind, Verdict, llm_resilient, resilient,
};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::poll;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    idempotent,
    timeout = "2s",
    deadline = "10m",
    retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(
        failure_threshold = 100,
        recovery_timeout = "1s",
        success_threshold = 1,
        half_open_max_calls = 1
    ),
    rate_limit(requests_per_hour = 30),
    bulkhead(max_concurrent = 1)
)]
async fn full_stack(remote: &Remote) -> Answer {
    tokio::task::yield_now().await;
    remote.answer()
}

/// Drops a call after so many polls, half a second apart; `true`: it had come to its end.
async fn drop_after(polls: usize, fault: &Fault, half_open: bool) -> bool {
    let registry = Registry::new();
    let work = async {
        let remote = Remote::healthy();
        full_stack(&remote).await.unwrap();
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let breaker = api.circuit_breaker();
        if half_open {
            // Its only place is free.
            while breaker.state() == CircuitState::Closed {
                breaker.try_acquire().unwrap().failure();
            }
            advance(Duration::from_secs(1)).await;
        }
        let injected = registry.inject("api", fault.clone());
        let mut call = Box::pin(full_stack(&remote));
        let mut ended = false;
        for _ in 0..polls {
            ended = poll(&mut call).is_ready();
            if ended {
                break;
            }
            advance(Duration::from_millis(500)).await;
        }
        drop(call);
        let when = format!("{fault:?}, {polls} polls");
        let stats = api.stats();
        assert_eq!(stats.in_flight, 0, "{when}");
        assert_eq!(stats.calls, 2, "{when}");
        assert_eq!(stats.attempts, 1 + injected.hits().max(1), "{when}");
        assert_eq!(stats.abandoned, u64::from(!ended), "{when}");
        drop(injected);
        advance(Duration::from_secs(1)).await;
        assert!(breaker.try_acquire().is_ok(), "{when}");
        full_stack(&remote).await.expect(&when);
        ended
    };
    registry.scope(work).await
}

#[tokio::test(start_paused = true)]
async fn call_dropped_after_any_poll_releases_everything() {
    let second = Duration::from_secs(1);
    for fault in [
        Fault::latency(second),
        Fault::latency(Duration::MAX),
        Fault::hang(),
        Fault::lost_reply(),
        Fault::error(Verdict::transient()),
    ] {
        for half_open in [false, true] {
            let mut polls = 1;
            while !drop_after(polls, &fault, half_open).await {
                polls += 1;
                assert!(polls < 100, "{fault:?} never ends");
            }
        }
    }
}

type Item = Result<u32, ApiError>;

/// Counts up to five.
struct Numbers(u32);

impl Stream for Numbers {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Item>> {
        self.0 += 1;
        Poll::Ready((self.0 <= 5).then_some(Ok(self.0)))
    }
}

#[llm_resilient(
    service = "chat",
    retry(base_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 1),
    bulkhead(max_concurrent = 1),
    stream(complete = |item| *item == 5)
)]
async fn numbers() -> Result<impl Stream<Item = Item>, ApiError> {
    Ok(Numbers(0))
}

async fn collect(stream: impl Stream<Item = Item>) -> Vec<Item> {
    let mut stream = std::pin::pin!(stream);
    let mut items = Vec::new();
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        items.push(item);
    }
    items
}

#[tokio::test(start_paused = true)]
async fn stream_breaks_off_after_the_given_items() {
    let registry = Registry::new();
    let calls = async {
        let broken = registry.inject("chat", Fault::broken_stream(2).times(1));
        let items = collect(numbers().await.unwrap()).await;
        assert_eq!(items.len(), 3);
        assert!(matches!(items[..2], [Ok(1), Ok(2)]));
        assert!(matches!(
            &items[2],
            Err(ApiError::Resilience(ResilienceError::Injected { verdict, .. }))
                if verdict.is_outcome_unknown()
        ));
        assert_eq!(broken.hits(), 1);
        let chat = registry.get("chat").unwrap();
        assert_eq!(
            (chat.stats().broken_streams, chat.stats().in_flight),
            (1, 0)
        );
        assert!(numbers().await.err().unwrap().is_open_circuit());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn complete_stream_is_not_broken() {
    let registry = Registry::new();
    let _broken = registry.inject("chat", Fault::broken_stream(5));
    let items = registry.scope(async { collect(numbers().await.unwrap()).await });
    assert!(items.await.iter().all(Result::is_ok));
    assert_eq!(registry.get("chat").unwrap().stats().broken_streams, 0);
}

#[tokio::test(start_paused = true)]
async fn stream_meets_other_faults_before_its_first_item() {
    #[llm_resilient(service = "talk", retry(base_delay = "1s", jitter = "none"))]
    async fn talk() -> Result<impl Stream<Item = Item>, ApiError> {
        Ok(Numbers(0))
    }
    for fault in [Fault::lost_reply(), Fault::error(Verdict::transient())] {
        let registry = Registry::new();
        let _fault = registry.inject("talk", fault.times(1));
        let items = registry.scope(async { collect(talk().await.unwrap()).await });
        assert_eq!(items.await.len(), 5);
        assert_eq!(registry.get("talk").unwrap().stats().attempts, 2);
    }
}
