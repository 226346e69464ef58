//! The keys of a limiter under the configured strategy, with or without tokens beside the requests.
//!
//! Why an enum of eight variants, which are {no limit of requests, token bucket, sliding window, fixed window} ×
//! {without, with tokens}: each variant is a type of its own, so that the decision for a key is compiled for the
//! states of exactly its meters. A bucket alone keeps a slot within half a cache line, and a call pays for one
//! `match`, before the work on the key and not in the middle of it. An enum of strategies inside the state of
//! each key would be shorter here, and would cost memory for each key and a branch for each operation. Adding a
//! strategy means two variants, two lines in `on!` and one arm in [`Store::with_limit`].

use std::time::Duration;

use super::algorithms::carry_over::CarryOver;
use super::algorithms::fixed_window::FixedWindow;
use super::algorithms::meter::{Meter, Unlimited};
use super::algorithms::requests_and_tokens::{RequestsAndTokens, migrate_part};
use super::algorithms::sliding_window::SlidingWindow;
use super::algorithms::token_bucket::{FullAt, TokenBucket};
use super::keys::keyed::Keyed;
use crate::clock::Moment;
use crate::config::{RateLimitConfig, RateLimitStrategy};

/// The keys, under one of the strategies.
pub(super) enum Store {
    Unlimited(Keyed<Unlimited>),
    TokenBucket(Keyed<TokenBucket>),
    SlidingWindow(Keyed<SlidingWindow>),
    FixedWindow(Keyed<FixedWindow>),
    Tokens(Keyed<RequestsAndTokens<Unlimited>>),
    TokenBucketAndTokens(Keyed<RequestsAndTokens<TokenBucket>>),
    SlidingWindowAndTokens(Keyed<RequestsAndTokens<SlidingWindow>>),
    FixedWindowAndTokens(Keyed<RequestsAndTokens<FixedWindow>>),
}

/// Runs one expression on the [`Keyed`] of a store, whatever its meter is.
macro_rules! on {
    ($store:expr, $keyed:ident => $then:expr) => {
        match $store {
            Store::Unlimited($keyed) => $then,
            Store::TokenBucket($keyed) => $then,
            Store::SlidingWindow($keyed) => $then,
            Store::FixedWindow($keyed) => $then,
            Store::Tokens($keyed) => $then,
            Store::TokenBucketAndTokens($keyed) => $then,
            Store::SlidingWindowAndTokens($keyed) => $then,
            Store::FixedWindowAndTokens($keyed) => $then,
        }
    };
}
pub(super) use on;

/// Converts `$old` to a store whose requests are counted by `$requests`: to variant `$alone`, or with tokens to
/// `$both`. Of the same strategy everything is kept, of another one what remains.
macro_rules! change {
    ($old:ident to $requests:expr, $tokens:ident, $max_keys:ident, $now:ident: $alone:ident or $both:ident) => {{
        let requests = $requests;
        match $tokens {
            None => Store::$alone(match $old {
                Store::$alone(old) => old.convert(requests, $max_keys, $now, |old, state, new| {
                    new.migrate(old, state, $now)
                }),
                Store::$both(old) => {
                    old.convert(requests, $max_keys, $now, |old, (state, _), new| {
                        migrate_part(new, &old.requests, state, $now)
                    })
                }
                old => switch(old, requests, $max_keys, $now),
            }),
            Some(tokens) => {
                let both = RequestsAndTokens { requests, tokens };
                Store::$both(match $old {
                    Store::$alone(old) => old.convert(both, $max_keys, $now, |old, state, new| {
                        (new.requests.migrate(old, state, $now), FullAt::default())
                    }),
                    Store::$both(old) => old.convert(both, $max_keys, $now, |old, state, new| {
                        new.migrate(old, state, $now)
                    }),
                    old => switch(old, both, $max_keys, $now),
                })
            }
        }
    }};
}

impl Store {
    /// Converts the store to another limit; keys, cooldowns and queues stay.
    pub(super) fn with_limit(
        self,
        limit: Option<&RateLimitConfig>,
        max_keys: usize,
        now: Moment,
    ) -> Self {
        let tokens = limit.and_then(|limit| limit.tokens_per_minute);
        let tokens = tokens.map(|n| TokenBucket::new(n, Duration::from_secs(60), n));
        let old = self;
        match limit.filter(|limit| limit.counts_requests()) {
            None => change!(old to Unlimited, tokens, max_keys, now: Unlimited or Tokens),
            Some(limit) => match limit.strategy {
                RateLimitStrategy::TokenBucket => {
                    let bucket =
                        TokenBucket::new(limit.limit, limit.period, limit.requests_at_once());
                    change!(old to bucket, tokens, max_keys, now: TokenBucket or TokenBucketAndTokens)
                }
                RateLimitStrategy::SlidingWindow => {
                    let window = SlidingWindow::new(limit.limit, limit.period);
                    change!(old to window, tokens, max_keys, now: SlidingWindow or SlidingWindowAndTokens)
                }
                RateLimitStrategy::FixedWindow => {
                    let window = FixedWindow::new(limit.limit, limit.period);
                    change!(old to window, tokens, max_keys, now: FixedWindow or FixedWindowAndTokens)
                }
            },
        }
    }
}

/// Converts the store to another strategy, which begins with what remains, as if the rest had been taken now.
fn switch<M: CarryOver>(old: Store, meter: M, max_keys: usize, now: Moment) -> Keyed<M> {
    on!(old, keyed => keyed.convert(meter, max_keys, now, |old, state, new| {
        new.resume(&old.remaining(state, now), now)
    }))
}
