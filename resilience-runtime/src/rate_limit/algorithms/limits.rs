//! What the keys of a limiter are counted by: one limit of requests, or a [set](super::limit_set) of limits.

use super::any_meter::{AnyState, Kept as _};
use super::fixed_window::{FixedWindow, Window};
use super::meter::{Meter, Unlimited};
use super::sliding_window::{Admitted, SlidingWindow};
use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;
use crate::limit_name::LimitName;
use crate::rate_limit::amount::Amount;

/// What a server says remains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remaining {
    pub(crate) requests: Option<u32>,
    pub(crate) tokens: Option<u32>,
    pub(crate) input_tokens: Option<u32>,
    pub(crate) output_tokens: Option<u32>,
}

/// All that is limited for one key. What it counts is its [`State`](Self::State).
///
/// Preconditions: times never go backwards, and an amount [fits](Self::fits) where the result is the moment at which
/// it can pass.
pub(in crate::rate_limit) trait Limits: Sized {
    /// The counters of one key. The default is an idle key: all of its limits are available.
    type State: Clone + Default;

    /// Whether there is anything to count, i.e. whether a call that passes needs a state.
    const COUNTS: bool = true;

    /// Whether [`ready_behind`](Self::ready_behind) needs the sum of the requests alone.
    const SUM_SUFFICES: bool = false;

    /// Returns the greatest amount that can ever pass: tokens where these are limited, else requests.
    fn capacity(&self) -> u32;

    /// Whether the amount can ever pass.
    fn fits(&self, amount: Amount) -> bool;

    /// Takes the amount for a call that passes now, if all of it is there.
    fn try_take(&self, state: &mut Self::State, amount: Amount, now: Moment) -> bool;

    /// Takes the amount for a call that passes now, into a debt if it is not there.
    fn force_take(&self, state: &mut Self::State, amount: Amount, now: Moment);

    /// Takes what a call used beyond what it had reserved, into a debt if it is not there. Returns how much of that is
    /// forgiven.
    fn charge(&self, state: &mut Self::State, reserved: Amount, used: Amount, now: Moment) -> u64;

    /// Gives back what a call reserved at `taken` and did not use; `None`: not known when.
    fn credit(
        &self,
        state: &mut Self::State,
        reserved: Amount,
        used: Amount,
        taken: Option<Moment>,
        now: Moment,
    );

    /// Whether a call that used so much has something to be [charged](Self::charge), and to be
    /// [credited](Self::credit).
    fn differs(&self, reserved: Amount, used: Amount) -> (bool, bool);

    /// Undoes the taking of a call that did not pass after all.
    fn refund(&self, state: &mut Self::State, amount: Amount, taken: Option<Moment>, now: Moment);

    /// Lowers what remains to the given numbers, where these are less.
    fn cap_remaining(&self, state: &mut Self::State, remaining: Remaining, now: Moment);

    /// Returns the first moment from `from` on at which the amount is there, if nothing else happens.
    fn ready(&self, state: &Self::State, amount: Amount, from: Moment) -> Moment;

    /// As [`ready`](Self::ready), behind calls of these amounts, which take theirs as soon as they can, in this
    /// order. `_total` is the sum of their requests.
    fn ready_behind(
        &self,
        state: &Self::State,
        ahead: impl Iterator<Item = Amount>,
        _total: u64,
        amount: Amount,
        from: Moment,
    ) -> Moment {
        let mut state = state.clone();
        let mut from = from;
        for amount in ahead.filter(|amount| !amount.is_nothing()) {
            from = self.ready(&state, amount, from);
            self.force_take(&mut state, amount, from);
        }
        self.ready(&state, amount, from)
    }

    /// Returns what is there now, in the unit of the capacity; below zero is a debt.
    fn tokens(&self, state: &Self::State, now: Moment) -> i64;

    /// Returns when all of it will be available again; `now` if it is.
    fn reset_at(&self, state: &Self::State, now: Moment) -> Moment;

    /// Whether all of it is available, so that the state can be dropped.
    fn is_idle(&self, state: &Self::State, now: Moment) -> bool;

    /// Returns the limit that the amount waits for longest, or that it can never pass. `None`: there is one limit alone.
    fn short(&self, state: &Self::State, amount: Amount, now: Moment) -> Option<LimitName>;

    /// Returns what is counted for each limit, in the order of the configuration.
    fn parts(&self, state: &Self::State) -> Vec<AnyState>;

    /// Makes a state of what is counted for each limit, in the order of the configuration.
    fn of_parts(&self, parts: Vec<AnyState>) -> Self::State;
}

/// A meter whose state can be kept for another one.
pub(in crate::rate_limit) trait Alone: Meter {
    fn part(state: &Self::State) -> AnyState;
    fn of_part(part: AnyState) -> Self::State;
}

impl Alone for Unlimited {
    fn part((): &()) -> AnyState {
        AnyState::Idle
    }

    fn of_part(_: AnyState) {}
}

impl Alone for TokenBucket {
    fn part(state: &FullAt) -> AnyState {
        AnyState::Bucket(*state)
    }

    fn of_part(part: AnyState) -> FullAt {
        part.bucket()
    }
}

impl Alone for SlidingWindow {
    fn part(state: &Admitted) -> AnyState {
        AnyState::Log(state.clone())
    }

    fn of_part(mut part: AnyState) -> Admitted {
        part.log_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Alone for FixedWindow {
    fn part(state: &Window) -> AnyState {
        AnyState::Window(*state)
    }

    fn of_part(part: AnyState) -> Window {
        part.window()
    }
}

/// One limit of requests.
impl<M: Alone> Limits for M {
    type State = M::State;

    const COUNTS: bool = M::COUNTS;

    const SUM_SUFFICES: bool = M::SUM_SUFFICES;

    fn capacity(&self) -> u32 {
        Meter::capacity(self)
    }

    #[inline]
    fn fits(&self, amount: Amount) -> bool {
        amount.requests() <= Meter::capacity(self)
    }

    #[inline]
    fn try_take(&self, state: &mut M::State, amount: Amount, now: Moment) -> bool {
        Meter::try_take(self, state, amount.requests(), now)
    }

    fn force_take(&self, state: &mut M::State, amount: Amount, now: Moment) {
        Meter::force_take(self, state, amount.requests(), now);
    }

    fn charge(&self, state: &mut M::State, reserved: Amount, used: Amount, now: Moment) -> u64 {
        let (reserved, used) = (reserved.requests(), used.requests());
        charge(self, state, reserved, used, now)
    }

    fn credit(
        &self,
        state: &mut M::State,
        reserved: Amount,
        used: Amount,
        taken: Option<Moment>,
        now: Moment,
    ) {
        let back = reserved.requests().saturating_sub(used.requests());
        Meter::credit(self, state, back, taken, now);
    }

    fn differs(&self, reserved: Amount, used: Amount) -> (bool, bool) {
        let (reserved, used) = (reserved.requests(), used.requests());
        (used > reserved, used < reserved)
    }

    fn refund(&self, state: &mut M::State, amount: Amount, taken: Option<Moment>, now: Moment) {
        Meter::credit(self, state, amount.requests(), taken, now);
    }

    fn cap_remaining(&self, state: &mut M::State, remaining: Remaining, now: Moment) {
        Meter::cap_remaining(self, state, remaining.requests, now);
    }

    fn ready(&self, state: &M::State, amount: Amount, from: Moment) -> Moment {
        Meter::ready(self, state, amount.requests(), from)
    }

    fn ready_behind(
        &self,
        state: &M::State,
        ahead: impl Iterator<Item = Amount>,
        total: u64,
        amount: Amount,
        from: Moment,
    ) -> Moment {
        let ahead = ahead.map(Amount::requests);
        Meter::ready_behind(self, state, ahead, total, amount.requests(), from)
    }

    fn tokens(&self, state: &M::State, now: Moment) -> i64 {
        Meter::tokens(self, state, now)
    }

    fn reset_at(&self, state: &M::State, now: Moment) -> Moment {
        Meter::reset_at(self, state, now)
    }

    fn is_idle(&self, state: &M::State, now: Moment) -> bool {
        Meter::is_idle(self, state, now)
    }

    fn short(&self, _: &M::State, _: Amount, _: Moment) -> Option<LimitName> {
        None
    }

    fn parts(&self, state: &M::State) -> Vec<AnyState> {
        // No limit has no part.
        if M::COUNTS {
            vec![M::part(state)]
        } else {
            Vec::new()
        }
    }

    fn of_parts(&self, parts: Vec<AnyState>) -> M::State {
        parts.into_iter().next().map(M::of_part).unwrap_or_default()
    }
}

/// Takes what was used beyond what was reserved of one limit. Returns how much of that is forgiven.
pub(super) fn charge<M: Meter>(
    meter: &M,
    state: &mut M::State,
    reserved: u32,
    used: u32,
    now: Moment,
) -> u64 {
    if used <= reserved {
        return 0;
    }
    meter.charge(state, used - reserved, now);
    meter.forgive(state, reserved, now)
}
