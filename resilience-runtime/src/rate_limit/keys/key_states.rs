//! Which account answers for a key, in bounded memory.

use super::key::KeyHash;
use super::table::{Account, Spot, Table};
use crate::clock::Moment;
use crate::rate_limit::algorithms::meter::Meter;
use crate::rate_limit::waiting::wait_state::{Cooldown, Owner, SideId, Sides};

/// An account's place, until the next key enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) enum Place {
    Keyless,
    Overflow,
    Slot(Spot),
}

/// The accounts of one limiter, all counted by one strategy.
///
/// Every key has one of its own while there is room. A key at rest may lose it to a newcomer, since a
/// newcomer is at rest too. When none is at rest, newcomers share the overflow account; one that gets
/// room while the overflow account is not at rest begins with a copy of it, because it may have used it.
pub(in crate::rate_limit) struct Accounts<M: Meter> {
    pub(in crate::rate_limit) meter: M,
    pub(in crate::rate_limit) sides: Sides,
    max_keys: usize,
    keyless: Account<M::State>,
    overflow: Account<M::State>,
    table: Table<M::State>,
}

impl<M: Meter> Accounts<M> {
    /// At most so many accounts make room for one newcomer.
    const DEPARTURES: usize = 4;

    pub(in crate::rate_limit) fn new(meter: M, max_keys: usize) -> Self {
        Self {
            meter,
            sides: Sides::default(),
            max_keys,
            keyless: Account::default(),
            overflow: Account::default(),
            table: Table::new(),
        }
    }

    #[inline]
    pub(in crate::rate_limit) fn get(&self, place: Place) -> &Account<M::State> {
        match place {
            Place::Keyless => &self.keyless,
            Place::Overflow => &self.overflow,
            Place::Slot(spot) => self.table.get(spot),
        }
    }

    /// The account and what counts it.
    #[inline]
    pub(in crate::rate_limit) fn get_mut(
        &mut self,
        place: Place,
    ) -> (&mut Account<M::State>, &M, &mut Sides) {
        let account = match place {
            Place::Keyless => &mut self.keyless,
            Place::Overflow => &mut self.overflow,
            Place::Slot(spot) => self.table.get_mut(spot),
        };
        (account, &self.meter, &mut self.sides)
    }

    /// The account of those without a key, for as long as nobody of them is cooling down or waits.
    pub(in crate::rate_limit) fn keyless_alone(&mut self) -> Option<&mut M::State> {
        (self.keyless.side.is_none()).then_some(&mut self.keyless.state)
    }

    /// The account of those without a key.
    pub(in crate::rate_limit) fn keyless(&mut self) -> &mut M::State {
        &mut self.keyless.state
    }

    /// The account that answers for a key, `None` if it would be a fresh one.
    #[inline]
    pub(in crate::rate_limit) fn find(&mut self, key: KeyHash, now: Moment) -> Option<Place> {
        if key.is_none() {
            return Some(Place::Keyless);
        }
        if let Some(spot) = self.table.find(key) {
            return Some(Place::Slot(spot));
        }
        // With room it would begin with a copy of this, without room it would share this.
        (!may_go(&mut self.overflow, &self.meter, &mut self.sides, now)).then_some(Place::Overflow)
    }

    /// The account that answers for a key, made if need be.
    #[inline]
    pub(in crate::rate_limit) fn enter(&mut self, key: KeyHash, now: Moment) -> Place {
        if key.is_none() {
            return Place::Keyless;
        }
        if let Some(spot) = self.table.find(key) {
            return Place::Slot(spot);
        }
        self.admit(key, now)
    }

    #[cold]
    fn admit(&mut self, key: KeyHash, now: Moment) -> Place {
        let Self {
            meter,
            sides,
            overflow,
            table,
            ..
        } = self;
        let fresh = may_go(overflow, meter, sides, now);
        let shared = sides.get(overflow.side);
        if shared.is_some_and(|side| side.queue.iter().any(|waiter| waiter.key == key)) {
            // It is waiting there, and must not overtake itself.
            return Place::Overflow;
        }
        let cooldown = shared.map(|side| side.cooldown).unwrap_or_default();
        // More than one has to go only after the bound was lowered, and then a few at a time.
        let mut room = table.len() < self.max_keys;
        for _ in 0..Self::DEPARTURES {
            if table.len() < self.max_keys
                || !table.evict(|account| may_go(account, meter, sides, now))
            {
                break;
            }
            room = true;
        }
        if !room {
            return Place::Overflow;
        }
        let spot = table.insert(key, self.max_keys, |account| {
            may_go(account, meter, sides, now)
        });
        if !fresh {
            table.get_mut(spot).state = overflow.state.clone();
            if cooldown.until > now {
                self.cool_down(Place::Slot(spot), Owner::Key(key), cooldown);
            }
        }
        Place::Slot(spot)
    }

    /// Where the account of a side is.
    pub(in crate::rate_limit) fn place(&self, owner: Owner) -> Place {
        match owner {
            Owner::Keyless => Place::Keyless,
            Owner::Overflow => Place::Overflow,
            Owner::Key(key) => {
                let spot = self.table.find(key);
                debug_assert!(spot.is_some(), "a key with a side is never evicted");
                spot.map_or(Place::Overflow, Place::Slot)
            }
        }
    }

    /// The side of an account, made if need be.
    pub(in crate::rate_limit) fn side(&mut self, place: Place, key: KeyHash) -> SideId {
        let owner = match place {
            Place::Keyless => Owner::Keyless,
            Place::Overflow => Owner::Overflow,
            Place::Slot(_) => Owner::Key(key),
        };
        self.side_of(place, owner)
    }

    fn side_of(&mut self, place: Place, owner: Owner) -> SideId {
        let (account, _, sides) = self.get_mut(place);
        if account.side.is_none() {
            account.side = sides.add(owner);
        }
        account.side
    }

    fn cool_down(&mut self, place: Place, owner: Owner, cooldown: Cooldown) {
        let id = self.side_of(place, owner);
        if let Some(side) = self.sides.get_mut(id) {
            side.cool_down(cooldown);
        }
    }

    /// Gives the side of an account back if nothing needs it any more; true if it has none.
    #[inline]
    pub(in crate::rate_limit) fn release(&mut self, place: Place, now: Moment) -> bool {
        let (account, _, sides) = self.get_mut(place);
        account.side.is_none() || release(account, sides, now)
    }

    /// The same keys, cooldowns and queues, counted in another way.
    pub(in crate::rate_limit) fn convert<N: Meter>(
        self,
        meter: N,
        max_keys: usize,
        now: Moment,
        state: impl Fn(&M, &M::State, &N) -> N::State,
    ) -> Accounts<N> {
        let Self {
            meter: old,
            mut sides,
            keyless,
            overflow,
            table,
            ..
        } = self;
        // What is at rest is as good as never seen, under any limit.
        let mut convert = |mut account: Account<M::State>| {
            let rests = may_go(&mut account, &old, &mut sides, now);
            (!rests).then(|| Account {
                state: if old.at_rest(&account.state, now) {
                    N::State::default()
                } else {
                    state(&old, &account.state, &meter)
                },
                side: account.side,
            })
        };
        let keyless = convert(keyless).unwrap_or_default();
        let overflow = convert(overflow).unwrap_or_default();
        let table = table.map(convert);
        Accounts {
            meter,
            sides,
            max_keys,
            keyless,
            overflow,
            table,
        }
    }

    #[cfg(test)]
    pub(in crate::rate_limit) fn keys(&self) -> usize {
        self.table.len()
    }

    #[cfg(test)]
    pub(in crate::rate_limit) fn bytes(&self) -> usize {
        self.table.bytes()
    }
}

/// Whether nobody would notice if the account were forgotten: full, not cooling down, not waited for.
fn may_go<M: Meter>(
    account: &mut Account<M::State>,
    meter: &M,
    sides: &mut Sides,
    now: Moment,
) -> bool {
    meter.at_rest(&account.state, now) && (account.side.is_none() || release(account, sides, now))
}

fn release<S>(account: &mut Account<S>, sides: &mut Sides, now: Moment) -> bool {
    let idle = sides.get(account.side).is_none_or(|side| side.is_idle(now));
    if idle {
        sides.remove(account.side);
        account.side = SideId::NONE;
    }
    idle
}
