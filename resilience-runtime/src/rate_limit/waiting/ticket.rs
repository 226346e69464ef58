//! What a call that waits brings with it, and what it holds of the queues.

use std::task::Waker;

use crate::clock::Moment;
use crate::rate_limit::amount::Amount;
use crate::rate_limit::key_hash::KeyHash;

/// Where the cooldown and the waiters of a key are. Most keys have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rate_limit) struct WaitStateId(pub(super) u32);

impl WaitStateId {
    pub(in crate::rate_limit) const NONE: Self = Self(u32::MAX);

    #[inline]
    pub(in crate::rate_limit) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl Default for WaitStateId {
    fn default() -> Self {
        Self::NONE
    }
}

/// A place in one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) struct Place {
    pub(in crate::rate_limit) wait_state: WaitStateId,
    pub(in crate::rate_limit) number: u64,
}

/// The places of a call that waits.
#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct Ticket {
    /// In the line of the service, or of the key that all limits are of. `None`: its key's own limits come first.
    pub(in crate::rate_limit) service: Option<Place>,
    /// In the queue of a key with limits of its own beside the service's.
    pub(in crate::rate_limit) of_key: Option<Place>,
}

impl Ticket {
    /// Of a call that waits in one queue alone.
    pub(in crate::rate_limit) fn of(place: Place) -> Self {
        Self {
            service: Some(place),
            of_key: None,
        }
    }
}

/// A call that is about to wait.
pub(in crate::rate_limit) struct Joining {
    pub(in crate::rate_limit) key: KeyHash,
    pub(in crate::rate_limit) amount: Amount,
    /// What it takes of limits that count all that is limited.
    pub(in crate::rate_limit) wanted: Amount,
    pub(in crate::rate_limit) until: Moment,
    pub(in crate::rate_limit) waker: Option<Waker>,
    /// Its place in the queue of its key, where it joins the line of the service.
    pub(in crate::rate_limit) of_key: Option<Place>,
    /// Its number there, if another call of its key left it without having passed. `None`: it joins at the end.
    pub(in crate::rate_limit) number: Option<u64>,
}

/// The wakers of a caller, one for each queue that it can wait in. Made, and dropped, outside of the lock: both may run
/// foreign code.
pub(in crate::rate_limit) struct CallerWakers([Option<Waker>; 2]);

impl CallerWakers {
    pub(in crate::rate_limit) fn new(waker: &Waker, key: KeyHash) -> Self {
        let second = key.is_per_key().then(|| waker.clone());
        Self([Some(waker.clone()), second])
    }

    pub(in crate::rate_limit) fn take(&mut self) -> Option<Waker> {
        let [first, second] = &mut self.0;
        let waker = first.take().or_else(|| second.take());
        debug_assert!(waker.is_some(), "one for each queue");
        waker
    }
}

impl Joining {
    /// A call of that amount, at the end of a queue, without a waker yet.
    pub(in crate::rate_limit) fn new(key: KeyHash, amount: Amount, until: Moment) -> Self {
        Self {
            key,
            amount,
            wanted: amount,
            until,
            waker: None,
            of_key: None,
            number: None,
        }
    }
}

#[cfg(test)]
impl Joining {
    /// A call of so many units, which waits for ever.
    pub(in crate::rate_limit) fn for_test(units: u32) -> Self {
        Self {
            waker: Some(Waker::noop().clone()),
            ..Self::new(KeyHash::NONE, Amount::units(units), Moment::FAR_FUTURE)
        }
    }
}
