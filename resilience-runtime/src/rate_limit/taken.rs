//! What a call took, given back or corrected later.

use super::key::KeyHash;
use super::limiter::RateLimiter;
use crate::clock::Moment;

/// What a cost is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Requests,
    /// Tokens, of a call that is one request besides.
    Tokens,
}

/// What was taken for one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) key: KeyHash,
    pub(crate) cost: u32,
    /// When; `None`: nobody remembers.
    pub(crate) at: Option<Moment>,
    /// What the cost was measured in. A live change may have made it worth nothing since: thousands of
    /// tokens must not become a debt of as many requests. `None`: whatever is counted now.
    pub(crate) unit: Option<Unit>,
}

/// For the call path, which has read the clock and hashed the key already.
impl RateLimiter {
    /// Gives back what was taken for a request that was not sent.
    pub(crate) fn give_back(&self, taken: Taken, now: Moment) {
        self.shared.give_back(taken, now);
    }

    /// Corrects what was taken to what was used.
    pub(crate) fn settle_taken(&self, taken: Taken, used: u32, now: Moment) {
        self.shared.settle(taken, used, now);
    }

    /// Takes note of how many requests and tokens a server says are left to the key. It never raises what is
    /// left here, and says nothing where that is not limited.
    pub(crate) fn lower(
        &self,
        key: KeyHash,
        requests: Option<u32>,
        tokens: Option<u32>,
        now: Moment,
    ) {
        if !self.shared.is_free() {
            self.shared.with(key, now, |state, now, wakers| {
                state.lower(key, requests, tokens, now, wakers);
            });
        }
    }
}
