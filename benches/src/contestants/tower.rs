//! `tower` alone: its retries with a policy and a budget-free backoff of our own making, as its documentation
//! shows it, and its timeout. It has no breaker, and its limiter waits and cannot reject.

use std::future::{Ready, ready};

use tower::retry::{Policy, RetryLayer};
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use super::{ATTEMPTS, TIMEOUT};
use crate::body::{Answer, Failure, Input, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    let case = |path, patterns| Case {
        path,
        patterns,
        contestant: "tower",
    };
    visitor.visit(case(Path::Success, Patterns::RetryAndTimeout), || {
        let service = ServiceBuilder::new()
            .layer(RetryLayer::new(Attempts::default()))
            .map_err(failure)
            .layer(TimeoutLayer::new(TIMEOUT));
        called(service.service_fn(body_of))
    });
    for path in [Path::Success, Path::ThirdAttempt] {
        visitor.visit(case(path, Patterns::Retry), || {
            let service = ServiceBuilder::new().layer(RetryLayer::new(Attempts::default()));
            called(service.service_fn(body_of))
        });
    }
    for path in [Path::Success, Path::Pending] {
        visitor.visit(case(path, Patterns::Timeout), || {
            let service = ServiceBuilder::new()
                .map_err(failure)
                .layer(TimeoutLayer::new(TIMEOUT));
            called(service.service_fn(body_of))
        });
    }
}

/// How many have been made after the first. Cloned for each request.
#[derive(Clone, Debug, Default)]
struct Attempts(u32);

impl Policy<Input, u64, Failure> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Input, result: &mut Answer) -> Option<Ready<()>> {
        let again = result.is_err_and(|error| error.passes()) && self.0 + 1 < ATTEMPTS;
        self.0 += 1;
        again.then(|| ready(()))
    }

    fn clone_request(&mut self, task: &Input) -> Option<Input> {
        Some(task)
    }
}

async fn body_of(task: Input) -> Answer {
    body(task).await
}

fn failure(error: BoxError) -> Failure {
    if error.is::<Elapsed>() {
        return Failure::TimedOut;
    }
    let own = error.downcast_ref();
    own.copied().unwrap_or(Failure::Unexpected)
}

fn called<S>(mut service: S) -> impl Call
where
    S: Service<Input, Response = u64, Error = Failure> + Clone + 'static,
{
    async move |task: Input| service.ready().await?.call(task).await
}
