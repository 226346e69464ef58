//! What a good engineer puts together: `governor`, `failsafe`, `backon` and tokio's timeout. The limiter is
//! asked outside of the breaker, so that being turned away is no failure of the service; the timeout is inside,
//! so that hanging is one.

use std::future::ready;
use std::num::NonZeroU32;
use std::time::Duration;

use backon::{ConstantBuilder, ExponentialBuilder, Retryable};
use failsafe::futures::CircuitBreaker;
use failsafe::{Config, backoff, failure_policy};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::{ATTEMPTS, FAILURES, LONG, PLENTY, TIMEOUT};
use crate::body::{Answer, FALLBACK, Failure, Input, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    for path in [Path::Success, Path::Pending, Path::Limited] {
        visitor.visit(case(path, Patterns::Full), || full(path, TIMEOUT));
    }
    for path in [Path::ThirdAttempt, Path::Open] {
        visitor.visit(case(path, Patterns::Full), || at_once(path));
    }
    visitor.visit(case(Path::Fallback, Patterns::Full), || {
        let mut call = at_once(Path::Fallback);
        async move |task| call(task).await.or(Ok(FALLBACK))
    });
    visitor.visit(case(Path::Success, Patterns::Untimed), untimed);
    visitor.visit(case(Path::Success, Patterns::Unlimited), unlimited);
}

fn case(path: Path, patterns: Patterns) -> Case {
    Case {
        path,
        patterns,
        contestant: "by_hand",
    }
}

/// All four, with pauses between attempts.
pub fn full(path: Path, timeout: Duration) -> impl Call + Send {
    let guards = guards(path);
    async move |task| {
        let attempt = || guards.limited(guards.breaker.call(timed(task, timeout)));
        let retried = attempt.retry(pauses()).when(Failure::passes);
        retried.await
    }
}

/// All four, without pauses.
fn at_once(path: Path) -> impl Call {
    let guards = guards(path);
    async move |task| {
        let attempt = || guards.limited(guards.breaker.call(timed(task, TIMEOUT)));
        let none = ConstantBuilder::new()
            .with_delay(Duration::ZERO)
            .with_max_times(ATTEMPTS as usize - 1);
        let retried = attempt.retry(none).sleep(|_| ready(()));
        retried.when(Failure::passes).await
    }
}

/// Without the timeout.
pub fn untimed() -> impl Call + Send {
    let guards = guards(Path::Success);
    async move |task: Input| {
        let attempt = || guards.limited(guards.breaker.call(body(task)));
        attempt.retry(pauses()).when(Failure::passes).await
    }
}

/// Without the limiter.
pub fn unlimited() -> impl Call + Send {
    let guards = guards(Path::Success);
    async move |task| {
        let attempt = async || ended(guards.breaker.call(timed(task, TIMEOUT)).await);
        attempt.retry(pauses()).when(Failure::passes).await
    }
}

struct ByHand<B> {
    limiter: DefaultDirectRateLimiter,
    breaker: B,
}

fn guards(path: Path) -> &'static ByHand<impl CircuitBreaker + Send + Sync> {
    let quota = match path {
        Path::Limited => Quota::with_period(LONG).expect("not zero"),
        _ => Quota::per_second(NonZeroU32::new(PLENTY).expect("not zero")),
    };
    let policy = failure_policy::consecutive_failures(FAILURES, backoff::constant(LONG));
    Box::leak(Box::new(ByHand {
        limiter: RateLimiter::direct(quota),
        breaker: Config::new().failure_policy(policy).build(),
    }))
}

impl<B> ByHand<B> {
    #[inline]
    async fn limited(
        &self,
        attempt: impl Future<Output = Result<u64, failsafe::Error<Failure>>>,
    ) -> Answer {
        self.limiter.check().map_err(|_| Failure::Limited)?;
        ended(attempt.await)
    }
}

#[inline]
fn ended(out: Result<u64, failsafe::Error<Failure>>) -> Answer {
    out.map_err(|error| match error {
        failsafe::Error::Inner(error) => error,
        failsafe::Error::Rejected => Failure::Open,
    })
}

#[inline]
async fn timed(task: Input, timeout: Duration) -> Answer {
    let timed = tokio::time::timeout(timeout, body(task));
    timed.await.unwrap_or(Err(Failure::TimedOut))
}

fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_jitter()
        .with_max_times(ATTEMPTS as usize - 1)
}
