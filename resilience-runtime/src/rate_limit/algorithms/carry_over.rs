//! What a key keeps when the strategy of its limiter changes.

use super::fixed_window::FixedWindow;
use super::meter::{Meter, Unlimited};
use super::sliding_window::SlidingWindow;
use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;

/// What remains to a key, in terms that every strategy can continue with.
pub(in crate::rate_limit) struct Remaining {
    /// Requests, or the one unit that is counted; below zero is a debt. `None`: all of them.
    pub(in crate::rate_limit) requests: Option<i64>,
    /// The bucket of the tokens that are counted beside requests.
    pub(in crate::rate_limit) tokens: Option<(TokenBucket, FullAt)>,
}

/// A meter to and from which a key can change while it is in use.
///
/// Of the same strategy, [`Meter::migrate`] keeps everything. Of another one, the key keeps what remains.
pub(in crate::rate_limit) trait CarryOver: Meter {
    /// Returns what remains to a key, for another meter to [resume](Self::resume) with.
    fn remaining(&self, state: &Self::State, now: Moment) -> Remaining {
        Remaining {
            requests: (!self.is_idle(state, now)).then(|| self.tokens(state, now)),
            tokens: None,
        }
    }

    /// Makes the state of a key with what remained under another meter.
    fn resume(&self, remaining: &Remaining, now: Moment) -> Self::State {
        remaining
            .requests
            .map_or_else(Self::State::default, |tokens| self.with_tokens(tokens, now))
    }
}

impl CarryOver for Unlimited {}

impl CarryOver for TokenBucket {}

impl CarryOver for SlidingWindow {}

impl CarryOver for FixedWindow {}
