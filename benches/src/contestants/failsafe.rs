//! `failsafe`: a breaker, on failures in a row and by rate.

use std::time::Duration;

use failsafe::futures::CircuitBreaker;
use failsafe::{Config, backoff, failure_policy};

use super::{FAILURES, LONG};
use crate::body::{Failure, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    let case = |path, patterns| Case {
        path,
        patterns,
        contestant: "failsafe",
    };
    for path in [Path::Success, Path::Open] {
        visitor.visit(case(path, Patterns::Breaker), || {
            let policy = failure_policy::consecutive_failures(FAILURES, backoff::constant(LONG));
            called(Config::new().failure_policy(policy).build())
        });
    }
    // Its rate is an average over time, which no number of failures in an instant brings down: not seen open.
    visitor.visit(case(Path::Success, Patterns::BreakerByRate), || {
        let (window, pause) = (Duration::from_secs(30), backoff::constant(LONG));
        let policy = failure_policy::success_rate_over_time_window(0.1, FAILURES, window, pause);
        called(Config::new().failure_policy(policy).build())
    });
}

fn called(breaker: impl CircuitBreaker + Clone + 'static) -> impl Call {
    async move |task| {
        breaker.call(body(task)).await.map_err(|error| match error {
            failsafe::Error::Inner(error) => error,
            failsafe::Error::Rejected => Failure::Open,
        })
    }
}
