//! The fleet that a limiter belongs to.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;

use super::fleet_state::{Due, Of};
use super::key_hash::KeyHash;
use crate::clock::Moment;
use crate::fleet::Member;
use crate::sync::Mutex;

type Ask = dyn Fn(Due, KeyHash, Moment) + Send + Sync;

/// The fleet that a limiter belongs to.
pub(super) struct Link {
    member: Arc<Member>,
    /// Asks for what is due of a key.
    ask: Box<Ask>,
    /// Those who wait for an answer, by what was asked for.
    waiting: Mutex<HashMap<(Of, KeyHash), Vec<Waker>>>,
}

impl Link {
    pub(super) fn new(
        member: Arc<Member>,
        ask: impl Fn(Due, KeyHash, Moment) + Send + Sync + 'static,
    ) -> Self {
        Self {
            member,
            ask: Box::new(ask),
            waiting: Mutex::new(HashMap::new()),
        }
    }

    pub(super) fn member(&self) -> &Arc<Member> {
        &self.member
    }

    /// Wakes this one when there is an answer about the key. To be called while a request is on its way: what is added
    /// afterwards stays.
    pub(super) fn wake_when_answered(&self, of: Of, key: KeyHash, waker: &Waker) {
        // Cloned and dropped outside of the lock.
        let mut own = Some(waker.clone());
        let mut waiting = self.waiting.lock();
        let wakers: &mut Vec<Waker> = waiting.entry((of, key)).or_default();
        if !wakers.iter().any(|known| known.will_wake(waker)) {
            wakers.extend(own.take());
        }
        drop(waiting);
    }

    /// The answer came before this one was added.
    pub(super) fn forget(&self, of: Of, key: KeyHash, waker: &Waker) {
        let mut waiting = self.waiting.lock();
        let mut own = None;
        if let Some(wakers) = waiting.get_mut(&(of, key)) {
            let place = wakers.iter().position(|known| known.will_wake(waker));
            own = place.map(|place| wakers.swap_remove(place));
            if wakers.is_empty() {
                waiting.remove(&(of, key));
            }
        }
        drop(waiting);
        drop(own);
    }

    /// How many keys are waited for.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.lock().len()
    }

    pub(super) fn ask_for(&self, due: Due, key: KeyHash, now: Moment) {
        (self.ask)(due, key, now);
    }

    pub(super) fn wake(&self, of: Of, key: KeyHash) {
        let wakers = self.waiting.lock().remove(&(of, key));
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}
