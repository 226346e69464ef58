//! Loads in progress (single flight): for each key at most one current flight, which one caller leads and others wait
//! for.
//!
//! Invariant: a waiter is in the list of its flight; or it is not, and leads the flight; or the flight does not exist any
//! more, and its result cell is set. There is no further state.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::task::Waker;

use super::key::{ByKey, Key};
use crate::wake::wake;

/// Holds the outcome of a flight for its waiters.
pub(super) type ResultCell<L> = Arc<OnceLock<L>>;

/// All loads in progress, with outcomes of type `L`.
pub(super) struct Flights<L> {
    flights: HashMap<u64, Flight<L>>,
    /// The flight that a new caller joins, and whose value is to be kept.
    current: ByKey<u64>,
    next: u64,
}

struct Flight<L> {
    key: Key,
    cell: ResultCell<L>,
    /// In the order of arrival. Without a waker until the first poll.
    waiting: BTreeMap<u64, Option<Waker>>,
}

/// Identifies a waiter, and has the cell where it finds the outcome.
pub(super) struct WaiterId<L> {
    pub(super) flight: u64,
    pub(super) number: u64,
    pub(super) cell: ResultCell<L>,
}

/// A flight that has ended. To be notified or dropped when no lock is held: wakers and values are foreign code.
pub(super) struct Completed<L> {
    waiting: BTreeMap<u64, Option<Waker>>,
    _cell: ResultCell<L>,
}

impl<L> Completed<L> {
    /// Wakes all waiters.
    pub(super) fn notify(self) {
        wake(self.waiting.into_values().flatten());
    }
}

/// The status of a waiter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    Pending,
    /// The leader was dropped; this waiter leads now.
    Leads,
    Completed,
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
                cell: ResultCell::default(),
                waiting: BTreeMap::new(),
            },
        );
        id
    }

    pub(super) fn is_loading(&self, key: Key) -> bool {
        self.current.contains_key(&key)
    }

    /// Joins the current flight of the key, if there is one.
    pub(super) fn join(&mut self, key: Key) -> Option<WaiterId<L>> {
        let id = *self.current.get(&key)?;
        let number = self.number();
        let flight = self.flights.get_mut(&id)?;
        flight.waiting.insert(number, None);
        Some(WaiterId {
            flight: id,
            number,
            cell: Arc::clone(&flight.cell),
        })
    }

    /// Returns the status of a waiter. The waker is swapped for the one that was there.
    pub(super) fn poll_waiter(
        &mut self,
        flight: u64,
        number: u64,
        waker: &mut Option<Waker>,
    ) -> Waiting {
        let Some(flight) = self.flights.get_mut(&flight) else {
            return Waiting::Completed;
        };
        match flight.waiting.get_mut(&number) {
            Some(known) => {
                std::mem::swap(known, waker);
                Waiting::Pending
            }
            None => Waiting::Leads,
        }
    }

    /// Removes a waiter. If it leads by now, the next one does. The waker is to be woken if it is `Ok`, and dropped if
    /// it is `Err`.
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

    /// Abandons a flight. The longest waiter leads now and is to be woken; without one the flight ends.
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

    /// Returns the key of a flight, if its value is to be kept.
    pub(super) fn current_key(&self, id: u64) -> Option<Key> {
        let key = self.flights.get(&id)?.key;
        (self.current.get(&key) == Some(&id)).then_some(key)
    }

    /// Ends a flight. One that has ended already gives the outcome back, to be dropped where no lock is held.
    pub(super) fn complete(&mut self, id: u64, outcome: L) -> Result<Completed<L>, L> {
        let Some(flight) = self.flights.remove(&id) else {
            return Err(outcome);
        };
        if self.current.get(&flight.key) == Some(&id) {
            self.current.remove(&flight.key);
        }
        // Set once: a flight completes once.
        let _ = flight.cell.set(outcome);
        Ok(Completed {
            waiting: flight.waiting,
            _cell: flight.cell,
        })
    }

    /// Ends the current flight of the key with a value that did not come from its leader.
    pub(super) fn complete_early(&mut self, key: Key, outcome: L) -> Result<Completed<L>, L> {
        match self.current.get(&key) {
            Some(&id) => self.complete(id, outcome),
            None => Err(outcome),
        }
    }

    /// Detaches the current flight of the key: later callers do not join it, and its value is not to be kept.
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
