//! The rules of the public API, one by one.

mod extremes;
mod overrides;
mod per_key;
mod properties;
mod reference;
mod shadow;
mod steps;
mod windows;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::advance;

use super::*;
use crate::config::OnAbandoned;
use crate::error::ResilienceError;

const SECOND: Duration = Duration::from_secs(1);

fn config() -> CircuitBreakerConfig {
    CircuitBreakerConfig::default()
        .failure_threshold(3)
        .recovery_timeout(10 * SECOND)
        .success_threshold(2)
        .half_open_max_calls(2)
}

fn breaker(config: CircuitBreakerConfig) -> Arc<CircuitBreaker> {
    Arc::new(CircuitBreaker::new("llm", config).expect("a valid configuration"))
}

impl CircuitBreaker {
    fn succeed(&self, times: u32) {
        for _ in 0..times {
            self.try_acquire().expect("a permit").success();
        }
    }

    fn fail(&self, times: u32) {
        for _ in 0..times {
            self.try_acquire().expect("a permit").failure();
        }
    }

    /// Returns the `retry_after` of a rejection, if the next call is rejected.
    fn wait(&self) -> Option<Duration> {
        self.try_acquire().err().and_then(|it| it.retry_after())
    }
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_and_a_success_resets_them() {
    let breaker = breaker(config());
    breaker.fail(2);
    breaker.succeed(1);
    breaker.fail(2);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.stats().consecutive_failures, 2);
    breaker.fail(1);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.wait(), Some(10 * SECOND));
    advance(4 * SECOND).await;
    assert_eq!(breaker.wait(), Some(6 * SECOND));
    let stats = breaker.stats();
    assert_eq!((stats.opened, stats.rejected), (1, 2));
    assert_eq!(stats.consecutive_failures, 3);
    assert_eq!(stats.in_state_for, 4 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn admits_a_probe_at_the_end_of_the_pause() {
    let breaker = breaker(config());
    breaker.fail(3);
    advance(10 * SECOND - Duration::from_nanos(1)).await;
    assert_eq!(breaker.wait(), Some(Duration::from_nanos(1)));
    advance(Duration::from_nanos(1)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert!(breaker.try_acquire().expect("a probe").is_probe());
}

#[tokio::test(start_paused = true)]
async fn state_is_half_open_after_the_pause() {
    let breaker = breaker(config());
    breaker.fail(3);
    advance(13 * SECOND).await;
    let stats = breaker.stats();
    assert_eq!(stats.state, CircuitState::HalfOpen);
    assert_eq!(stats.in_state_for, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn half_open_admits_at_most_max_calls_at_a_time() {
    let breaker = breaker(config());
    breaker.fail(3);
    advance(10 * SECOND).await;
    let first = breaker.try_acquire().expect("the first probe");
    let second = breaker.try_acquire().expect("the second probe");
    assert_eq!(breaker.wait(), Some(10 * SECOND));
    drop(first);
    let third = breaker.try_acquire().expect("the probe of the first");
    assert!(breaker.wait().is_some());
    second.ignore();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    breaker.succeed(1);
    third.success();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn failed_probe_reopens_with_a_longer_pause() {
    let breaker = breaker(
        config()
            .recovery_multiplier(2.0)
            .max_recovery_timeout(35 * SECOND),
    );
    breaker.fail(3);
    for pause in [10, 20, 35, 35] {
        assert_eq!(breaker.wait(), Some(pause * SECOND));
        advance(pause * SECOND).await;
        breaker.succeed(1);
        breaker.fail(1);
        assert_eq!(breaker.state(), CircuitState::Open);
    }
    advance(35 * SECOND).await;
    breaker.succeed(2);
    breaker.fail(3);
    assert_eq!(breaker.wait(), Some(10 * SECOND), "closing starts over");
}

#[tokio::test(start_paused = true)]
async fn outcomes_of_an_earlier_generation_change_nothing() {
    let breaker = breaker(config());
    let closed = breaker.try_acquire().expect("a permit");
    let another = breaker.try_acquire().expect("a permit");
    breaker.fail(3);
    advance(10 * SECOND).await;
    let slow_probe = breaker.try_acquire().expect("a probe");
    closed.failure();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    breaker.fail(1);
    advance(10 * SECOND).await;

    // The second round of probes: neither old result frees a probe or counts.
    let probe = breaker.try_acquire().expect("a probe");
    let last = breaker.try_acquire().expect("a probe");
    slow_probe.success();
    another.success();
    assert!(breaker.wait().is_some());
    probe.success();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    last.success();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn dropped_permit_is_ignored_or_counts_as_failure() {
    let nothing = breaker(config());
    let failure = breaker(config().abandoned(OnAbandoned::Failure));
    for _ in 0..3 {
        drop(nothing.try_acquire());
        drop(failure.try_acquire());
    }
    assert_eq!(nothing.state(), CircuitState::Closed);
    assert_eq!(nothing.stats().consecutive_failures, 0);
    assert_eq!(failure.state(), CircuitState::Open);
    advance(10 * SECOND).await;
    drop(failure.try_acquire());
    assert_eq!(failure.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn both_permits_record_their_outcome() {
    let breaker = breaker(config());
    let failures = || breaker.stats().consecutive_failures;
    let borrowed = || breaker.try_acquire().expect("a permit");
    let owned = || breaker.try_acquire_owned().expect("a permit");
    borrowed().failure();
    owned().failure();
    assert_eq!(failures(), 2);
    owned().success();
    assert_eq!(failures(), 0);
    borrowed().failure();
    borrowed().success();
    assert_eq!(failures(), 0);
    assert!(!borrowed().is_probe() && !owned().is_probe());

    // Dropped, they would be failures here.
    let abandoned = OnAbandoned::Failure;
    let stricter = config().abandoned(abandoned);
    breaker.reconfigure(stricter).expect("valid");
    borrowed().ignore();
    owned().ignore();
    assert_eq!(failures(), 0);
    breaker.fail(3);
    advance(10 * SECOND).await;
    assert!(borrowed().is_probe());
    advance(10 * SECOND).await;
    assert!(owned().is_probe());
}

#[tokio::test(start_paused = true)]
async fn reconfigure_keeps_state_and_fitting_outcomes() {
    let breaker = breaker(config());
    breaker.fail(2);
    breaker
        .reconfigure(config().failure_threshold(2))
        .expect("valid");
    assert_eq!(
        breaker.state(),
        CircuitState::Closed,
        "nothing happened since"
    );
    breaker.fail(1);
    assert_eq!(breaker.state(), CircuitState::Open);

    advance(4 * SECOND).await;
    let longer = |seconds| config().recovery_timeout(seconds * SECOND);
    breaker.reconfigure(longer(20)).expect("valid");
    assert_eq!(breaker.wait(), Some(16 * SECOND));
    assert!(breaker.rejects_at(Moment::now().after(15 * SECOND)));
    assert!(!breaker.rejects_at(Moment::now().after(16 * SECOND)));
    breaker.reconfigure(longer(3)).expect("valid");
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(breaker.config(), longer(3));

    let bad = breaker.reconfigure(longer(0));
    assert!(bad.is_err());
    assert_eq!(breaker.config(), longer(3));
}

#[tokio::test(start_paused = true)]
async fn retry_after_never_exceeds_the_pause_if_the_clock_goes_back() {
    let breaker = breaker(config());
    breaker.fail(3);
    let refused = breaker
        .admit_by_state(Moment(0), Duration::default)
        .expect_err("it is open");
    assert_eq!(refused.retry_after, Some(10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn success_is_noop_unless_it_clears_failures() {
    let breaker = breaker(config());
    let ticket = breaker.admit_if_closed().expect("closed");
    assert!(breaker.success_is_noop(ticket));
    breaker.fail(1);
    assert!(!breaker.success_is_noop(ticket));
}

#[tokio::test(start_paused = true)]
async fn call_records_the_result_of_the_future() {
    let breaker = breaker(config());
    for _ in 0..3 {
        let failed: Result<(), std::io::Error> = breaker
            .call(|| async { Err(std::io::ErrorKind::ConnectionReset.into()) })
            .await;
        assert!(failed.is_err());
    }
    let refused: Result<(), ResilienceError> =
        breaker.call(|| async { unreachable!("it is open") }).await;
    assert!(refused.expect_err("it is open").is_rejection());
    advance(10 * SECOND).await;
    {
        let mut hung = Box::pin(breaker.call(std::future::pending::<Result<(), ResilienceError>>));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(hung.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
    }
    for _ in 0..2 {
        let fine: Result<(), ResilienceError> = breaker.call(|| async { Ok(()) }).await;
        fine.expect("a probe");
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn new_rejects_invalid_config() {
    let error = CircuitBreaker::new("llm", config().failure_rate(f64::NAN).failure_threshold(0))
        .expect_err("two bad values");
    assert_eq!(error.problems().len(), 2);
}

#[test]
fn probes_in_flight_never_exceed_max_calls() {
    const THREADS: usize = 8;
    let breaker = breaker(
        config()
            .failure_threshold(1)
            .recovery_timeout(Duration::from_nanos(1))
            .success_threshold(u32::MAX)
            .half_open_max_calls(3),
    );
    breaker.fail(1);
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut probes = 0;
                while probes < 2_000 {
                    if let Ok(permit) = breaker.try_acquire() {
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::hint::spin_loop();
                        running.fetch_sub(1, Ordering::SeqCst);
                        probes += 1;
                        match probes % 3 {
                            0 => permit.ignore(),
                            1 => permit.success(),
                            _ => drop(permit),
                        }
                    }
                }
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= 3);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[cfg(feature = "serde")]
#[test]
fn stats_serialize() {
    fn data<T: serde::Serialize>(_: &T) {}
    data(&breaker(config()).stats());
}
