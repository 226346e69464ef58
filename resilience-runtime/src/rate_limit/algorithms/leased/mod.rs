//! Limits that a fleet shares: a call takes of what the store has handed to this process.

mod account;
mod demand;
mod lease;

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

pub(in crate::rate_limit) use account::{Account, Ask};
pub(in crate::rate_limit) use lease::Flight;

use super::any_meter::AnyState;
use super::limit_set::LimitSet;
use super::limits::{Limits, Remaining};
use crate::clock::Moment;
use crate::config::LimitConfig;
use crate::fleet::{Grant, SharedLimit};
use crate::limit_name::LimitName;
use crate::rate_limit::amount::Amount;

/// How soon a call is to come back that finds nothing, while the store is asked.
const SOON: Duration = Duration::from_millis(5);

/// What holds while the store does not answer.
pub(in crate::rate_limit) enum Alone {
    /// It answers.
    No,
    /// Nothing passes; the store is asked again then.
    Closed { until: Moment },
    /// These limits, which begin without anything or with all.
    Limits {
        set: LimitSet<Vec<AnyState>>,
        starts_empty: bool,
    },
}

/// The limits of a service or of its keys, shared by a fleet.
pub(in crate::rate_limit) struct LeasedSet {
    set: LimitSet<Vec<AnyState>>,
    limits: Arc<[SharedLimit]>,
    life: Duration,
    /// More is to be asked for.
    due: Cell<bool>,
    alone: Alone,
    /// What held while the store did not answer last. What was used of that is charged when it is back.
    last: Option<LimitSet<Vec<AnyState>>>,
}

impl LeasedSet {
    pub(in crate::rate_limit) fn new(limits: &[LimitConfig]) -> Self {
        let shared = limits
            .iter()
            .map(|it| SharedLimit::new(it.limit, it.period, it.burst, it.strategy));
        // A twentieth of the shortest period.
        let shortest = limits.iter().map(|it| it.period).min().unwrap_or_default();
        let life = (shortest / 20).clamp(Duration::from_millis(50), Duration::from_secs(1));
        Self {
            set: LimitSet::new(limits),
            limits: shared.collect(),
            life,
            due: Cell::new(false),
            alone: Alone::No,
            last: None,
        }
    }

    pub(in crate::rate_limit) fn limits(&self) -> &Arc<[SharedLimit]> {
        &self.limits
    }

    pub(in crate::rate_limit) fn life(&self) -> Duration {
        self.life
    }

    /// Whether more is to be asked for, since the last time that somebody asked.
    pub(in crate::rate_limit) fn take_due(&self) -> bool {
        self.due.take()
    }

    /// The store has to be told something.
    pub(in crate::rate_limit) fn set_due(&self) {
        self.due.set(true);
    }

    /// Whether it goes on without the store.
    pub(in crate::rate_limit) fn is_alone(&self) -> bool {
        !matches!(self.alone, Alone::No)
    }

    pub(in crate::rate_limit) fn set_alone(&mut self, alone: Alone) {
        let before = std::mem::replace(&mut self.alone, alone);
        if let Alone::Limits { set, .. } = before {
            self.last = Some(set);
        }
    }

    fn account<'a>(&self, state: &'a mut Leased, now: Moment) -> &'a mut Account {
        let limits = self.limits.len();
        state
            .0
            .get_or_insert_with(|| Box::new(Account::new(limits, now)))
    }

    /// Begins a request for a key, before whose limits calls of these amounts wait.
    pub(in crate::rate_limit) fn ask(
        &self,
        state: &mut Leased,
        queued: impl Iterator<Item = Amount>,
        cooldown_until: Moment,
        now: Moment,
    ) -> Option<Ask> {
        if let Alone::Closed { until } = self.alone
            && now < until
        {
            return None;
        }
        let mut first = Vec::new();
        let mut all = vec![0_u64; self.limits.len()];
        for amount in queued {
            let costs: Vec<u32> = self.set.costs(amount).map(|(cost, _)| cost).collect();
            for (all, cost) in all.iter_mut().zip(&costs) {
                *all += u64::from(*cost);
            }
            if first.is_empty() {
                first = costs;
            }
        }
        let account = self.account(state, now);
        self.end_alone(account, now);
        account.ask((first, all), cooldown_until, self.life, now)
    }

    /// The store has answered, or not.
    pub(in crate::rate_limit) fn answered(
        &self,
        state: &mut Leased,
        (ask, grant): (&Ask, Option<&Grant>),
        flight: Flight,
    ) {
        let account = self.account(state, flight.received);
        match grant {
            Some(grant) => account.answered(ask, grant, flight),
            None => account.unanswered(),
        }
    }

    /// Whether the store is asked now, or can be.
    pub(in crate::rate_limit) fn is_awaited(&self, state: &mut Leased, now: Moment) -> bool {
        let account = self.account(state, now);
        let is_asked = match &self.alone {
            Alone::No => true,
            Alone::Closed { until } => now >= *until,
            Alone::Limits { .. } => false,
        };
        is_asked && account.is_awaited(now)
    }

    #[inline]
    fn is_here(&self, account: &Account, amount: Amount, now: Moment) -> bool {
        let mut costs = self.set.costs(amount).enumerate();
        costs.all(|(index, (cost, minds_debt))| match cost {
            0 => !minds_debt || !account.is_in_debt(index),
            cost => account.left(index, now) >= u64::from(cost),
        })
    }

    #[inline]
    fn take_here(&self, account: &mut Account, amount: Amount, now: Moment) {
        for (index, (cost, _)) in self.set.costs(amount).enumerate() {
            account.take(index, cost, now);
            account.demand.spend(index, cost);
        }
    }

    /// Takes of what this process has to itself while the store is away. The store is told when it is back.
    #[cold]
    fn take_alone(&self, account: &mut Account, amount: Amount, now: Moment) -> bool {
        let Alone::Limits { set, .. } = &self.alone else {
            return false;
        };
        self.begin_alone(account, now);
        let state = account.alone.get_or_insert_default();
        set.try_take(state, amount, now)
    }

    /// The store is back: it is told what was used without it.
    fn end_alone(&self, account: &mut Account, now: Moment) {
        if !matches!(self.alone, Alone::Limits { .. })
            && let Some(state) = account.alone.take()
            && let Some(set) = &self.last
        {
            for (index, used) in set.used(&state, now).enumerate() {
                account.owe(index, i64::from(used));
            }
        }
    }

    fn begin_alone(&self, account: &mut Account, now: Moment) {
        if let Alone::Limits { set, starts_empty } = &self.alone
            && account.alone.is_none()
        {
            let mut state = Vec::new();
            if *starts_empty {
                set.empty(&mut state, now);
            }
            account.alone = Some(state);
        }
    }

    /// Somebody found nothing, and waits for what the store is asked for; `again`: what was asked for before was not enough.
    #[cold]
    pub(in crate::rate_limit) fn miss(
        &self,
        state: &mut Leased,
        amount: Amount,
        again: bool,
        now: Moment,
    ) {
        let account = self.account(state, now);
        // What is on its way may be enough.
        let is_asked_for = again && account.is_asking();
        if !is_asked_for && !self.is_here(account, amount, now) {
            let costs = self.set.costs(amount);
            account.miss(costs.map(|(cost, _)| cost));
            self.due.set(true);
        }
    }
}

/// What is here of shared limits for one key.
#[derive(Clone, Debug, Default)]
pub(in crate::rate_limit) struct Leased(Option<Box<Account>>);

impl Leased {
    /// Whether a request is on its way.
    pub(in crate::rate_limit) fn is_asking(&self) -> bool {
        self.0.as_deref().is_some_and(Account::is_asking)
    }
}

impl Limits for LeasedSet {
    type State = Leased;

    fn capacity(&self) -> u32 {
        self.set.capacity()
    }

    fn fits(&self, amount: Amount) -> bool {
        self.set.fits(amount)
    }

    #[inline]
    fn try_take(&self, state: &mut Leased, amount: Amount, now: Moment) -> bool {
        let account = self.account(state, now);
        if self.is_here(account, amount, now) {
            self.take_here(account, amount, now);
            if account.is_low(now) {
                self.due.set(true);
            }
            return true;
        }
        if self.take_alone(account, amount, now) {
            self.due.set(true);
            return true;
        }
        // Who can be helped waits for an answer, and is counted then.
        if account.is_refused(now) {
            let costs = self.set.costs(amount);
            account.demand.turn_away(costs.map(|(cost, _)| cost));
        }
        false
    }

    fn force_take(&self, state: &mut Leased, amount: Amount, now: Moment) {
        let account = self.account(state, now);
        if !self.is_here(account, amount, now) && self.take_alone(account, amount, now) {
            return;
        }
        self.take_here(account, amount, now);
    }

    fn charge(&self, state: &mut Leased, reserved: Amount, used: Amount, now: Moment) -> u64 {
        let account = self.account(state, now);
        for (index, (reserved, used)) in self.set.settlements(reserved, used).enumerate() {
            account.take(index, used.saturating_sub(reserved), now);
        }
        0
    }

    fn credit(
        &self,
        state: &mut Leased,
        reserved: Amount,
        used: Amount,
        taken: Option<Moment>,
        now: Moment,
    ) {
        let account = self.account(state, now);
        for (index, (reserved, used)) in self.set.settlements(reserved, used).enumerate() {
            if used < reserved {
                account.give_back(index, reserved - used, taken, now);
            }
        }
    }

    fn differs(&self, reserved: Amount, used: Amount) -> (bool, bool) {
        self.set.differs(reserved, used)
    }

    fn refund(&self, state: &mut Leased, amount: Amount, taken: Option<Moment>, now: Moment) {
        let account = self.account(state, now);
        for (index, (cost, _)) in self.set.costs(amount).enumerate() {
            if cost > 0 {
                account.give_back(index, cost, taken, now);
            }
        }
    }

    fn cap_remaining(&self, state: &mut Leased, remaining: Remaining, now: Moment) {
        let account = self.account(state, now);
        for (index, most) in self.set.remaining(remaining) {
            account.cap(index, most);
        }
    }

    fn ready(&self, state: &Leased, amount: Amount, from: Moment) -> Moment {
        let Some(account) = state.0.as_deref() else {
            self.due.set(true);
            return from.after(SOON);
        };
        if self.is_here(account, amount, from) {
            return from;
        }
        match &self.alone {
            Alone::No => {}
            Alone::Closed { until } if from < *until => return *until,
            // The store is asked again.
            Alone::Closed { .. } => {}
            Alone::Limits { set, .. } => {
                let alone = account.alone.as_ref();
                return alone.map_or(from, |state| set.ready(state, amount, from));
            }
        }
        if let Some(start) = account.starts_at(from)
            && self.is_here(account, amount, start)
        {
            return start;
        }
        if account.refused_until() > from {
            return account.refused_until();
        }
        self.due.set(true);
        from.after(SOON)
    }

    fn tokens(&self, state: &Leased, now: Moment) -> i64 {
        let Some(account) = state.0.as_deref() else {
            return 0;
        };
        let of_unit = self.set.of_unit_of_costs();
        let left = of_unit.map(|index| account.left(index, now));
        left.min()
            .map_or(0, |left| i64::try_from(left).unwrap_or(i64::MAX))
    }

    fn reset_at(&self, state: &Leased, now: Moment) -> Moment {
        state.0.as_deref().map_or(now, |it| it.ends_at().max(now))
    }

    fn is_idle(&self, state: &Leased, now: Moment) -> bool {
        state.0.as_deref().is_none_or(|it| it.is_idle(now))
    }

    fn short(&self, state: &Leased, amount: Amount, now: Moment) -> Option<LimitName> {
        let short = |index: usize, cost: u32| {
            let left = state.0.as_deref().map_or(0, |it| it.left(index, now));
            left < u64::from(cost)
        };
        self.set.short_where(amount, short)
    }

    fn parts(&self, _: &Leased) -> Vec<AnyState> {
        vec![AnyState::Idle; self.limits.len()]
    }

    fn of_parts(&self, _: Vec<AnyState>) -> Leased {
        Leased::default()
    }
}

/// The limits of one of so many processes; `None`: there is nothing for it.
pub(in crate::rate_limit) fn share(limits: &[LimitConfig], of: u32) -> Option<Vec<LimitConfig>> {
    let of = of.max(1);
    let shared = limits.iter().map(|limit| {
        let share = LimitConfig {
            limit: limit.limit / of,
            burst: (limit.burst / of).max(1),
            ..*limit
        };
        (share.limit > 0).then_some(share)
    });
    shared.collect()
}
