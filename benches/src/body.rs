//! The one body that every contestant guards, and the one error that all of them end with.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use resilience_runtime::{Classify, ResilienceError, Verdict};

/// What a call asks of the body. Borrowed for ever, so that services that take their request by value
/// copy no more than a reference.
pub type Input = &'static Task;

/// What comes back.
pub type Answer = Result<u64, Failure>;

/// The answer of every fallback.
pub const FALLBACK: u64 = 7;

/// One caller's request.
#[derive(Debug)]
pub struct Task {
    does: Does,
    runs: AtomicU32,
}

/// What the body does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Answers at the first poll.
    Answers,
    /// Answers at the second.
    Yields,
    /// Fails at two of three runs, so that each call succeeds at its third attempt.
    FailsTwice,
    /// Fails.
    Fails,
    /// Never answers.
    Hangs,
}

impl Task {
    /// A task for a caller. It is never freed; a process makes a few.
    #[must_use]
    pub fn new(does: Does) -> Input {
        Box::leak(Box::new(Self {
            does,
            runs: AtomicU32::new(0),
        }))
    }

    /// How often the body has run.
    #[must_use]
    pub fn runs(&self) -> u32 {
        self.runs.load(Relaxed)
    }
}

/// Why a call failed, whoever guarded it. Without allocations, so that those counted are the contestant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The body's own error.
    Body,
    /// The circuit is open.
    Open,
    /// There is no token.
    Limited,
    /// The attempt took too long.
    TimedOut,
    /// Anything that no contestant should do here.
    Unexpected,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// Whether a retry may help. What was turned away is not retried.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Body)
    }
}

impl Classify for Failure {
    fn classify(&self) -> Verdict {
        if self.passes() {
            Verdict::transient()
        } else {
            Verdict::permanent()
        }
    }
}

impl From<ResilienceError> for Failure {
    fn from(error: ResilienceError) -> Self {
        match error {
            ResilienceError::CircuitBreakerOpen { .. } => Self::Open,
            ResilienceError::RateLimitExceeded { .. } => Self::Limited,
            ResilienceError::Timeout { .. } => Self::TimedOut,
            _ => Self::Unexpected,
        }
    }
}

/// The body. What it costs is measured as the contestant `bare`, and subtracted.
#[inline]
pub async fn body(task: &Task) -> Answer {
    // Not a read-modify-write: a task has one caller.
    let run = task.runs.load(Relaxed);
    task.runs.store(run.wrapping_add(1), Relaxed);
    match task.does {
        Does::Answers => {}
        Does::Yields => tokio::task::yield_now().await,
        Does::FailsTwice if run % 3 == 2 => {}
        Does::FailsTwice | Does::Fails => return Err(Failure::Body),
        Does::Hangs => std::future::pending().await,
    }
    Ok(black_box(u64::from(run)))
}
