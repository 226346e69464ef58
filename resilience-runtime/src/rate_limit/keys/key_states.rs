//! Which state is used for a key, in bounded memory.

use super::table::{KeyState, SlotIndex, Table};
use crate::clock::Moment;
use crate::rate_limit::algorithms::limits::Limits;
use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::waiting::ticket::WaitStateId;
use crate::rate_limit::waiting::wait_state::{Cooldown, Owner, WaitStates};

/// Where the state of a key is. Valid until the next key is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) enum KeySlot {
    /// The state that callers without a key share.
    Keyless,
    /// The state that keys without a slot of their own share.
    Overflow,
    /// A slot in the table.
    Own(SlotIndex),
}

/// The states of all keys of one limiter, counted under the same limits.
///
/// Every key has a slot of its own while there is room. An idle key may lose its slot to a new key, since
/// both have their whole limit. When no key is idle, new keys share the overflow state. Invariant: a key
/// never gets more than its limit by moving between the two. So a key that gets a slot while the overflow
/// state is not idle begins with a copy of that state, because the key may have used it.
pub(in crate::rate_limit) struct KeyStates<L: Limits> {
    pub(in crate::rate_limit) limits: L,
    pub(in crate::rate_limit) wait_states: WaitStates,
    max_keys: usize,
    keyless: KeyState<L::State>,
    overflow: KeyState<L::State>,
    table: Table<L::State>,
}

impl<L: Limits> KeyStates<L> {
    /// The most keys that are evicted for one new key.
    const MAX_EVICTIONS: usize = 4;

    pub(in crate::rate_limit) fn new(limits: L, max_keys: usize) -> Self {
        Self {
            limits,
            wait_states: WaitStates::default(),
            max_keys,
            keyless: KeyState::default(),
            overflow: KeyState::default(),
            table: Table::new(),
        }
    }

    #[inline]
    pub(in crate::rate_limit) fn get(&self, slot: KeySlot) -> &KeyState<L::State> {
        match slot {
            KeySlot::Keyless => &self.keyless,
            KeySlot::Overflow => &self.overflow,
            KeySlot::Own(index) => self.table.get(index),
        }
    }

    /// Returns the state, the limits that count it and the wait states.
    #[inline]
    pub(in crate::rate_limit) fn get_mut(
        &mut self,
        slot: KeySlot,
    ) -> (&mut KeyState<L::State>, &L, &mut WaitStates) {
        let key_state = match slot {
            KeySlot::Keyless => &mut self.keyless,
            KeySlot::Overflow => &mut self.overflow,
            KeySlot::Own(index) => self.table.get_mut(index),
        };
        (key_state, &self.limits, &mut self.wait_states)
    }

    /// Returns the state of callers without a key, unless they are cooling down or wait.
    pub(in crate::rate_limit) fn keyless_unblocked(&mut self) -> Option<&mut L::State> {
        (self.keyless.wait_state.is_none()).then_some(&mut self.keyless.state)
    }

    /// Returns the state of callers without a key.
    pub(in crate::rate_limit) fn keyless_mut(&mut self) -> &mut L::State {
        &mut self.keyless.state
    }

    /// Finds the state of a key; `None` if it would be a new one.
    #[inline]
    pub(in crate::rate_limit) fn find(&mut self, key: KeyHash, now: Moment) -> Option<KeySlot> {
        if key.is_none() {
            return Some(KeySlot::Keyless);
        }
        if let Some(index) = self.table.find(key) {
            return Some(KeySlot::Own(index));
        }
        // With room the key would begin with a copy of the overflow state, without room it would share it.
        (!is_evictable(&mut self.overflow, &self.limits, &mut self.wait_states, now))
            .then_some(KeySlot::Overflow)
    }

    /// Finds the state of a key, or inserts one.
    #[inline]
    pub(in crate::rate_limit) fn find_or_insert(&mut self, key: KeyHash, now: Moment) -> KeySlot {
        if key.is_none() {
            return KeySlot::Keyless;
        }
        if let Some(index) = self.table.find(key) {
            return KeySlot::Own(index);
        }
        self.insert(key, now)
    }

    #[cold]
    fn insert(&mut self, key: KeyHash, now: Moment) -> KeySlot {
        let Self {
            limits,
            wait_states,
            overflow,
            table,
            ..
        } = self;
        let fresh = is_evictable(overflow, limits, wait_states, now);
        let shared = wait_states.get(overflow.wait_state);
        if shared.is_some_and(|wait_state| wait_state.queue.has_key(key)) {
            // The key has waiters in the overflow queue, and must not overtake them.
            return KeySlot::Overflow;
        }
        let cooldown = shared
            .map(|wait_state| wait_state.cooldown)
            .unwrap_or_default();
        // More than one has to be evicted only after `max_keys` was lowered, and then a few at a time.
        let mut room = table.len() < self.max_keys;
        for _ in 0..Self::MAX_EVICTIONS {
            if table.len() < self.max_keys
                || !table.evict(|key_state| is_evictable(key_state, limits, wait_states, now))
            {
                break;
            }
            room = true;
        }
        if !room {
            return KeySlot::Overflow;
        }
        let index = table.insert(key, self.max_keys, |key_state| {
            is_evictable(key_state, limits, wait_states, now)
        });
        if !fresh {
            table.get_mut(index).state = overflow.state.clone();
            if cooldown.until > now {
                self.cool_down(KeySlot::Own(index), Owner::Key(key), cooldown);
            }
        }
        KeySlot::Own(index)
    }

    /// Returns where the state is that a wait state belongs to.
    pub(in crate::rate_limit) fn slot_of(&self, owner: Owner) -> KeySlot {
        match owner {
            Owner::Keyless => KeySlot::Keyless,
            Owner::Overflow => KeySlot::Overflow,
            Owner::Key(key) => {
                let index = self.table.find(key);
                debug_assert!(index.is_some(), "a key with a wait state is never evicted");
                index.map_or(KeySlot::Overflow, KeySlot::Own)
            }
        }
    }

    /// Returns the wait state of a key, or adds one.
    pub(in crate::rate_limit) fn wait_state(&mut self, slot: KeySlot, key: KeyHash) -> WaitStateId {
        let owner = match slot {
            KeySlot::Keyless => Owner::Keyless,
            KeySlot::Overflow => Owner::Overflow,
            KeySlot::Own(_) => Owner::Key(key),
        };
        self.wait_state_of(slot, owner)
    }

    fn wait_state_of(&mut self, slot: KeySlot, owner: Owner) -> WaitStateId {
        let (key_state, _, wait_states) = self.get_mut(slot);
        if key_state.wait_state.is_none() {
            key_state.wait_state = wait_states.add(owner);
        }
        key_state.wait_state
    }

    fn cool_down(&mut self, slot: KeySlot, owner: Owner, cooldown: Cooldown) {
        let id = self.wait_state_of(slot, owner);
        if let Some(wait_state) = self.wait_states.get_mut(id) {
            wait_state.cool_down(cooldown);
        }
    }

    /// Removes the wait state of a key if it is idle. Returns whether the key has none now.
    #[inline]
    pub(in crate::rate_limit) fn release_wait_state(&mut self, slot: KeySlot, now: Moment) -> bool {
        let (key_state, _, wait_states) = self.get_mut(slot);
        key_state.wait_state.is_none() || release_if_idle(key_state, wait_states, now)
    }

    /// Converts the states to other limits; keys, cooldowns and queues stay.
    pub(in crate::rate_limit) fn convert<N: Limits>(
        self,
        limits: N,
        max_keys: usize,
        now: Moment,
        state: impl Fn(&L, &L::State, &N) -> N::State,
    ) -> KeyStates<N> {
        let Self {
            limits: old,
            mut wait_states,
            keyless,
            overflow,
            table,
            ..
        } = self;
        // An evictable key is as good as a new one, under any limit.
        let mut convert = |mut key_state: KeyState<L::State>| {
            let evictable = is_evictable(&mut key_state, &old, &mut wait_states, now);
            (!evictable).then(|| KeyState {
                state: if old.is_idle(&key_state.state, now) {
                    N::State::default()
                } else {
                    state(&old, &key_state.state, &limits)
                },
                wait_state: key_state.wait_state,
            })
        };
        let keyless = convert(keyless).unwrap_or_default();
        let overflow = convert(overflow).unwrap_or_default();
        let table = table.map(convert);
        KeyStates {
            limits,
            wait_states,
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

/// Whether the state is the same as a new one: idle, not cooling down, without waiters.
fn is_evictable<L: Limits>(
    key_state: &mut KeyState<L::State>,
    limits: &L,
    wait_states: &mut WaitStates,
    now: Moment,
) -> bool {
    limits.is_idle(&key_state.state, now)
        && (key_state.wait_state.is_none() || release_if_idle(key_state, wait_states, now))
}

fn release_if_idle<S>(
    key_state: &mut KeyState<S>,
    wait_states: &mut WaitStates,
    now: Moment,
) -> bool {
    let idle = wait_states
        .get(key_state.wait_state)
        .is_none_or(|wait_state| wait_state.is_idle(now));
    if idle {
        wait_states.remove(key_state.wait_state);
        key_state.wait_state = WaitStateId::NONE;
    }
    idle
}
