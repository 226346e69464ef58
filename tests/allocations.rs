//! How often the allocator is asked by a call that needs nothing but its body: not at all.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use resilience_runtime::rate_limit::{Cost, Usage};
use resilience_runtime::{
    Classify, Registry, ResilienceError, ServiceKind, Verdict, llm_resilient, resilient,
};

#[derive(Debug)]
enum ApiError {
    Transient,
    Local,
}

impl From<ResilienceError> for ApiError {
    fn from(_: ResilienceError) -> Self {
        Self::Local
    }
}

impl Classify for ApiError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Transient => Verdict::transient(),
            Self::Local => Verdict::permanent(),
        }
    }
}

/// Everything is on.
#[resilient(
    service = "full",
    registry = registry,
    timeout = "30s",
    deadline = "1m",
    retry(max_attempts = 5, base_delay = "1ms", max_delay = "2ms"),
    retry_budget(capacity = 1_000_000),
    circuit_breaker(failure_threshold = 1_000_000),
    rate_limit(requests_per_second = 1_000_000_000, key = prompt, cost = 2),
    bulkhead(max_concurrent = 8)
)]
async fn full_stack(
    registry: &Registry,
    prompt: &str,
    failures: &Cell<u32>,
) -> Result<usize, ApiError> {
    if failures.get() > 0 {
        failures.set(failures.get() - 1);
        return Err(ApiError::Transient);
    }
    Ok(prompt.len())
}

#[resilient(
    service = "rate",
    registry = registry,
    circuit_breaker(failure_rate = 0.5, window = 100),
    rate_limit(requests_per_second = 1_000_000_000)
)]
async fn with_a_window(registry: &Registry) -> Result<usize, ApiError> {
    Ok(1)
}

#[llm_resilient(
    service = "tokens",
    registry = registry,
    circuit_breaker(failure_threshold = 1_000_000),
    rate_limit(
        requests_per_second = 1_000_000_000,
        tokens_per_minute = 4_000_000_000,
        key = prompt,
        cost = 1_000,
        usage = |answer| *answer as u32,
    )
)]
async fn with_tokens(registry: &Registry, prompt: &str, used: usize) -> Result<usize, ApiError> {
    match used {
        0 => Err(ApiError::Local),
        used => Ok(used),
    }
}

#[llm_resilient(
    service = "four limits",
    registry = registry,
    rate_limit(
        requests_per_minute = 4_000_000_000,
        tokens_per_minute = 4_000_000_000,
        input_tokens_per_hour = 4_000_000_000,
        output_tokens_per_day = 4_000_000_000,
        key = prompt,
        cost = Cost::new(1_000, 500),
        usage = |used| Usage::new(1_000, *used as u32),
    )
)]
async fn with_four_limits(
    registry: &Registry,
    prompt: &str,
    used: usize,
) -> Result<usize, ApiError> {
    Ok(used)
}

#[resilient(service = "cached", registry = registry, cache(key = (tenant, user)))]
async fn cached(registry: &Registry, tenant: &str, user: u32) -> Result<usize, ApiError> {
    let _ = user;
    Ok(tenant.len())
}

#[resilient(
    service = "of keys",
    registry = registry,
    circuit_breaker(key = host, failure_threshold = 1_000_000),
    bulkhead(key = tenant, max_concurrent = 8)
)]
async fn of_keys(registry: &Registry, host: &str, tenant: u32) -> Result<usize, ApiError> {
    let _ = tenant;
    Ok(host.len())
}

/// One test at a time: a call site remembers what one registry says, and each test has its own.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Allocations of a hundred calls, after a few that make everything known.
fn allocations(mut call: impl FnMut()) -> u64 {
    for _ in 0..10 {
        call();
    }
    measure(|| (0..100).for_each(|_| call())).count_total
}

#[test]
fn the_counter_counts() {
    let count = allocations(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(count, 100);
}

#[test]
fn a_call_of_the_full_stack_allocates_nothing() {
    let _turn = turn();
    let registry = Registry::new();
    let failures = Cell::new(0);
    let count = allocations(|| {
        ready(full_stack(&registry, "hello", &failures)).unwrap();
    });
    assert_eq!(count, 0);
}

#[test]
fn a_call_under_an_error_rate_allocates_nothing() {
    let registry = Registry::new();
    let count = allocations(|| {
        ready(with_a_window(&registry)).unwrap();
    });
    assert_eq!(count, 0);
}

#[test]
fn tokens_are_reserved_and_settled_without_allocating() {
    let registry = Registry::new();
    for used in [10, 1_000, 2_000] {
        let count = allocations(|| {
            ready(with_tokens(&registry, "hello", used)).unwrap();
        });
        assert_eq!(count, 0, "{used} used");
    }
    let count = allocations(|| {
        ready(with_tokens(&registry, "hello", 0)).unwrap_err();
    });
    assert_eq!(count, 0);
}

#[test]
fn four_limits_of_a_key_are_taken_and_settled_without_allocating() {
    let registry = Registry::new();
    for used in [10, 500, 2_000] {
        let count = allocations(|| {
            ready(with_four_limits(&registry, "hello", used)).unwrap();
        });
        assert_eq!(count, 0, "{used} used");
    }
}

#[test]
fn breaker_and_bulkhead_of_a_known_key_are_found_without_allocating() {
    let registry = Registry::new();
    let count = allocations(|| {
        for (host, tenant) in [("a", 1), ("b", 2)] {
            ready(of_keys(&registry, host, tenant)).unwrap();
        }
    });
    assert_eq!(count, 0);
    let service = registry.service("of keys", ServiceKind::Custom).unwrap();
    assert_eq!(service.stats().circuit_keys.unwrap().known, 2);
    service.circuit_breaker_for("a").force_open();
    let count = allocations(|| {
        ready(of_keys(&registry, "a", 1)).unwrap_err();
    });
    assert_eq!(count, 0);
}

#[test]
fn a_fresh_answer_of_a_cache_allocates_nothing() {
    let registry = Registry::new();
    let count = allocations(|| {
        ready(cached(&registry, "hello", 7)).unwrap();
    });
    assert_eq!(count, 0);
    let service = registry.service("cached", ServiceKind::Custom).unwrap();
    assert_eq!(service.stats().cache.misses, 1);
}

#[test]
fn a_rejection_allocates_nothing() {
    let _turn = turn();
    let registry = Registry::new();
    let failures = Cell::new(0);
    ready(full_stack(&registry, "hello", &failures)).unwrap();
    let service = registry.service("full", ServiceKind::Custom).unwrap();
    service.circuit_breaker().force_open();
    let count = allocations(|| {
        ready(full_stack(&registry, "hello", &failures)).unwrap_err();
    });
    assert_eq!(count, 0);
}

#[test]
fn two_retries_allocate_nothing_of_ours() {
    let _turn = turn();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(two_retries());
}

async fn two_retries() {
    let registry = Registry::new();
    let failures = Cell::new(0);
    let mut counts = Vec::new();
    for _ in 0..20 {
        failures.set(2);
        let mut call = pin!(full_stack(&registry, "hello", &failures));
        let mut count = 0;
        loop {
            let mut polled = Poll::Pending;
            count += measure(|| {
                let mut context = Context::from_waker(Waker::noop());
                polled = call.as_mut().poll(&mut context);
            })
            .count_total;
            match polled {
                Poll::Ready(out) => break assert!(out.is_ok()),
                Poll::Pending => tokio::time::advance(Duration::from_millis(2)).await,
            }
        }
        counts.push(count);
    }
    assert_eq!(counts[1..].iter().sum::<u64>(), 0, "{counts:?}");
}
