//! What a body has reported about its server.

use std::time::Duration;

use crate::verdict::{Quota, Verdict};

/// What a body has reported about its server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) retry_after: Option<Duration>,
    pub(crate) requests: Option<Quota>,
    pub(crate) tokens: Option<Quota>,
    pub(crate) input_tokens: Option<Quota>,
    pub(crate) output_tokens: Option<Quota>,
    /// The wait where the server refused, by a quota that it says is used up.
    pub(crate) wait_of_refusal: Option<Duration>,
    /// It is about the key of the limits per key alone.
    pub(crate) for_key: bool,
}

impl Hint {
    /// Returns the wait that the server asked for with the answer that this verdict is about.
    pub(crate) fn asked(&self, verdict: Verdict) -> Option<Duration> {
        let by_quota = self.wait_of_refusal.filter(|_| verdict.is_throttled());
        self.retry_after.or(by_quota)
    }

    /// Returns how long all callers must wait. A single token is of no use, so the whole reset counts for tokens,
    /// unless the limiter counts tokens itself and computes the wait for the tokens that are needed.
    pub(crate) fn pause(&self, tokens_are_counted: bool) -> Option<Duration> {
        let is_used_up = |quota: &Quota| quota.remaining == 0;
        let requests = self.requests.filter(is_used_up);
        let tokens = [self.tokens, self.input_tokens, self.output_tokens];
        let tokens = tokens.into_iter().flatten();
        let tokens = tokens.filter(|quota| is_used_up(quota) && !tokens_are_counted);
        let of_requests = [self.retry_after, requests.and_then(Quota::next_unit)];
        let of_tokens = tokens.filter_map(|quota| quota.reset);
        of_requests.into_iter().flatten().chain(of_tokens).max()
    }
}
