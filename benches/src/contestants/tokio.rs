//! `tokio`'s own timeout.

use super::TIMEOUT;
use crate::body::{Failure, body};
use crate::case::{Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    for path in [Path::Success, Path::Pending] {
        let case = Case {
            path,
            patterns: Patterns::Timeout,
            contestant: "tokio",
        };
        visitor.visit(case, || {
            async |task| {
                let timed = tokio::time::timeout(TIMEOUT, body(task));
                timed.await.unwrap_or(Err(Failure::TimedOut))
            }
        });
    }
}
