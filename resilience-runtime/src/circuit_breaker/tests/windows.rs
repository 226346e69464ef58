//! Rates over windows of calls and of time.

use tokio::time::{advance, sleep};

use super::*;
use crate::config::Window;

fn rated(rate: f64, window: impl Into<Window>, minimum_calls: u32) -> CircuitBreakerConfig {
    config()
        .failure_rate(rate)
        .window(window)
        .minimum_calls(minimum_calls)
}

#[tokio::test(start_paused = true)]
async fn count_window_slides() {
    let breaker = breaker(rated(0.5, 10, 10));
    breaker.succeed(1_000);
    breaker.fail(4);
    assert_eq!(breaker.state(), CircuitState::Closed);
    breaker.fail(1);
    assert_eq!(breaker.state(), CircuitState::Open);
    let stats = breaker.stats();
    assert_eq!((stats.calls, stats.failures), (10, 5));
}

#[tokio::test(start_paused = true)]
async fn failure_rate_replaces_failures_in_a_row() {
    let breaker = breaker(rated(1.0, 20, 10));
    breaker.fail(9);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn failure_rate_and_threshold_trip_on_either() {
    let either = rated(0.5, 20, 10).failure_threshold(4);
    let in_a_row = breaker(either.clone());
    in_a_row.fail(3);
    in_a_row.succeed(1);
    in_a_row.fail(3);
    assert_eq!(in_a_row.state(), CircuitState::Closed);
    in_a_row.fail(1);
    assert_eq!(in_a_row.state(), CircuitState::Open, "4 in a row of 8");

    let by_rate = breaker(either);
    for _ in 0..4 {
        by_rate.fail(1);
        by_rate.succeed(1);
    }
    by_rate.fail(1);
    assert_eq!(by_rate.state(), CircuitState::Closed);
    by_rate.succeed(1);
    assert_eq!(by_rate.state(), CircuitState::Open, "5 of 10");
}

#[tokio::test(start_paused = true)]
async fn a_success_may_fill_the_window_that_trips_it() {
    let breaker = breaker(rated(0.5, 10, 10));
    breaker.fail(6);
    breaker.succeed(3);
    assert_eq!(breaker.state(), CircuitState::Closed);
    breaker.succeed(1);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn time_window_slides() {
    let breaker = breaker(rated(0.5, 30 * SECOND, 4));
    breaker.fail(2);
    advance(29 * SECOND).await;
    breaker.succeed(1);
    advance(SECOND).await;
    assert_eq!(
        breaker.stats().calls,
        1,
        "as old as the window: out of it, also unasked"
    );
    breaker.fail(2);
    assert_eq!(breaker.state(), CircuitState::Closed);
    breaker.succeed(1);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_trip_independently_of_failures() {
    let breaker = breaker(
        config()
            .slow_call_duration(2 * SECOND)
            .slow_call_rate(0.5)
            .window(Window::Calls(4))
            .minimum_calls(4),
    );
    for took in [SECOND, 2 * SECOND, SECOND] {
        let permit = breaker.try_acquire().expect("a permit");
        sleep(took).await;
        permit.success();
    }
    let stats = breaker.stats();
    assert_eq!((stats.calls, stats.slow_calls), (3, 1));
    let permit = breaker.try_acquire().expect("a permit");
    sleep(3 * SECOND).await;
    permit.success();
    assert_eq!(breaker.state(), CircuitState::Open);

    sleep(10 * SECOND).await;
    let probe = breaker.try_acquire().expect("a probe");
    sleep(2 * SECOND).await;
    probe.success();
    assert_eq!(breaker.state(), CircuitState::Open, "a slow probe reopens");

    sleep(10 * SECOND).await;
    breaker.succeed(2);
    breaker.fail(3);
    assert_eq!(breaker.state(), CircuitState::Open, "failures in a row too");
}

#[tokio::test(start_paused = true)]
async fn calls_started_before_slow_rate_was_set_are_not_slow() {
    let breaker = breaker(config());
    let permit = breaker.try_acquire().expect("a permit");
    let slow = config()
        .slow_call_duration(SECOND)
        .slow_call_rate(0.1)
        .minimum_calls(1);
    breaker.reconfigure(slow).expect("valid");
    sleep(5 * SECOND).await;
    permit.success();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn resized_window_keeps_outcomes_that_fit() {
    let breaker = breaker(rated(0.5, 10, 10));
    breaker.fail(3);
    breaker.succeed(5);
    breaker.reconfigure(rated(0.5, 6, 6)).expect("valid");
    let stats = breaker.stats();
    assert_eq!((stats.calls, stats.failures), (6, 1));
    breaker
        .reconfigure(rated(0.5, 60 * SECOND, 6))
        .expect("valid");
    assert_eq!(breaker.stats().calls, 0);
}
