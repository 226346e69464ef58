//! `backon`: retries.

use std::future::ready;
use std::time::Duration;

use backon::{ConstantBuilder, ExponentialBuilder, Retryable};

use super::ATTEMPTS;
use crate::body::{Failure, Input, body};
use crate::case::{Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    let case = |path| Case {
        path,
        patterns: Patterns::Retry,
        contestant: "backon",
    };
    let retries = ATTEMPTS as usize - 1;
    visitor.visit(case(Path::Success), || {
        async move |task: Input| {
            let pauses = ExponentialBuilder::new()
                .with_jitter()
                .with_max_times(retries);
            let attempt = || body(task);
            attempt.retry(pauses).when(Failure::passes).await
        }
    });
    // A pause of zero is a real one, unless the sleeper is another.
    visitor.visit(case(Path::ThirdAttempt), || {
        async move |task: Input| {
            let pauses = ConstantBuilder::new().with_delay(Duration::ZERO);
            let attempt = || body(task);
            let retried = attempt
                .retry(pauses.with_max_times(retries))
                .sleep(|_| ready(()));
            retried.when(Failure::passes).await
        }
    });
}
