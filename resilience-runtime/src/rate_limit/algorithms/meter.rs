//! What the strategies have in common: a plain function from a state, a cost and a time to the next
//! state.

use crate::clock::Moment;

/// A way of counting: the parameters of one strategy. What it counts for one key is its
/// [`State`](Self::State).
///
/// Times handed in never go backwards. Costs are at least 1, and at most the capacity wherever it is
/// asked when they can pass.
pub(in crate::rate_limit) trait Meter: Sized {
    /// The counters of one key. The default is a key at rest: everything is available.
    type State: Clone + Default;

    /// Whether there is anything to count, i.e. whether a passing call needs a state.
    const COUNTS: bool = true;

    /// The greatest cost that can ever pass.
    fn capacity(&self) -> u32;

    /// Takes `cost` if it is there.
    fn try_take(&self, state: &mut Self::State, cost: u32, now: Moment) -> bool;

    /// Takes `cost` for one that passes now, whether it is there or not.
    fn pass(&self, state: &mut Self::State, cost: u32, now: Moment) {
        self.charge(state, cost, now);
    }

    /// Takes what one that passed earlier used beyond its cost; what is missing is a debt.
    fn charge(&self, state: &mut Self::State, cost: u32, now: Moment);

    /// Gives back `amount` that one took at `taken` and did not use; `None`: nobody remembers when.
    fn refund(&self, state: &mut Self::State, amount: u32, taken: Option<Moment>, now: Moment);

    /// Undoes the taking of one that did not pass after all.
    fn give_back(&self, state: &mut Self::State, cost: u32, taken: Option<Moment>, now: Moment) {
        self.refund(state, cost, taken, now);
    }

    /// Believes who knows better how much is left, where that is less.
    fn lower(
        &self,
        state: &mut Self::State,
        requests: Option<u32>,
        _tokens: Option<u32>,
        now: Moment,
    ) {
        if let Some(left) = requests
            && let Ok(above) = u32::try_from(self.tokens(state, now) - i64::from(left))
            && above > 0
        {
            self.charge(state, above, now);
        }
    }

    /// The first moment from `from` on at which `cost` is there, if nothing else happens.
    fn ready(&self, state: &Self::State, cost: u32, from: Moment) -> Moment;

    /// The same, behind others, of this `total`, who take theirs as soon as they can, in this order.
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
            self.pass(&mut state, cost, from);
        }
        self.ready(&state, cost, from)
    }

    /// Whole tokens there now; below zero is a debt.
    fn tokens(&self, state: &Self::State, now: Moment) -> i64;

    /// When everything will be available again; `now` if it is.
    fn rest_at(&self, state: &Self::State, now: Moment) -> Moment;

    /// Whether the state may be forgotten.
    fn at_rest(&self, state: &Self::State, now: Moment) -> bool;

    /// The state under these parameters of a key that was counted under `old` ones of the same strategy.
    fn adopt(&self, old: &Self, state: &Self::State, now: Moment) -> Self::State;

    /// The state of a key that has so many tokens, as if the missing ones had been taken now.
    fn with_tokens(&self, tokens: i64, now: Moment) -> Self::State;
}

/// No limit at all: what is left is the cooldowns.
pub(in crate::rate_limit) struct Unlimited;

impl Meter for Unlimited {
    type State = ();

    const COUNTS: bool = false;

    fn capacity(&self) -> u32 {
        u32::MAX
    }

    fn try_take(&self, (): &mut (), _: u32, _: Moment) -> bool {
        true
    }

    fn charge(&self, (): &mut (), _: u32, _: Moment) {}

    fn refund(&self, (): &mut (), _: u32, _: Option<Moment>, _: Moment) {}

    fn ready(&self, (): &(), _: u32, from: Moment) -> Moment {
        from
    }

    fn tokens(&self, (): &(), _: Moment) -> i64 {
        i64::from(u32::MAX)
    }

    fn rest_at(&self, (): &(), now: Moment) -> Moment {
        now
    }

    fn at_rest(&self, (): &(), _: Moment) -> bool {
        true
    }

    fn adopt(&self, _: &Self, (): &(), _: Moment) {}

    fn with_tokens(&self, _: i64, _: Moment) {}
}
