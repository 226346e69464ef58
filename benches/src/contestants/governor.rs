//! `governor`: a limiter, GCRA, with its own fast clock and with the standard library's.

use std::num::NonZeroU32;

use governor::clock::{Clock, MonotonicClock, QuantaClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{LONG, PLENTY};
use crate::body::{Failure, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    for path in [Path::Success, Path::Limited] {
        let case = |contestant| Case {
            path,
            patterns: Patterns::Limiter,
            contestant,
        };
        visitor.visit(case("governor"), || limiter(path, QuantaClock::default()));
        visitor.visit(case("governor_std_clock"), || limiter(path, MonotonicClock));
    }
}

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

fn limiter<C: Clock + Send + Sync + 'static>(path: Path, clock: C) -> impl Call {
    let quota = match path {
        Path::Limited => Quota::with_period(LONG).expect("not zero"),
        _ => Quota::per_second(NonZeroU32::new(PLENTY).expect("not zero")),
    };
    let limiter: &'static Limiter<C> =
        Box::leak(Box::new(RateLimiter::direct_with_clock(quota, clock)));
    async move |task| {
        limiter.check().map_err(|_| Failure::Limited)?;
        body(task).await
    }
}
