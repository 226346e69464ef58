//! The keys of a limiter under the configured limits.
//!
//! Why an enum: each variant is a type of its own, so that the decision for a key is compiled for the states of exactly
//! its limits. One limit of requests is counted by its strategy alone; a bucket then keeps a slot within half a cache
//! line, and a call pays for one `match`, before the work on the key and not in the middle of it. Of a set, up to two and
//! up to four counters lie in the slot itself, and more of them, or logs of sliding windows, beside it. Adding a strategy
//! means a variant here and one in [`any_meter`](super::algorithms::any_meter).

use super::algorithms::any_meter::{AnyMeter, AnyState, Count};
use super::algorithms::fixed_window::FixedWindow;
#[cfg(feature = "fleet")]
use super::algorithms::leased::LeasedSet;
use super::algorithms::limit_set::LimitSet;
use super::algorithms::limits::Limits;
use super::algorithms::meter::{Meter as _, Unlimited};
use super::algorithms::sliding_window::SlidingWindow;
use super::algorithms::token_bucket::TokenBucket;
use super::keys::keyed::Keyed;
use crate::clock::Moment;
use crate::config::{LimitConfig, RateLimitStrategy};

/// The keys, under one of the strategies, or a set of limits.
pub(super) enum Store {
    Unlimited(Keyed<Unlimited>),
    TokenBucket(Keyed<TokenBucket>),
    SlidingWindow(Keyed<SlidingWindow>),
    FixedWindow(Keyed<FixedWindow>),
    UpToTwo(Keyed<LimitSet<[Count; 2]>>),
    UpToFour(Keyed<LimitSet<[Count; 4]>>),
    Any(Keyed<LimitSet<Vec<AnyState>>>),
    #[cfg(feature = "fleet")]
    Leased(Keyed<LeasedSet>),
}

/// Runs one expression on the [`Keyed`] of a store, whatever its limits are.
macro_rules! on {
    ($store:expr, $keyed:ident => $then:expr) => {
        match $store {
            Store::Unlimited($keyed) => $then,
            Store::TokenBucket($keyed) => $then,
            Store::SlidingWindow($keyed) => $then,
            Store::FixedWindow($keyed) => $then,
            Store::UpToTwo($keyed) => $then,
            Store::UpToFour($keyed) => $then,
            Store::Any($keyed) => $then,
            #[cfg(feature = "fleet")]
            Store::Leased($keyed) => $then,
        }
    };
}
pub(super) use on;

impl Store {
    /// Converts the store to limits that a fleet shares; keys, cooldowns and queues stay.
    #[cfg(feature = "fleet")]
    pub(super) fn with_leases(self, limits: &[LimitConfig], max_keys: usize, now: Moment) -> Self {
        let parts = Parts::new(&[], limits, now);
        Self::Leased(convert(self, LeasedSet::new(limits), &parts, max_keys))
    }

    /// Converts the store, whose limits were `old`, to other limits; keys, cooldowns and queues stay.
    pub(super) fn with_limits(
        self,
        old: &[LimitConfig],
        new: &[LimitConfig],
        max_keys: usize,
        now: Moment,
    ) -> Self {
        let parts = Parts::new(old, new, now);
        let is_window = |limit: &LimitConfig| limit.strategy == RateLimitStrategy::SlidingWindow;
        match *new {
            [] => Self::Unlimited(convert(self, Unlimited, &parts, max_keys)),
            [ref only] if !only.name.dimension().is_tokens() => {
                let LimitConfig {
                    limit,
                    period,
                    burst,
                    ..
                } = *only;
                match only.strategy {
                    RateLimitStrategy::TokenBucket => {
                        let bucket = TokenBucket::new(limit, period, burst);
                        Self::TokenBucket(convert(self, bucket, &parts, max_keys))
                    }
                    RateLimitStrategy::SlidingWindow => {
                        let window = SlidingWindow::new(limit, period);
                        Self::SlidingWindow(convert(self, window, &parts, max_keys))
                    }
                    RateLimitStrategy::FixedWindow => {
                        let window = FixedWindow::new(limit, period);
                        Self::FixedWindow(convert(self, window, &parts, max_keys))
                    }
                }
            }
            _ if new.len() > 4 || new.iter().any(is_window) => {
                Self::Any(convert(self, LimitSet::new(new), &parts, max_keys))
            }
            _ if new.len() > 2 => {
                Self::UpToFour(convert(self, LimitSet::new(new), &parts, max_keys))
            }
            _ => Self::UpToTwo(convert(self, LimitSet::new(new), &parts, max_keys)),
        }
    }
}

/// Converts the keys to other limits.
fn convert<L: Limits>(old: Store, limits: L, parts: &Parts, max_keys: usize) -> Keyed<L> {
    on!(old, keyed => keyed.convert(limits, max_keys, parts.now, |old, state, new| {
        new.of_parts(parts.migrate(&old.parts(state)))
    }))
}

/// How what is counted by old limits goes on under new ones.
struct Parts {
    old: Vec<AnyMeter<AnyState>>,
    /// Each new limit with the old one that it continues.
    new: Vec<(AnyMeter<AnyState>, Option<usize>)>,
    now: Moment,
}

impl Parts {
    /// A limit continues the old one of the same name. One that has none continues an old one of what it counts that
    /// nobody else continues: its period was changed. Any other begins with all that it allows.
    fn new(old: &[LimitConfig], new: &[LimitConfig], now: Moment) -> Self {
        let named = |limit: &LimitConfig| old.iter().position(|it| it.name == limit.name);
        let mut of: Vec<Option<usize>> = new.iter().map(named).collect();
        for (index, limit) in new.iter().enumerate() {
            if of[index].is_none() {
                of[index] = old.iter().enumerate().position(|(at, it)| {
                    it.name.dimension() == limit.name.dimension() && !of.contains(&Some(at))
                });
            }
        }
        Self {
            old: old.iter().map(AnyMeter::new).collect(),
            new: new.iter().map(AnyMeter::new).zip(of).collect(),
            now,
        }
    }

    fn migrate(&self, states: &[AnyState]) -> Vec<AnyState> {
        let continued = |(meter, of): &(AnyMeter<AnyState>, Option<usize>)| {
            let of = (*of)?;
            let (old, state) = (self.old.get(of)?, states.get(of)?);
            Some(meter.migrate(old, state, self.now))
        };
        let new = self.new.iter();
        new.map(|part| continued(part).unwrap_or_default())
            .collect()
    }
}
