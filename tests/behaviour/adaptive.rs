//! The adaptive limit of a bulkhead through annotated functions.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::verdict::Reason;
use resilience_runtime::{
    Bulkhead, Classify, Registry, ResilienceError, ServiceKind, Verdict, llm_resilient, resilient,
    telemetry::EventKind,
};
use tokio::sync::oneshot;
use tokio::time::{advance, sleep};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::Answer;

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    rate_limit = off,
    timeout = "10s",
    bulkhead(adaptive(max = 30, initial = 10, factor = 0.5), max_wait = "60s")
)]
async fn ask(answer: oneshot::Receiver<Answer>) -> Answer {
    answer.await.unwrap()
}

fn bulkhead(registry: &Registry) -> Arc<Bulkhead> {
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    api.bulkhead().unwrap()
}

/// Runs so many calls at the same time, which end like this.
async fn together(calls: usize, end: impl Fn() -> Answer) {
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let (tell, answer) = oneshot::channel();
            (tell, started(ask(answer)))
        })
        .collect();
    advance(Duration::from_millis(100)).await;
    for (tell, mut call) in calls {
        tell.send(end()).unwrap();
        assert!(poll(&mut call).is_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn limit_rises_after_a_window_at_it_and_falls_once_per_congestion() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        together(10, || Ok(1)).await;
        assert_eq!(bulkhead(&registry).limit(), 11);
        together(10, || Ok(1)).await;
        assert_eq!(bulkhead(&registry).limit(), 11, "it was not reached");
        together(1, || Ok(1)).await;
        together(11, || Err(ApiError::Throttled(None))).await;
        assert_eq!(bulkhead(&registry).limit(), 5, "all of one congestion");
        advance(Duration::from_millis(1)).await;
        together(5, || Err(ApiError::Throttled(None))).await;
        assert_eq!(bulkhead(&registry).limit(), 2);
        let stats = registry.get("api").unwrap().stats();
        assert_eq!(stats.max_concurrent, Some(2));
    };
    registry.scope(calls).await;
    let mut changes = vec![];
    while let Some(event) = events.try_recv().unwrap() {
        if let EventKind::BulkheadLimitChanged { from, to, .. } = event.kind {
            assert_eq!((&*event.service, event.function), ("api", None));
            changes.push((from, to));
        }
    }
    assert_eq!(changes, [(10, 11), (11, 5), (5, 2)]);
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_answers_and_others_say_nothing() {
    let registry = Registry::new();
    let calls = async {
        together(10, || Err(ApiError::Permanent)).await;
        assert_eq!(bulkhead(&registry).limit(), 11);
        for _ in 0..3 {
            together(11, || Err(ApiError::Transient)).await;
            together(11, || Err(ApiError::Unknown)).await;
        }
        assert_eq!(bulkhead(&registry).limit(), 11);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn timeouts_and_cut_bodies_are_congestion_and_drops_are_not() {
    #[resilient(service = "api", retry = off, circuit_breaker = off, timeout = off, deadline = "5s")]
    async fn cut() -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    let calls = async {
        let (_tell, answer) = oneshot::channel();
        drop(started(ask(answer)));
        assert_eq!(bulkhead(&registry).limit(), 10);
        let (_tell, answer) = oneshot::channel();
        assert!(ask(answer).await.unwrap_err().is_timeout());
        assert_eq!(bulkhead(&registry).limit(), 5);
        advance(Duration::from_millis(1)).await;
        assert!(cut().await.unwrap_err().is_deadline());
        assert_eq!(bulkhead(&registry).limit(), 2);
    };
    registry.scope(calls).await;
}

#[derive(Debug, thiserror::Error)]
enum Busy {
    #[error("overloaded")]
    Overloaded,
    #[error("{0}")]
    Status(u16),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for Busy {
    fn classify(&self) -> Verdict {
        match self {
            Self::Overloaded => Verdict::transient().because(Reason::Overloaded),
            Self::Status(status) => Verdict::from_http(*status, &()),
            Self::Resilience(error) => error.classify(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn overload_is_congestion() {
    #[llm_resilient(service = "model", retry = off, bulkhead(adaptive))]
    async fn complete(busy: Busy) -> Result<u32, Busy> {
        Err(busy)
    }
    for (busy, limit) in [
        (Busy::Overloaded, 18),
        (Busy::Status(503), 18),
        (Busy::Status(529), 18),
        (Busy::Status(429), 18),
        (Busy::Status(500), 20),
        (Busy::Status(404), 20),
    ] {
        let registry = Registry::new();
        registry.scope(complete(busy)).await.unwrap_err();
        let stats = registry.get("model").unwrap().stats();
        assert_eq!(stats.max_concurrent, Some(limit));
    }
}

#[tokio::test(start_paused = true)]
async fn latency_far_above_its_level_lowers_the_limit_unless_it_is_a_model() {
    #[resilient(service = "search", retry = off, bulkhead(adaptive))]
    async fn search(millis: u64) -> Answer {
        sleep(Duration::from_millis(millis)).await;
        Ok(1)
    }
    #[llm_resilient(service = "model", retry = off, bulkhead(adaptive))]
    async fn complete(millis: u64) -> Answer {
        sleep(Duration::from_millis(millis)).await;
        Ok(1)
    }
    let registry = Registry::new();
    let calls = async {
        for _ in 0..400 {
            search(100).await.unwrap();
            complete(100).await.unwrap();
        }
        for _ in 0..60 {
            search(300).await.unwrap();
            complete(300).await.unwrap();
        }
    };
    registry.scope(calls).await;
    let limit = |name| registry.get(name).unwrap().stats().max_concurrent;
    assert_eq!((limit("search"), limit("model")), (Some(18), Some(20)));
}

#[tokio::test(start_paused = true)]
async fn inner_call_that_borrows_the_place_reports_its_congestion_once() {
    #[resilient(service = "api", retry = off, circuit_breaker = off, rate_limit = off)]
    async fn inner() -> Answer {
        Err(ApiError::Throttled(None))
    }
    #[resilient(service = "api", retry = off, circuit_breaker = off, rate_limit = off, bulkhead(adaptive))]
    async fn outer() -> Answer {
        inner().await
    }
    let registry = Registry::new();
    registry.scope(async { outer().await.unwrap_err() }).await;
    assert_eq!(bulkhead(&registry).limit(), 18);
}
