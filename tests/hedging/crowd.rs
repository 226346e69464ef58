//! Many hedged calls at once, on several threads: every counter is exact, and everything comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use resilience_runtime::{CallContext, Registry, resilient};

use crate::errors::ApiError;
use crate::server::{Answer, stats, tokens_left};

/// What the bodies of all calls have done.
#[derive(Default)]
struct Done {
    began: AtomicU64,
    hedges: AtomicU64,
    answered: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

/// Counts itself as dropped unless it is told that it ended.
struct Body<'a>(&'a Done, bool);

impl Drop for Body<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Relaxed);
        }
    }
}

#[resilient(
    service = "api",
    idempotent,
    timeout = "1s",
    retry(max_attempts = 3, base_delay = "1ms", jitter = "none"),
    retry_budget(capacity = 100_000, refill = 0.1),
    circuit_breaker(failure_threshold = 100_000),
    rate_limit(requests_per_day = 1_000_000, key = "one"),
    bulkhead(max_concurrent = 10_000),
    hedge(delay = "2ms")
)]
async fn ask(done: Arc<Done>, number: u64) -> Answer {
    done.began.fetch_add(1, Relaxed);
    let attempt = CallContext::current().unwrap().attempt();
    if attempt == 2 {
        done.hedges.fetch_add(1, Relaxed);
    }
    let mut body = Body(&done, false);
    // Answers at once, after a while in a random order, or never.
    match (number + u64::from(attempt)) % 5 {
        0 => tokio::task::yield_now().await,
        1 => tokio::time::sleep(Duration::from_millis(number % 4)).await,
        2 => tokio::time::sleep(Duration::from_millis(2)).await,
        3 if attempt == 1 => std::future::pending().await,
        _ => {
            tokio::time::sleep(Duration::from_millis(1 + number % 3)).await;
            body.1 = true;
            done.failed.fetch_add(1, Relaxed);
            return Err(ApiError::Transient);
        }
    }
    body.1 = true;
    done.answered.fetch_add(1, Relaxed);
    Ok(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counters_of_a_thousand_calls_are_exact() {
    const CALLS: u64 = 1_000;
    let registry = Registry::new();
    let done = Arc::new(Done::default());
    let calls: Vec<_> = (0..CALLS)
        .map(|number| {
            let (registry, done) = (registry.clone(), Arc::clone(&done));
            let call = tokio::spawn(async move { registry.scope(ask(done, number)).await });
            // Some callers go away.
            if number % 11 == 0 {
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(number % 5)).await;
                    call.abort();
                    call.await
                })
            } else {
                tokio::spawn(call)
            }
        })
        .collect();
    for call in calls {
        let _ = call.await.unwrap();
    }
    let stats = stats(&registry);
    let began = done.began.load(Relaxed);
    assert!(stats.calls <= CALLS && stats.calls >= CALLS - CALLS / 10);
    assert_eq!(stats.attempts, began, "{stats:?}");
    assert_eq!(stats.failures.transient, done.failed.load(Relaxed));
    assert_eq!(stats.successes, done.answered.load(Relaxed));
    assert!(stats.hedges > 100, "{} hedges", stats.hedges);
    // Each attempt answered, failed, lost, or went with its caller.
    let ended = done.answered.load(Relaxed) + done.failed.load(Relaxed);
    let dropped = done.dropped.load(Relaxed);
    assert_eq!(began, ended + dropped);
    assert!(stats.hedge_cancelled <= dropped);
    assert_eq!(stats.in_flight, 0);
    let taken = 1_000_000 - u64::from(tokens_left(&registry));
    // A second gives twelve back.
    assert!(taken <= began && taken + 200 > began, "{taken} of {began}");
    // A full budget takes no deposit, so it may hold more than was paid back in all.
    let spent = 100_000.0 - stats.retry_budget;
    let paid = (stats.hedges + stats.retries) as f64;
    assert!(
        spent <= paid && spent + 0.1 * stats.successes as f64 + 1e-6 >= paid,
        "{spent}"
    );
}
