//! Loads in progress: for each key at most one that counts, with one caller who leads it and others who
//! wait for it.
//!
//! Who waits is in the list; who waited and is no longer in it leads, as long as the flight is there. When
//! it is gone, it has landed. So there is no further state to get wrong.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::task::Waker;

use super::key::{ByKey, Key};
use crate::wake::wake;

/// Where a landing is left for those who waited for it.
pub(super) type Ground<L> = Arc<OnceLock<L>>;

/// All loads in progress; `L` is what they bring.
pub(super) struct Flights<L> {
    flights: HashMap<u64, Flight<L>>,
    /// The one that answers who asks now, and whose answer is to be kept.
    current: ByKey<u64>,
    next: u64,
}

struct Flight<L> {
    key: Key,
    ground: Ground<L>,
    /// In the order of arrival. Without a waker until the first poll.
    waiting: BTreeMap<u64, Option<Waker>>,
}

/// A place among those who wait.
pub(super) struct Seat<L> {
    pub(super) flight: u64,
    pub(super) number: u64,
    pub(super) ground: Ground<L>,
}

/// A flight that has ended. To be let go once no lock is held: wakers and answers are foreign code.
pub(super) struct Arrived<L> {
    waiting: BTreeMap<u64, Option<Waker>>,
    _ground: Ground<L>,
}

impl<L> Arrived<L> {
    /// Wakes everybody who waited.
    pub(super) fn let_go(self) {
        wake(self.waiting.into_values().flatten());
    }
}

/// What has become of one who waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    Still,
    /// The leader went away; this one leads now.
    Leads,
    Landed,
}

impl<L> Flights<L> {
    pub(super) fn new() -> Self {
        Self {
            flights: HashMap::new(),
            current: ByKey::default(),
            next: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Begins the flight of a key that has none; the caller leads it.
    pub(super) fn begin(&mut self, key: Key) -> u64 {
        let id = self.number();
        self.current.insert(key, id);
        self.flights.insert(
            id,
            Flight {
                key,
                ground: Ground::default(),
                waiting: BTreeMap::new(),
            },
        );
        id
    }

    pub(super) fn is_under_way(&self, key: Key) -> bool {
        self.current.contains_key(&key)
    }

    /// Takes a seat in the key's flight, if there is one.
    pub(super) fn join(&mut self, key: Key) -> Option<Seat<L>> {
        let id = *self.current.get(&key)?;
        let number = self.number();
        let flight = self.flights.get_mut(&id)?;
        flight.waiting.insert(number, None);
        Some(Seat {
            flight: id,
            number,
            ground: Arc::clone(&flight.ground),
        })
    }

    /// Looks after a seat. The waker is swapped for the one that was there.
    pub(super) fn look_after(
        &mut self,
        flight: u64,
        number: u64,
        waker: &mut Option<Waker>,
    ) -> Waiting {
        let Some(flight) = self.flights.get_mut(&flight) else {
            return Waiting::Landed;
        };
        match flight.waiting.get_mut(&number) {
            Some(known) => {
                std::mem::swap(known, waker);
                Waiting::Still
            }
            None => Waiting::Leads,
        }
    }

    /// Gives a seat up. Who leads by now hands that on. The waker is to be woken if it is `Ok`, and dropped
    /// if it is `Err`.
    pub(super) fn leave(
        &mut self,
        flight: u64,
        number: u64,
    ) -> Result<Option<Waker>, Option<Waker>> {
        match self.flights.get_mut(&flight) {
            None => Err(None),
            Some(found) => match found.waiting.remove(&number) {
                Some(waker) => Err(waker),
                None => Ok(self.abandon(flight)),
            },
        }
    }

    /// The leader goes away. The one who waits longest leads now and is to be woken; without one the flight
    /// is over.
    pub(super) fn abandon(&mut self, id: u64) -> Option<Waker> {
        let flight = self.flights.get_mut(&id)?;
        if let Some((_, waker)) = flight.waiting.pop_first() {
            return waker;
        }
        let key = flight.key;
        self.flights.remove(&id);
        if self.current.get(&key) == Some(&id) {
            self.current.remove(&key);
        }
        None
    }

    /// The key that a flight is for, if its answer is to be kept.
    pub(super) fn counts_for(&self, id: u64) -> Option<Key> {
        let key = self.flights.get(&id)?.key;
        (self.current.get(&key) == Some(&id)).then_some(key)
    }

    /// Ends a flight. One that has ended already gives the landing back, to be dropped where no lock is held.
    pub(super) fn land(&mut self, id: u64, landing: L) -> Result<Arrived<L>, L> {
        let Some(flight) = self.flights.remove(&id) else {
            return Err(landing);
        };
        if self.current.get(&flight.key) == Some(&id) {
            self.current.remove(&flight.key);
        }
        // Nobody else sets it: a flight lands once.
        let _ = flight.ground.set(landing);
        Ok(Arrived {
            waiting: flight.waiting,
            _ground: flight.ground,
        })
    }

    /// Ends the key's flight with something that did not come from its leader.
    pub(super) fn land_early(&mut self, key: Key, landing: L) -> Result<Arrived<L>, L> {
        match self.current.get(&key) {
            Some(&id) => self.land(id, landing),
            None => Err(landing),
        }
    }

    /// From now on the key's flight is for those in it alone, and its answer is not to be kept.
    pub(super) fn detach(&mut self, key: Key) {
        self.current.remove(&key);
    }

    pub(super) fn detach_all(&mut self) {
        self.current.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }
}
