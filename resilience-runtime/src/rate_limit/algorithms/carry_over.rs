//! What a key keeps when the strategy of its limiter changes.

use super::fixed_window::FixedWindow;
use super::meter::{Meter, Unlimited};
use super::sliding_window::SlidingWindow;
use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;

/// What is left to a key, in terms that every meter understands.
pub(in crate::rate_limit) struct Left {
    /// Requests, or whatever is counted where nothing else is; below zero is a debt. `None`: all of them.
    pub(in crate::rate_limit) requests: Option<i64>,
    /// The bucket of the tokens that are counted beside requests.
    pub(in crate::rate_limit) tokens: Option<(TokenBucket, FullAt)>,
}

/// A meter to and from which a key can change while it is counted.
pub(in crate::rate_limit) trait CarryOver: Meter {
    /// What is left to a key, for another meter to [go on](Self::go_on) with.
    fn left(&self, state: &Self::State, now: Moment) -> Left {
        Left {
            requests: (!self.at_rest(state, now)).then(|| self.tokens(state, now)),
            tokens: None,
        }
    }

    /// The state of a key to which another meter left so much.
    fn go_on(&self, left: &Left, now: Moment) -> Self::State {
        left.requests
            .map_or_else(Self::State::default, |tokens| self.with_tokens(tokens, now))
    }
}

impl CarryOver for Unlimited {}

impl CarryOver for TokenBucket {}

impl CarryOver for SlidingWindow {}

impl CarryOver for FixedWindow {}
