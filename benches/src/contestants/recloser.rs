//! `recloser`: a breaker by rate over the last calls.

use recloser::{AsyncRecloser, Error, Recloser};

use super::LONG;
use crate::body::{Failure, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    for path in [Path::Success, Path::Open] {
        let case = Case {
            path,
            patterns: Patterns::BreakerByRate,
            contestant: "recloser",
        };
        visitor.visit(case, breaker);
    }
}

fn breaker() -> impl Call {
    let settings = Recloser::custom()
        .error_rate(0.9)
        .closed_len(100)
        .open_wait(LONG);
    let breaker = AsyncRecloser::from(settings.build());
    async move |task| {
        breaker.call(body(task)).await.map_err(|error| match error {
            Error::Inner(error) => error,
            Error::Rejected => Failure::Open,
        })
    }
}
