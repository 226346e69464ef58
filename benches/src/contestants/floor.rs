//! The floor prototype, see [`crate::floor`].

use std::time::Duration;

use super::{FAILURES, LONG, PLENTY, TIMEOUT};
use crate::body::{FALLBACK, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};
use crate::floor::Floor;

pub(super) fn visit(visitor: &mut impl Visitor) {
    for path in [
        Path::Success,
        Path::Pending,
        Path::ThirdAttempt,
        Path::Open,
        Path::Limited,
    ] {
        visitor.visit(case(path), || full(path, TIMEOUT));
    }
    visitor.visit(case(Path::Fallback), || {
        let mut call = full(Path::Fallback, TIMEOUT);
        async move |task| call(task).await.or(Ok(FALLBACK))
    });
}

fn case(path: Path) -> Case {
    Case {
        path,
        patterns: Patterns::Full,
        contestant: "floor",
    }
}

/// The full stack with guards of its own.
pub fn full(path: Path, timeout: Duration) -> impl Call + Send {
    let (rate, period) = match path {
        Path::Limited => (1, LONG),
        _ => (PLENTY, Duration::from_secs(1)),
    };
    let floor: &'static Floor =
        Box::leak(Box::new(Floor::new(rate, period, FAILURES, LONG, timeout)));
    async move |task| floor.call(|| body(task)).await
}
