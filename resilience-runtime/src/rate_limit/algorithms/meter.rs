//! What the strategies have in common: a plain function from a state, a cost and a time to the next state.
//!
//! A call takes its cost by [`try_take`](Meter::try_take) or [`force_take`](Meter::force_take). It is corrected later by
//! [`charge`](Meter::charge), and by [`credit`](Meter::credit) in the other direction.

use crate::clock::Moment;

/// The parameters of one strategy. What it counts for one key is its [`State`](Self::State).
///
/// Preconditions: times never go backwards. Costs are at least 1, and at most the capacity where the result is
/// the moment at which they can pass.
pub(in crate::rate_limit) trait Meter: Sized {
    /// The counters of one key. The default is an idle key: its whole limit is available.
    type State: Clone + Default;

    /// Whether there is anything to count, i.e. whether a call that passes needs a state.
    const COUNTS: bool = true;

    /// Whether [`ready_behind`](Self::ready_behind) needs the sum of the costs alone.
    const SUM_SUFFICES: bool = false;

    /// Returns the greatest cost that can ever pass.
    fn capacity(&self) -> u32;

    /// Takes `cost` for a call that passes now, if it is there.
    fn try_take(&self, state: &mut Self::State, cost: u32, now: Moment) -> bool;

    /// Takes `cost` for a call that passes now, into a debt if it is not there.
    fn force_take(&self, state: &mut Self::State, cost: u32, now: Moment) {
        self.charge(state, cost, now);
    }

    /// Takes what a call that passed earlier used beyond its cost, into a debt if it is not there.
    fn charge(&self, state: &mut Self::State, cost: u32, now: Moment);

    /// Forgives the debt for which a call of this cost would wait for more than one period. Returns how much it was.
    /// Windows have none: what they count is gone after one period.
    fn forgive(&self, _: &mut Self::State, _cost: u32, _now: Moment) -> u64 {
        0
    }

    /// Gives back `amount` of what a call took at `taken` and did not use; `None`: not known when.
    fn credit(&self, state: &mut Self::State, amount: u32, taken: Option<Moment>, now: Moment);

    /// Lowers what remains to the given number, where it is less.
    fn cap_remaining(&self, state: &mut Self::State, left: Option<u32>, now: Moment) {
        if let Some(left) = left
            && let Ok(above) = u32::try_from(self.tokens(state, now) - i64::from(left))
            && above > 0
        {
            self.charge(state, above, now);
        }
    }

    /// Returns the first moment from `from` on at which `cost` is there, if nothing else happens.
    fn ready(&self, state: &Self::State, cost: u32, from: Moment) -> Moment;

    /// As [`ready`](Self::ready), behind calls of these costs, which take theirs as soon as they can, in this
    /// order. `_total` is their sum.
    fn ready_behind(
        &self,
        state: &Self::State,
        ahead: impl Iterator<Item = u32>,
        _total: u64,
        cost: u32,
        from: Moment,
    ) -> Moment {
        let mut state = state.clone();
        let mut from = from;
        for cost in ahead.filter(|&cost| cost > 0) {
            from = self.ready(&state, cost, from);
            self.force_take(&mut state, cost, from);
        }
        self.ready(&state, cost, from)
    }

    /// Returns the whole tokens that are there now; below zero is a debt.
    fn tokens(&self, state: &Self::State, now: Moment) -> i64;

    /// Returns when the whole limit will be available again; `now` if it is.
    fn reset_at(&self, state: &Self::State, now: Moment) -> Moment;

    /// Whether the whole limit is available, so that the state can be dropped.
    fn is_idle(&self, state: &Self::State, now: Moment) -> bool;

    /// Converts the state of a key that was counted by the same strategy with `old` parameters.
    fn migrate(&self, old: &Self, state: &Self::State, now: Moment) -> Self::State;

    /// Makes the state of a key that has so many tokens, as if the missing ones had been taken now.
    fn with_tokens(&self, tokens: i64, now: Moment) -> Self::State;
}

/// No limit: there are cooldowns alone.
pub(in crate::rate_limit) struct Unlimited;

impl Meter for Unlimited {
    type State = ();

    const COUNTS: bool = false;

    const SUM_SUFFICES: bool = true;

    fn capacity(&self) -> u32 {
        u32::MAX
    }

    fn try_take(&self, (): &mut (), _: u32, _: Moment) -> bool {
        true
    }

    fn charge(&self, (): &mut (), _: u32, _: Moment) {}

    fn credit(&self, (): &mut (), _: u32, _: Option<Moment>, _: Moment) {}

    fn ready(&self, (): &(), _: u32, from: Moment) -> Moment {
        from
    }

    fn ready_behind(
        &self,
        (): &(),
        _: impl Iterator<Item = u32>,
        _: u64,
        _: u32,
        from: Moment,
    ) -> Moment {
        from
    }

    fn tokens(&self, (): &(), _: Moment) -> i64 {
        i64::from(u32::MAX)
    }

    fn reset_at(&self, (): &(), now: Moment) -> Moment {
        now
    }

    fn is_idle(&self, (): &(), _: Moment) -> bool {
        true
    }

    fn migrate(&self, _: &Self, (): &(), _: Moment) {}

    fn with_tokens(&self, _: i64, _: Moment) {}
}
