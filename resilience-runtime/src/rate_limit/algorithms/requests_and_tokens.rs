//! Requests and tokens counted together: a call takes one request and its cost in tokens, or nothing.

use super::carry_over::{CarryOver, Remaining};
use super::meter::Meter;
use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;

/// Takes one of `requests` and the cost in `tokens` for each call that passes.
///
/// Costs and amounts are tokens. The request stays spent once a call has passed, whatever the call used:
/// servers count rejected and cheap requests as well.
#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct RequestsAndTokens<A> {
    pub(in crate::rate_limit) requests: A,
    pub(in crate::rate_limit) tokens: TokenBucket,
}

impl<A: Meter> Meter for RequestsAndTokens<A> {
    type State = (A::State, FullAt);

    /// The capacity of the tokens; a limit of requests always has room for one.
    fn capacity(&self) -> u32 {
        self.tokens.capacity()
    }

    fn try_take(&self, (requests, tokens): &mut Self::State, cost: u32, now: Moment) -> bool {
        let mut rest = *tokens;
        let passes =
            self.tokens.try_take(&mut rest, cost, now) && self.requests.try_take(requests, 1, now);
        if passes {
            *tokens = rest;
        }
        passes
    }

    fn force_take(&self, (requests, tokens): &mut Self::State, cost: u32, now: Moment) {
        self.requests.force_take(requests, 1, now);
        self.tokens.force_take(tokens, cost, now);
    }

    fn charge(&self, (_, tokens): &mut Self::State, cost: u32, now: Moment) {
        self.tokens.charge(tokens, cost, now);
    }

    fn forgive(&self, (_, tokens): &mut Self::State, cost: u32, now: Moment) -> u64 {
        self.tokens.forgive(tokens, cost, now)
    }

    fn credit(
        &self,
        (_, tokens): &mut Self::State,
        amount: u32,
        taken: Option<Moment>,
        now: Moment,
    ) {
        self.tokens.credit(tokens, amount, taken, now);
    }

    fn refund(
        &self,
        (requests, tokens): &mut Self::State,
        cost: u32,
        taken: Option<Moment>,
        now: Moment,
    ) {
        self.requests.refund(requests, 1, taken, now);
        self.tokens.refund(tokens, cost, taken, now);
    }

    fn cap_remaining(
        &self,
        (requests, tokens): &mut Self::State,
        requests_left: Option<u32>,
        tokens_left: Option<u32>,
        now: Moment,
    ) {
        self.requests
            .cap_remaining(requests, requests_left, None, now);
        self.tokens.cap_remaining(tokens, tokens_left, None, now);
    }

    // `ready_behind` is the provided one: while a call waits for a request the tokens may overflow, so that the
    // sum of the costs alone does not determine when the last call passes.
    fn ready(&self, (requests, tokens): &Self::State, cost: u32, from: Moment) -> Moment {
        let request = self.requests.ready(requests, 1, from);
        self.tokens.ready(tokens, cost, from).max(request)
    }

    /// Without a request, no token is available.
    fn tokens(&self, (requests, tokens): &Self::State, now: Moment) -> i64 {
        let left = self.tokens.tokens(tokens, now);
        if self.requests.tokens(requests, now) > 0 {
            left
        } else {
            left.min(0)
        }
    }

    fn reset_at(&self, (requests, tokens): &Self::State, now: Moment) -> Moment {
        let requests = self.requests.reset_at(requests, now);
        self.tokens.reset_at(tokens, now).max(requests)
    }

    fn is_idle(&self, (requests, tokens): &Self::State, now: Moment) -> bool {
        self.requests.is_idle(requests, now) && self.tokens.is_idle(tokens, now)
    }

    fn migrate(&self, old: &Self, (requests, tokens): &Self::State, now: Moment) -> Self::State {
        (
            migrate_part(&self.requests, &old.requests, requests, now),
            migrate_part(&self.tokens, &old.tokens, tokens, now),
        )
    }

    fn with_tokens(&self, tokens: i64, now: Moment) -> Self::State {
        (A::State::default(), self.tokens.with_tokens(tokens, now))
    }
}

impl<A: CarryOver> CarryOver for RequestsAndTokens<A> {
    fn remaining(&self, (requests, tokens): &Self::State, now: Moment) -> Remaining {
        Remaining {
            tokens: Some((self.tokens, *tokens)),
            ..self.requests.remaining(requests, now)
        }
    }

    fn resume(&self, remaining: &Remaining, now: Moment) -> Self::State {
        let tokens = remaining
            .tokens
            .as_ref()
            .map(|(old, state)| migrate_part(&self.tokens, old, state, now));
        (
            self.requests.resume(remaining, now),
            tokens.unwrap_or_default(),
        )
    }
}

/// Migrates one of the two parts. One of them may be idle, and then its new state is idle too.
pub(in crate::rate_limit) fn migrate_part<M: Meter>(
    new: &M,
    old: &M,
    state: &M::State,
    now: Moment,
) -> M::State {
    if old.is_idle(state, now) {
        M::State::default()
    } else {
        new.migrate(old, state, now)
    }
}
