//! A runtime that is dropped with calls in it: from another runtime the service works, with all its permits, and the
//! statistics add up.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, Service, ServiceKind, database_resilient, mcp_resilient, resilient,
};
use tokio::runtime::{Builder, Runtime};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

fn paused() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

fn busy() -> Answer {
    Err(ApiError::Throttled(None))
}

/// What the body does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Answer,
    Hang,
    Fail,
    Park,
    Panic,
}

impl How {
    async fn run(self) -> Answer {
        match self {
            Self::Answer => Remote::healthy().answer(),
            Self::Hang => pending().await,
            Self::Fail => busy(),
            Self::Park => Err(ApiError::Throttled(Some(Duration::from_secs(20)))),
            Self::Panic => panic!("nobody runs this"),
        }
    }
}

/// Sends calls into the service until they stand still, ends their runtime, and uses the service from another.
/// `half_open`: with one place for a probe.
fn ends_with<F>(half_open: bool, calls: &[How], call: fn(How) -> F)
where
    F: Future<Output = Answer> + Send + 'static,
{
    let registry = Registry::new();
    let service = || -> Arc<Service> { registry.get("api").unwrap() };
    let first = paused();
    first.block_on(async {
        registry.scope(call(How::Answer)).await.unwrap();
        if half_open {
            let breaker = service().circuit_breaker();
            while breaker.state() == CircuitState::Closed {
                breaker.try_acquire().unwrap().failure();
            }
            advance(Duration::from_secs(1)).await;
            assert_eq!(breaker.state(), CircuitState::HalfOpen);
        }
        for how in calls {
            tokio::spawn(registry.scope(call(*how)));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    });
    let before = service().stats();
    drop(first);
    let what = format!("{calls:?}");
    let stats = service().stats();
    assert_eq!(stats.in_flight, 0, "{what}: bulkhead");
    assert_eq!(stats.calls, 1 + calls.len() as u64, "{what}: {stats:?}");
    let gone = stats.calls - before.calls;
    assert!(gone > 0, "{what}: nothing was in flight");
    assert_eq!(stats.abandoned, gone, "{what}");
    let ends = stats.successes + stats.failures.total();
    assert!(stats.attempts - ends <= gone, "{what}: {stats:?}");
    assert_eq!(
        stats.retry_budget,
        100.0 - stats.retries as f64,
        "{what}: budget"
    );

    paused().block_on(async {
        let breaker = service().circuit_breaker();
        if breaker.state() == CircuitState::HalfOpen {
            assert!(breaker.try_acquire().is_ok(), "{what}: probes");
        }
        // Its clock is behind that of the other runtime, and the cooldown still holds.
        advance(Duration::from_secs(120)).await;
        registry.scope(call(How::Answer)).await.unwrap();
        registry.scope(call(How::Answer)).await.unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed, "{what}");
    });
    assert_eq!(service().stats().in_flight, 0, "{what}");
}

#[test]
fn runtime_shut_down_in_a_probe_and_in_bulkhead_queue() {
    #[resilient(
        service = "api",
        circuit_breaker(
            recovery_timeout = "1s",
            success_threshold = 1,
            half_open_max_calls = 1
        ),
        bulkhead(max_concurrent = 1, max_wait = "30s")
    )]
    async fn ask(how: How) -> Answer {
        how.run().await
    }
    ends_with(false, &[How::Hang, How::Panic, How::Panic], ask);
    ends_with(true, &[How::Hang], ask);
}

#[test]
fn runtime_shut_down_in_backoff() {
    #[resilient(
        service = "api",
        retry(base_delay = "10s", jitter = "none"),
        circuit_breaker(
            recovery_timeout = "1s",
            success_threshold = 1,
            half_open_max_calls = 1
        )
    )]
    async fn ask(how: How) -> Answer {
        how.run().await
    }
    ends_with(false, &[How::Fail], ask);
    ends_with(true, &[How::Fail], ask);
}

#[test]
fn runtime_shut_down_in_limiter_queue() {
    #[resilient(
        service = "api",
        retry = off,
        deadline = "5m",
        circuit_breaker(recovery_timeout = "1s", success_threshold = 1, half_open_max_calls = 1),
        rate_limit(requests_per_minute = 1, max_wait = "3m")
    )]
    async fn ask(how: How) -> Answer {
        how.run().await
    }
    ends_with(false, &[How::Panic, How::Panic], ask);
    ends_with(true, &[How::Panic, How::Panic], ask);
}

#[test]
fn runtime_shut_down_during_cooldown() {
    #[resilient(service = "api", retry = off, rate_limit(max_wait = "1m"))]
    async fn ask(how: How) -> Answer {
        how.run().await
    }
    ends_with(false, &[How::Park, How::Panic, How::Panic], ask);
}

#[test]
fn runtime_shut_down_between_attempt_and_verify() {
    async fn look(_: &How) -> Result<Option<u32>, ApiError> {
        pending().await
    }
    #[database_resilient(
        service = "api",
        verify = look,
        classify = |_: &ApiError| resilience_runtime::Verdict::outcome_unknown(),
        circuit_breaker(recovery_timeout = "1s", success_threshold = 1, half_open_max_calls = 1),
        bulkhead(max_concurrent = 1, max_wait = "5s")
    )]
    async fn ask(how: How) -> Answer {
        how.run().await
    }
    ends_with(false, &[How::Fail, How::Panic], ask);
    ends_with(true, &[How::Fail], ask);
}

#[test]
fn runtime_shut_down_during_reconnect_with_waiters() {
    async fn renew(how: &How) -> Result<(), ApiError> {
        if *how == How::Hang {
            pending().await
        } else {
            Ok(())
        }
    }
    #[mcp_resilient(
        service = "api",
        reconnect = renew,
        classify = |_: &ApiError| resilience_runtime::Verdict::session_lost(),
        circuit_breaker(failure_threshold = 3, recovery_timeout = "1s", success_threshold = 1, half_open_max_calls = 1)
    )]
    async fn ask(how: How) -> Answer {
        if how == How::Hang {
            return busy();
        }
        how.run().await
    }
    ends_with(false, &[How::Hang, How::Hang, How::Panic], ask);
}

#[test]
fn runtime_shut_down_in_a_cache_as_leader_and_waiter() {
    #[resilient(service = "api", retry = off, bulkhead(max_concurrent = 1), cache(key = 1))]
    async fn ask(how: How) -> Answer {
        how.run().await
    }
    let registry = Registry::new();
    let first = paused();
    first.block_on(async {
        for how in [How::Hang, How::Panic, How::Panic] {
            tokio::spawn(registry.scope(ask(how)));
            tokio::task::yield_now().await;
        }
    });
    drop(first);
    let api = registry.get("api").unwrap();
    let stats = api.stats();
    assert_eq!((stats.in_flight, stats.calls, stats.abandoned), (0, 1, 1));
    paused().block_on(async {
        assert_eq!(registry.scope(ask(How::Answer)).await.unwrap(), 0);
        assert_eq!(registry.scope(ask(How::Panic)).await.unwrap(), 0);
    });
}

#[test]
fn runtime_shut_down_in_a_fallback() {
    async fn backup(_: How) -> Answer {
        pending().await
    }
    #[resilient(service = "api", retry = off, bulkhead(max_concurrent = 1), fallback = backup)]
    async fn ask(how: How) -> Answer {
        how.run().await
    }
    let registry = Registry::new();
    let first = paused();
    first.block_on(async {
        tokio::spawn(registry.scope(ask(How::Fail)));
        tokio::task::yield_now().await;
    });
    drop(first);
    let stats = registry
        .service("api", ServiceKind::Custom)
        .unwrap()
        .stats();
    assert_eq!((stats.in_flight, stats.calls, stats.failed), (0, 1, 1));
    assert_eq!((stats.abandoned, stats.fallbacks.total()), (0, 0));
    paused().block_on(async {
        registry.scope(ask(How::Answer)).await.unwrap();
    });
}
