//! The limiter as a whole, under paused time.

mod cooldowns;
mod corrections;
mod extremes;
#[cfg(feature = "fleet")]
mod fleet;
mod keys;
mod limit_set_edges;
mod limit_set_model;
mod limit_sets;
mod long_lines;
mod model;
mod per_key;
mod per_key_attacks;
mod per_key_live;
mod per_key_schedules;
mod per_key_told;
mod per_key_turns;
mod priorities;
mod random_events;
mod reconfigure;
mod shadow;
mod table;
mod threads;
mod tokens;
mod waiting;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::*;
use crate::clock::Moment;
use crate::{RateLimitConfig, ResilienceError};

const SECOND: Duration = Duration::from_secs(1);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn limiter(config: RateLimitConfig) -> RateLimiter {
    RateLimiter::new("test", config).expect("a valid configuration")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

/// A grant of `cost`, in the unit in force.
fn grant(key: KeyHash, cost: u32, at: Option<Moment>) -> Grant {
    Grant {
        key,
        amount: Amount::units(cost),
        at,
        unit: None,
    }
}

/// What a server says is left of requests, and of tokens.
fn left(requests: Option<u32>, tokens: Option<u32>) -> Remaining {
    Remaining {
        requests,
        tokens,
        ..Remaining::default()
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that a test polls.
struct Polled<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
}

impl<F: Future> Polled<F> {
    fn new(future: F) -> Self {
        Self {
            future: Box::pin(future),
            wakes: Arc::default(),
        }
    }

    fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn woken(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }
}

/// Returns the `retry_after` of a rejection.
fn rejected<T: std::fmt::Debug>(outcome: Result<T, ResilienceError>) -> Option<Duration> {
    match outcome {
        Err(ResilienceError::RateLimitExceeded { retry_after, .. }) => retry_after,
        other => panic!("not rejected: {other:?}"),
    }
}

/// No ticket and no wait state is left.
fn assert_no_waiters(limiter: &RateLimiter) {
    let wait_states = limiter
        .shared
        .with(KeyHash::NONE, Moment::now(), |state, now, _| {
            let _ = state.cooldown(KeyHash::NONE, now);
            (state.wait_states(), state.waiting())
        });
    assert_eq!(wait_states, (0, 0), "wait_states and tickets left over");
}
