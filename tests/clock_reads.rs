//! How often a call reads the clock: once for what it does at its start, and once more where its time is measured.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_runtime::__private::clock_reads;
use resilience_runtime::{BoxError, Registry, ServiceKind, resilient};

#[resilient(
    service = "full",
    registry = registry,
    timeout = "30s",
    deadline = "1m",
    retry(max_attempts = 5),
    rate_limit(requests_per_second = 1_000_000, key = input),
    bulkhead(max_concurrent = 8)
)]
async fn full_stack(registry: &Registry, input: u64) -> Result<u64, BoxError> {
    Ok(input)
}

#[resilient(service = "keyless", registry = registry, rate_limit(requests_per_hour = 2))]
async fn limited(registry: &Registry) -> Result<u64, BoxError> {
    Ok(1)
}

#[resilient(
    service = "slow",
    registry = registry,
    circuit_breaker(slow_call_duration = "1s", slow_call_rate = 0.5, failure_rate = 0.5, window = "1m")
)]
async fn timed(registry: &Registry) -> Result<u64, BoxError> {
    Ok(1)
}

fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("it waits"),
    }
}

/// Readings of the last of three calls.
fn reads(mut call: impl FnMut()) -> u64 {
    call();
    call();
    let before = clock_reads();
    call();
    clock_reads() - before
}

#[test]
fn a_call_reads_it_once() {
    let registry = Registry::new();
    let reads = reads(|| {
        ready(full_stack(&registry, 1)).unwrap();
    });
    assert_eq!(reads, 1);
}

#[test]
fn a_call_whose_latency_is_measured_reads_it_twice() {
    let registry = Registry::new();
    registry.measure_latency();
    let full = reads(|| {
        ready(full_stack(&registry, 1)).unwrap();
    });
    assert_eq!(full, 2);
}

#[test]
fn a_breaker_that_looks_for_slow_calls_needs_their_end() {
    let registry = Registry::new();
    let reads = reads(|| {
        ready(timed(&registry)).unwrap();
    });
    assert_eq!(reads, 2);
}

#[test]
fn a_rejection_reads_it_once() {
    let registry = Registry::new();
    let empty = reads(|| {
        let _ = ready(limited(&registry));
    });
    assert_eq!(empty, 1, "by the limiter");
    ready(full_stack(&registry, 1)).unwrap();
    let service = registry.service("full", ServiceKind::Custom).unwrap();
    service.circuit_breaker().force_open();
    let open = reads(|| {
        ready(full_stack(&registry, 1)).unwrap_err();
    });
    assert_eq!(open, 1, "by the breaker");
}

#[resilient(
    service = "short",
    registry = registry,
    idempotent,
    retry(max_attempts = 3, base_delay = PAUSE, jitter = "none")
)]
async fn short_pauses(registry: &Registry, failures: &Cell<u32>) -> Result<u64, BoxError> {
    if failures.get() > 0 {
        failures.set(failures.get() - 1);
        return Err("not yet".into());
    }
    Ok(1)
}

const PAUSE: Duration = Duration::from_nanos(1);

#[test]
fn a_pause_that_is_over_at_once_needs_no_timer() {
    // There is no runtime here, so that a timer could not be made.
    let registry = Registry::new();
    let failures = Cell::new(2);
    ready(short_pauses(&registry, &failures)).unwrap();
    let service = registry.service("short", ServiceKind::Custom).unwrap();
    assert_eq!(service.stats().retries, 2);
}
