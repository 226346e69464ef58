//! `seatbelt`: breaker (by rate, it has no other), retry and timeout. It has no limiter.

use std::time::Duration;

use layered::{Execute, Service, Stack};
use seatbelt::breaker::Breaker;
use seatbelt::fallback::Fallback;
use seatbelt::retry::{Backoff, Retry};
use seatbelt::timeout::Timeout;
use seatbelt::{RecoveryInfo, ResilienceContext};
use tick::Clock;

use super::{ATTEMPTS, FAILURES, LONG, TIMEOUT};
use crate::body::{Answer, FALLBACK, Failure, Input, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

type Context = ResilienceContext<Input, Answer>;

// Macros, because the types of what they make cannot be named.
macro_rules! retries {
    ($context:expr, $path:expr) => {{
        let retries = Retry::layer("retry", $context)
            .max_retry_attempts(ATTEMPTS - 1)
            .clone_input()
            .recovery_with(|out: &Answer, _| recovery(out));
        match $path {
            Path::Success | Path::Pending => retries,
            _ => retries
                .backoff(Backoff::Constant)
                .base_delay(Duration::ZERO),
        }
    }};
}

macro_rules! breaker {
    ($context:expr) => {
        Breaker::layer("breaker", $context)
            .failure_threshold(0.9)
            .min_throughput(FAILURES)
            .break_duration(LONG)
            .recovery_with(|out: &Answer, _| recovery(out))
            .rejected_input_error(|_, _| Failure::Open)
    };
}

macro_rules! timeout {
    ($context:expr, $after:expr) => {
        Timeout::layer("timeout", $context)
            .timeout($after)
            .timeout_error(|_| Failure::TimedOut)
    };
}

pub(super) fn visit(visitor: &mut impl Visitor) {
    let case = |path, patterns| Case {
        path,
        patterns,
        contestant: "seatbelt",
    };
    for path in [Path::Success, Path::Pending, Path::ThirdAttempt, Path::Open] {
        visitor.visit(case(path, Patterns::Unlimited), || unlimited(path, TIMEOUT));
    }
    visitor.visit(case(Path::Fallback, Patterns::Unlimited), with_fallback);
    for path in [Path::Success, Path::Open] {
        visitor.visit(case(path, Patterns::BreakerByRate), || {
            called((breaker!(&context()), Execute::new(body_of)).into_service())
        });
    }
    for path in [Path::Success, Path::ThirdAttempt] {
        visitor.visit(case(path, Patterns::Retry), || {
            called((retries!(&context(), path), Execute::new(body_of)).into_service())
        });
    }
    for path in [Path::Success, Path::Pending] {
        visitor.visit(case(path, Patterns::Timeout), || {
            called((timeout!(&context(), TIMEOUT), Execute::new(body_of)).into_service())
        });
    }
}

/// All that it has.
pub fn unlimited(path: Path, timeout: Duration) -> impl Call + Send {
    let context = context();
    let stack = (
        retries!(&context, path),
        breaker!(&context),
        timeout!(&context, timeout),
        Execute::new(body_of),
    );
    called(stack.into_service())
}

fn with_fallback() -> impl Call {
    let context = context();
    let stack = (
        Fallback::layer("fallback", &context)
            .should_fallback(Result::is_err)
            .fallback_output(Ok(FALLBACK)),
        retries!(&context, Path::Fallback),
        breaker!(&context),
        timeout!(&context, TIMEOUT),
        Execute::new(body_of),
    );
    called(stack.into_service())
}

fn context() -> Context {
    ResilienceContext::new(Clock::new_tokio()).name("bench")
}

async fn body_of(task: Input) -> Answer {
    body(task).await
}

fn called<S>(service: S) -> impl Call + Send
where
    S: Service<Input, Out = Answer> + Send + Sync + 'static,
{
    let service: &'static S = Box::leak(Box::new(service));
    async move |task| service.execute(task).await
}

fn recovery(out: &Answer) -> RecoveryInfo {
    match out {
        Err(error) if error.passes() => RecoveryInfo::retry(),
        _ => RecoveryInfo::never(),
    }
}
