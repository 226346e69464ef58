//! A call dropped at any await of a hook (`verify`, `reconnect`) or of a stream releases everything.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::{
    CircuitState, Classify, Registry, ResilienceError, Verdict, database_resilient, mcp_resilient,
};
use tokio::task::yield_now;
use tokio::time::{advance, sleep};

use crate::poll::poll;

#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("reply")]
    Reply,
    #[error("session")]
    Session,
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for Lost {
    fn classify(&self) -> Verdict {
        match self {
            Self::Reply => Verdict::outcome_unknown(),
            Self::Session => Verdict::session_lost(),
            Self::Refused => Verdict::transient(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

/// Polls `call` at most so often, while paused time runs; `true`: it came to its end.
async fn poll_times<F: Future>(call: &mut Pin<Box<F>>, polls: usize) -> bool {
    for _ in 0..polls {
        if poll(call).is_ready() {
            return true;
        }
        advance(Duration::from_millis(20)).await;
    }
    false
}

/// Makes the call with the service half-open, which has one place for a probe, and drops it after any number
/// of polls.
async fn dropped_everywhere<F: Future>(service: &str, make: impl Fn() -> F) {
    let mut polls = 0;
    loop {
        polls += 1;
        assert!(polls < 200, "it never ends");
        let registry = Registry::new();
        let scope = registry.clone();
        let calls = async {
            // The first call makes the configuration known.
            let mut first = Box::pin(make());
            assert!(poll_times(&mut first, 199).await);
            drop(first);
            let service = registry.get(service).unwrap();
            let breaker = service.circuit_breaker();
            breaker.reset();
            while breaker.state() == CircuitState::Closed {
                breaker.try_acquire().unwrap().failure();
            }
            advance(Duration::from_secs(1)).await;
            assert_eq!(breaker.state(), CircuitState::HalfOpen);

            let mut call = Box::pin(make());
            let ended = poll_times(&mut call, polls).await;
            drop(call);
            let stats = service.stats();
            assert_eq!(stats.in_flight, 0, "{polls} polls: bulkhead");
            assert_eq!(stats.calls, 2, "{polls} polls: it ended, this way or that");
            // Where it is open again there is no place to lose.
            if breaker.state() == CircuitState::HalfOpen {
                assert!(breaker.try_acquire().is_ok(), "{polls} polls: breaker");
            }
            ended
        };
        if scope.scope(calls).await {
            break;
        }
    }
    assert!(polls > 5, "{polls} polls do not reach every await");
}

async fn happened(times: &Cell<u32>) -> Result<Option<()>, Lost> {
    for _ in 0..3 {
        yield_now().await;
    }
    times.set(times.get() + 1);
    if times.get() == 1 {
        Err(Lost::Refused)
    } else {
        Ok(None)
    }
}

#[database_resilient(
    service = "lossy",
    verify = happened,
    retry(max_attempts = 3, base_delay = "50ms", multiplier = 1.0, jitter = "none"),
    circuit_breaker(failure_threshold = 100, recovery_timeout = "1s", success_threshold = 2, half_open_max_calls = 1),
    bulkhead(max_concurrent = 1)
)]
async fn transfer(times: &Cell<u32>) -> Result<(), Lost> {
    yield_now().await;
    if times.get() == 2 {
        Ok(())
    } else {
        Err(Lost::Reply)
    }
}

#[tokio::test(start_paused = true)]
async fn a_verification() {
    dropped_everywhere("lossy", || async {
        let times = Cell::new(0);
        transfer(&times).await
    })
    .await;
}

async fn connect(lost: &Cell<bool>) -> Result<(), Lost> {
    sleep(Duration::from_millis(60)).await;
    lost.set(false);
    Ok(())
}

#[mcp_resilient(
    service = "sessions",
    reconnect = connect,
    circuit_breaker(failure_threshold = 100, recovery_timeout = "1s", success_threshold = 2, half_open_max_calls = 1),
    bulkhead(max_concurrent = 1)
)]
async fn tool(lost: &Cell<bool>) -> Result<(), Lost> {
    yield_now().await;
    if lost.get() {
        Err(Lost::Session)
    } else {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_reconnection() {
    dropped_everywhere("sessions", || async {
        let lost = Cell::new(true);
        tool(&lost).await
    })
    .await;
}

/// Yields before each of its items.
struct Slow {
    left: u32,
    ready: bool,
}

impl Stream for Slow {
    type Item = Result<u32, Lost>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ready = !self.ready;
        if !self.ready {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(match self.left {
            0 => None,
            left => {
                self.left -= 1;
                Some(Ok(left))
            }
        })
    }
}

#[mcp_resilient(
    service = "streams",
    stream(idle_timeout = "5s"),
    circuit_breaker(
        failure_threshold = 100,
        recovery_timeout = "1s",
        success_threshold = 2,
        half_open_max_calls = 1
    ),
    bulkhead(max_concurrent = 1)
)]
async fn chat() -> Result<impl Stream<Item = Result<u32, Lost>>, Lost> {
    yield_now().await;
    Ok(Slow {
        left: 4,
        ready: true,
    })
}

#[tokio::test(start_paused = true)]
async fn a_stream() {
    let read = AtomicUsize::new(0);
    dropped_everywhere("streams", || async {
        let Ok(stream) = chat().await else { return };
        let mut stream = std::pin::pin!(stream);
        while poll_fn(|cx| stream.as_mut().poll_next(cx)).await.is_some() {
            read.fetch_add(1, Ordering::Relaxed);
        }
    })
    .await;
    assert!(read.load(Ordering::Relaxed) > 10);
}
