//! The keys of a limiter under whichever strategy is set, with or without tokens beside the requests.

use std::time::Duration;

use super::algorithms::carry_over::CarryOver;
use super::algorithms::fixed_window::FixedWindow;
use super::algorithms::meter::{Meter, Unlimited};
use super::algorithms::requests_and_tokens::{RequestsAndTokens, adopt};
use super::algorithms::sliding_window::SlidingWindow;
use super::algorithms::token_bucket::{FullAt, TokenBucket};
use super::keys::keyed::Keyed;
use crate::clock::Moment;
use crate::config::{RateLimitConfig, RateLimitStrategy};

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

/// Runs one expression on whichever store it is.
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

/// The keys of `$old`, their requests counted by `$requests`: as `$alone`, or with the tokens as `$both`. Of
/// the same strategy everything is kept, of another what is left.
macro_rules! change {
    ($old:ident to $requests:expr, $tokens:ident, $max_keys:ident, $now:ident: $alone:ident or $both:ident) => {{
        let requests = $requests;
        match $tokens {
            None => Store::$alone(match $old {
                Store::$alone(old) => old.convert(requests, $max_keys, $now, |old, state, new| {
                    new.adopt(old, state, $now)
                }),
                Store::$both(old) => {
                    old.convert(requests, $max_keys, $now, |old, (state, _), new| {
                        adopt(new, &old.requests, state, $now)
                    })
                }
                old => switch(old, requests, $max_keys, $now),
            }),
            Some(tokens) => {
                let both = RequestsAndTokens { requests, tokens };
                Store::$both(match $old {
                    Store::$alone(old) => old.convert(both, $max_keys, $now, |old, state, new| {
                        (new.requests.adopt(old, state, $now), FullAt::default())
                    }),
                    Store::$both(old) => old.convert(both, $max_keys, $now, |old, state, new| {
                        new.adopt(old, state, $now)
                    }),
                    old => switch(old, both, $max_keys, $now),
                })
            }
        }
    }};
}

impl Store {
    /// The same keys, cooldowns and queues under another limit.
    pub(super) fn under(
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

/// Another strategy begins with what is left, and as if the rest had been taken now.
fn switch<M: CarryOver>(old: Store, meter: M, max_keys: usize, now: Moment) -> Keyed<M> {
    on!(old, keyed => keyed.convert(meter, max_keys, now, |old, state, new| {
        new.go_on(&old.left(state, now), now)
    }))
}
