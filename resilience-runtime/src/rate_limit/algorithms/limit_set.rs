//! Several limits that a call takes from together: all of them, or none.

use super::any_meter::{AnyMeter, AnyState, Kept};
use super::limits::{Limits, Remaining, charge};
use super::meter::Meter as _;
use crate::clock::Moment;
use crate::config::LimitConfig;
use crate::limit_name::{LimitDimension, LimitName};
use crate::rate_limit::amount::Amount;

/// The counters of one key, one for each limit.
pub(in crate::rate_limit) trait Counters: Clone + Default {
    type Kept: Kept;

    /// `None`: it is idle.
    fn get(&self, index: usize) -> Option<&Self::Kept>;
    /// Of so many counters.
    fn all_mut(&mut self, len: usize) -> &mut [Self::Kept];
}

impl<S: Kept, const N: usize> Counters for [S; N]
where
    Self: Default,
{
    type Kept = S;

    #[inline]
    fn get(&self, index: usize) -> Option<&S> {
        self.as_slice().get(index)
    }

    #[inline]
    fn all_mut(&mut self, _: usize) -> &mut [S] {
        self
    }
}

/// As many as there are; a key that is idle has none.
impl<S: Kept> Counters for Vec<S> {
    type Kept = S;

    fn get(&self, index: usize) -> Option<&S> {
        self.as_slice().get(index)
    }

    fn all_mut(&mut self, len: usize) -> &mut [S] {
        if self.len() < len {
            self.resize_with(len, S::default);
        }
        self
    }
}

/// One limit of a set.
struct Limit<S> {
    name: LimitName,
    meter: AnyMeter<S>,
}

/// The limits, in the order of the configuration.
///
/// An [`Amount`] is one request and some tokens, unless the set limits requests alone. The request stays spent once a
/// call has passed, whatever the call used: servers count rejected and cheap requests as well.
pub(in crate::rate_limit) struct LimitSet<C: Counters> {
    limits: Box<[Limit<C::Kept>]>,
    counts_tokens: bool,
    /// Tokens are limited by their sorts alone, so that a number of tokens of no known sort says nothing.
    needs_sorts: bool,
}

impl<C: Counters> LimitSet<C> {
    pub(in crate::rate_limit) fn new(limits: &[LimitConfig]) -> Self {
        let has = |dimension| limits.iter().any(|it| it.name.dimension() == dimension);
        let counts_tokens = limits.iter().any(|it| it.name.dimension().is_tokens());
        let limit = |limit: &LimitConfig| Limit {
            name: limit.name,
            meter: AnyMeter::new(limit),
        };
        Self {
            limits: limits.iter().map(limit).collect(),
            counts_tokens,
            needs_sorts: counts_tokens && !has(LimitDimension::Tokens),
        }
    }

    /// What the amount takes of a limit. A sort of tokens that is not known takes nothing of its limit.
    #[inline]
    fn cost(&self, name: LimitName, amount: Amount) -> u32 {
        match name.dimension() {
            LimitDimension::Requests if self.counts_tokens => u32::from(!amount.is_nothing()),
            LimitDimension::Requests => amount.requests(),
            LimitDimension::Tokens => amount.tokens(),
            LimitDimension::InputTokens => amount.input().unwrap_or(0),
            LimitDimension::OutputTokens => amount.output().unwrap_or(0),
        }
    }

    /// What was reserved and used of a limit, where both are known. The request stays counted, so that nothing of it is
    /// corrected beside tokens.
    fn settled(&self, name: LimitName, reserved: Amount, used: Amount) -> (u32, u32) {
        let reserved_of = |known: u32| (known, known);
        match name.dimension() {
            LimitDimension::Requests if self.counts_tokens => (1, 1),
            LimitDimension::InputTokens if used.is_units() => {
                reserved_of(self.cost(name, reserved))
            }
            LimitDimension::OutputTokens if used.is_units() => {
                reserved_of(self.cost(name, reserved))
            }
            _ => (self.cost(name, reserved), self.cost(name, used)),
        }
    }

    /// What the amount takes of each limit, in the order of the configuration, and whether it waits for the debt of one of
    /// which it takes nothing.
    #[cfg(feature = "fleet")]
    #[inline]
    pub(super) fn costs(&self, amount: Amount) -> impl Iterator<Item = (u32, bool)> {
        let limits = self.limits.iter();
        limits.map(move |limit| {
            (
                self.cost(limit.name, amount),
                minds_debt(limit.name, amount),
            )
        })
    }

    /// What was reserved and used of each limit.
    #[cfg(feature = "fleet")]
    pub(super) fn settlements(
        &self,
        reserved: Amount,
        used: Amount,
    ) -> impl Iterator<Item = (u32, u32)> {
        let limits = self.limits.iter();
        limits.map(move |limit| self.settled(limit.name, reserved, used))
    }

    /// The limits of the unit in which costs are measured.
    #[cfg(feature = "fleet")]
    pub(super) fn of_unit_of_costs(&self) -> impl Iterator<Item = usize> {
        let limits = self.limits.iter().enumerate();
        limits.filter_map(|(index, limit)| self.of_unit(limit.name).then_some(index))
    }

    /// The limits of which a server says what remains.
    #[cfg(feature = "fleet")]
    pub(super) fn remaining(&self, remaining: Remaining) -> impl Iterator<Item = (usize, u32)> {
        let left = [
            (LimitDimension::Requests, remaining.requests),
            (LimitDimension::Tokens, self.tokens_left(remaining)),
            (LimitDimension::InputTokens, remaining.input_tokens),
            (LimitDimension::OutputTokens, remaining.output_tokens),
        ];
        let left = left.into_iter();
        left.filter_map(|(dimension, left)| Some((self.shortest(dimension)?, left?)))
    }

    /// The first limit that an amount can never pass, and else the first one that is short of it.
    #[cfg(feature = "fleet")]
    pub(super) fn short_where(
        &self,
        amount: Amount,
        is_short: impl Fn(usize, u32) -> bool,
    ) -> Option<LimitName> {
        if self.needs_sorts && amount.is_units() {
            let of_tokens = |it: &&Limit<_>| it.name.dimension().is_tokens();
            return self.limits.iter().find(of_tokens).map(|it| it.name);
        }
        let cost = |limit: &Limit<_>| self.cost(limit.name, amount);
        let too_small = |limit: &&Limit<_>| cost(limit) > limit.meter.capacity();
        let never = self.limits.iter().find(too_small);
        let mut limits = self.limits.iter().enumerate();
        let short = limits.find(|(index, limit)| is_short(*index, cost(limit)));
        never.or(short.map(|(_, limit)| limit)).map(|it| it.name)
    }

    /// What is used of each limit, in the order of the configuration.
    #[cfg(feature = "fleet")]
    pub(super) fn used<'a>(&'a self, state: &'a C, now: Moment) -> impl Iterator<Item = u32> + 'a {
        self.each(state).map(move |(limit, state)| {
            let left = limit.meter.tokens(state, now).max(0);
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            limit.meter.capacity().saturating_sub(left)
        })
    }

    /// Takes all that there is of each limit.
    #[cfg(feature = "fleet")]
    pub(super) fn empty(&self, state: &mut C, now: Moment) {
        for (limit, state) in self.each_mut(state) {
            limit.meter.force_take(state, limit.meter.capacity(), now);
        }
    }

    fn state_of(state: &C, index: usize) -> C::Kept {
        state.get(index).cloned().unwrap_or_default()
    }

    /// When what the amount takes of one limit is there.
    fn ready_of(
        &self,
        limit: &Limit<C::Kept>,
        kept: &C::Kept,
        amount: Amount,
        from: Moment,
    ) -> Moment {
        match self.cost(limit.name, amount) {
            0 if !minds_debt(limit.name, amount) => from,
            cost => limit.meter.ready(kept, cost, from),
        }
    }

    /// Each limit with its state.
    fn each<'a>(&'a self, state: &'a C) -> impl Iterator<Item = (&'a Limit<C::Kept>, &'a C::Kept)> {
        let limits = self.limits.iter().enumerate();
        limits.filter_map(|(index, limit)| Some((limit, state.get(index)?)))
    }

    fn each_mut<'a>(
        &'a self,
        state: &'a mut C,
    ) -> impl Iterator<Item = (&'a Limit<C::Kept>, &'a mut C::Kept)> {
        let states = state.all_mut(self.limits.len());
        self.limits.iter().zip(states)
    }

    /// Gives back what was taken at this moment of the first limits.
    #[cold]
    fn undo(&self, state: &mut C, first: usize, amount: Amount, now: Moment) {
        for (limit, state) in self.each_mut(state).take(first) {
            let cost = self.cost(limit.name, amount);
            if cost > 0 {
                limit.meter.credit(state, cost, Some(now), now);
            }
        }
    }

    /// The limits of the unit in which costs are measured.
    fn of_unit(&self, name: LimitName) -> bool {
        name.dimension().is_tokens() == self.counts_tokens
    }

    /// What is left of tokens. Where their sorts are not limited, the scarcer one holds for all of them.
    fn tokens_left(&self, remaining: Remaining) -> Option<u32> {
        let sorts = [
            (LimitDimension::InputTokens, remaining.input_tokens),
            (LimitDimension::OutputTokens, remaining.output_tokens),
        ];
        let unlimited = sorts.into_iter();
        let unlimited = unlimited.filter(|(sort, _)| self.shortest(*sort).is_none());
        let scarcest = unlimited.filter_map(|(_, left)| left).min();
        [remaining.tokens, scarcest].into_iter().flatten().min()
    }

    /// The limit of that dimension with the shortest period, which a server's numbers are about.
    fn shortest(&self, dimension: LimitDimension) -> Option<usize> {
        self.limits
            .iter()
            .position(|limit| limit.name.dimension() == dimension)
    }
}

/// Whether a call that takes nothing of a limit waits until its debt is paid: it did not estimate these tokens, and will use
/// some.
fn minds_debt(name: LimitName, amount: Amount) -> bool {
    name.dimension().is_tokens() && !amount.is_nothing()
}

impl<C: Counters> Limits for LimitSet<C> {
    type State = C;

    fn capacity(&self) -> u32 {
        let of_unit = self.limits.iter().filter(|it| self.of_unit(it.name));
        of_unit
            .map(|it| it.meter.capacity())
            .min()
            .unwrap_or(u32::MAX)
    }

    #[inline]
    fn fits(&self, amount: Amount) -> bool {
        let fits = |limit: &Limit<_>| self.cost(limit.name, amount) <= limit.meter.capacity();
        let is_known = !self.needs_sorts || !amount.is_units() || amount.is_nothing();
        is_known && self.limits.iter().all(fits)
    }

    #[inline]
    fn try_take(&self, state: &mut C, amount: Amount, now: Moment) -> bool {
        let states = state.all_mut(self.limits.len());
        for (index, (limit, kept)) in self.limits.iter().zip(states).enumerate() {
            let cost = self.cost(limit.name, amount);
            let passes = match cost {
                0 => !minds_debt(limit.name, amount) || limit.meter.ready(kept, 0, now) <= now,
                _ => limit.meter.try_take(kept, cost, now),
            };
            if !passes {
                self.undo(state, index, amount, now);
                return false;
            }
        }
        true
    }

    fn force_take(&self, state: &mut C, amount: Amount, now: Moment) {
        for (limit, state) in self.each_mut(state) {
            let cost = self.cost(limit.name, amount);
            if cost > 0 {
                limit.meter.force_take(state, cost, now);
            }
        }
    }

    fn charge(&self, state: &mut C, reserved: Amount, used: Amount, now: Moment) -> u64 {
        let mut forgiven: u64 = 0;
        for (limit, state) in self.each_mut(state) {
            let (reserved, used) = self.settled(limit.name, reserved, used);
            let more = charge(&limit.meter, state, reserved, used, now);
            forgiven = forgiven.max(more);
        }
        forgiven
    }

    fn credit(
        &self,
        state: &mut C,
        reserved: Amount,
        used: Amount,
        taken: Option<Moment>,
        now: Moment,
    ) {
        for (limit, state) in self.each_mut(state) {
            let (reserved, used) = self.settled(limit.name, reserved, used);
            if used < reserved {
                limit.meter.credit(state, reserved - used, taken, now);
            }
        }
    }

    fn differs(&self, reserved: Amount, used: Amount) -> (bool, bool) {
        let settled = || {
            let limits = self.limits.iter();
            limits.map(|limit| self.settled(limit.name, reserved, used))
        };
        (
            settled().any(|(reserved, used)| used > reserved),
            settled().any(|(reserved, used)| used < reserved),
        )
    }

    fn refund(&self, state: &mut C, amount: Amount, taken: Option<Moment>, now: Moment) {
        for (limit, state) in self.each_mut(state) {
            let cost = self.cost(limit.name, amount);
            if cost > 0 {
                limit.meter.credit(state, cost, taken, now);
            }
        }
    }

    fn cap_remaining(&self, state: &mut C, remaining: Remaining, now: Moment) {
        let states = state.all_mut(self.limits.len());
        for (dimension, left) in [
            (LimitDimension::Requests, remaining.requests),
            (LimitDimension::Tokens, self.tokens_left(remaining)),
            (LimitDimension::InputTokens, remaining.input_tokens),
            (LimitDimension::OutputTokens, remaining.output_tokens),
        ] {
            if let Some(index) = self.shortest(dimension) {
                let meter = &self.limits[index].meter;
                meter.cap_remaining(&mut states[index], left, now);
            }
        }
    }

    // `ready_behind` is the provided one: while a call waits for one limit another may overflow, so that the sum of the
    // costs alone does not determine when the last call passes.
    fn ready(&self, state: &C, amount: Amount, from: Moment) -> Moment {
        let each = self.each(state);
        each.map(|(limit, kept)| self.ready_of(limit, kept, amount, from))
            .fold(from, Moment::max)
    }

    /// Without a request, no token is available.
    fn tokens(&self, state: &C, now: Moment) -> i64 {
        let mut least = i64::from(self.capacity());
        for (limit, state) in self.each(state) {
            let left = limit.meter.tokens(state, now);
            if self.of_unit(limit.name) {
                least = least.min(left);
            } else if left <= 0 {
                least = least.min(0);
            }
        }
        least
    }

    fn reset_at(&self, state: &C, now: Moment) -> Moment {
        let resets = self
            .each(state)
            .map(|(limit, state)| limit.meter.reset_at(state, now));
        resets.fold(now, Moment::max)
    }

    fn is_idle(&self, state: &C, now: Moment) -> bool {
        self.each(state)
            .all(|(limit, state)| limit.meter.is_idle(state, now))
    }

    fn short(&self, state: &C, amount: Amount, now: Moment) -> Option<LimitName> {
        if self.needs_sorts && amount.is_units() {
            let of_tokens = |it: &&Limit<_>| it.name.dimension().is_tokens();
            return self.limits.iter().find(of_tokens).map(|it| it.name);
        }
        let cost = |limit: &Limit<_>| self.cost(limit.name, amount);
        let too_small = |limit: &&Limit<_>| cost(limit) > limit.meter.capacity();
        if let Some(limit) = self.limits.iter().find(too_small) {
            return Some(limit.name);
        }
        let each = self.each(state);
        let waits = each.map(|(limit, kept)| (self.ready_of(limit, kept, amount, now), limit.name));
        // The first of those that wait equally long.
        let longest = waits.reduce(|a, b| if b.0 > a.0 { b } else { a });
        longest.map(|(_, name)| name)
    }

    fn parts(&self, state: &C) -> Vec<AnyState> {
        let parts = self.limits.iter().enumerate();
        let kept = parts.map(|(index, limit)| Self::state_of(state, index).as_any(&limit.meter));
        kept.collect()
    }

    fn of_parts(&self, parts: Vec<AnyState>) -> C {
        let mut state = C::default();
        for (kept, part) in state.all_mut(self.limits.len()).iter_mut().zip(parts) {
            *kept = C::Kept::of_any(part);
        }
        state
    }
}
