//! Requests and tokens counted together: a call takes one request and its cost in tokens, or nothing.

use super::carry_over::{CarryOver, Left};
use super::meter::Meter;
use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;

/// One request of `requests` and the cost of `tokens` for each that passes.
///
/// What is said of costs and amounts is said of tokens. The request is spent once one has passed, whatever
/// it turns out to have used: servers count refused and cheap requests as well.
#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct RequestsAndTokens<A> {
    pub(in crate::rate_limit) requests: A,
    pub(in crate::rate_limit) tokens: TokenBucket,
}

impl<A: Meter> Meter for RequestsAndTokens<A> {
    type State = (A::State, FullAt);

    /// Of requests there is always room for one.
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

    fn pass(&self, (requests, tokens): &mut Self::State, cost: u32, now: Moment) {
        self.requests.pass(requests, 1, now);
        self.tokens.pass(tokens, cost, now);
    }

    fn charge(&self, (_, tokens): &mut Self::State, cost: u32, now: Moment) {
        self.tokens.charge(tokens, cost, now);
    }

    fn refund(
        &self,
        (_, tokens): &mut Self::State,
        amount: u32,
        taken: Option<Moment>,
        now: Moment,
    ) {
        self.tokens.refund(tokens, amount, taken, now);
    }

    fn give_back(
        &self,
        (requests, tokens): &mut Self::State,
        cost: u32,
        taken: Option<Moment>,
        now: Moment,
    ) {
        self.requests.give_back(requests, 1, taken, now);
        self.tokens.give_back(tokens, cost, taken, now);
    }

    fn lower(
        &self,
        (requests, tokens): &mut Self::State,
        requests_left: Option<u32>,
        tokens_left: Option<u32>,
        now: Moment,
    ) {
        self.requests.lower(requests, requests_left, None, now);
        self.tokens.lower(tokens, tokens_left, None, now);
    }

    // Those who wait behind others are the provided `ready_behind`'s: while one waits for a request the
    // tokens may overflow, so that their sum alone does not tell when the last one passes.
    fn ready(&self, (requests, tokens): &Self::State, cost: u32, from: Moment) -> Moment {
        let request = self.requests.ready(requests, 1, from);
        self.tokens.ready(tokens, cost, from).max(request)
    }

    /// Without a request, no token can be had.
    fn tokens(&self, (requests, tokens): &Self::State, now: Moment) -> i64 {
        let left = self.tokens.tokens(tokens, now);
        if self.requests.tokens(requests, now) > 0 {
            left
        } else {
            left.min(0)
        }
    }

    fn rest_at(&self, (requests, tokens): &Self::State, now: Moment) -> Moment {
        let requests = self.requests.rest_at(requests, now);
        self.tokens.rest_at(tokens, now).max(requests)
    }

    fn at_rest(&self, (requests, tokens): &Self::State, now: Moment) -> bool {
        self.requests.at_rest(requests, now) && self.tokens.at_rest(tokens, now)
    }

    fn adopt(&self, old: &Self, (requests, tokens): &Self::State, now: Moment) -> Self::State {
        (
            adopt(&self.requests, &old.requests, requests, now),
            adopt(&self.tokens, &old.tokens, tokens, now),
        )
    }

    fn with_tokens(&self, tokens: i64, now: Moment) -> Self::State {
        (A::State::default(), self.tokens.with_tokens(tokens, now))
    }
}

impl<A: CarryOver> CarryOver for RequestsAndTokens<A> {
    fn left(&self, (requests, tokens): &Self::State, now: Moment) -> Left {
        Left {
            tokens: Some((self.tokens, *tokens)),
            ..self.requests.left(requests, now)
        }
    }

    fn go_on(&self, left: &Left, now: Moment) -> Self::State {
        let tokens = left
            .tokens
            .as_ref()
            .map(|(old, state)| adopt(&self.tokens, old, state, now));
        (self.requests.go_on(left, now), tokens.unwrap_or_default())
    }
}

/// One part under new parameters. Of the two, one may be at rest, and had everything then.
pub(in crate::rate_limit) fn adopt<M: Meter>(
    new: &M,
    old: &M,
    state: &M::State,
    now: Moment,
) -> M::State {
    if old.at_rest(state, now) {
        M::State::default()
    } else {
        new.adopt(old, state, now)
    }
}
