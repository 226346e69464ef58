//! What a checker does to the breakers of services.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::damping::Damping;
use crate::circuit_breaker::{CircuitBreaker, CircuitState, HeldOpen, OwnedPermit};
use crate::sync::Mutex;

/// A breaker that is held open while the checks fail.
#[derive(Debug)]
pub(super) struct Trip {
    breaker: Arc<CircuitBreaker>,
    /// Stays until the checks recover, even where somebody overruled it, so that it is not said again.
    held: Mutex<Option<HeldOpen>>,
}

impl Trip {
    pub(super) fn new(breaker: Arc<CircuitBreaker>) -> Self {
        Self {
            breaker,
            held: Mutex::default(),
        }
    }

    /// Opens or closes it as the last checks say, unless the monitoring that made them has `stopped`. Only
    /// one check of a checker runs at a time, so nobody else does the same.
    pub(super) fn follow(&self, damping: &Damping, stopped: Option<&AtomicBool>) {
        if damping.is_back() {
            self.let_go();
        } else if damping.is_down() && self.held.lock().is_none() {
            // Opening tells the subscriber, which is foreign code: no lock is held.
            let mut held = self.breaker.hold_open();
            let mut slot = self.held.lock();
            // Read under the lock, because who stops empties the slot under it.
            if !stopped.is_some_and(|stopped| stopped.load(Ordering::Acquire)) {
                *slot = held.take();
            }
            drop(slot);
        }
    }

    pub(super) fn let_go(&self) {
        let held = self.held.lock().take();
        drop(held);
    }
}

/// A check's place among the probes of a breaker. Given up with the check, it counts as nothing.
#[derive(Debug)]
pub(super) struct Probe(Option<OwnedPermit>);

impl Probe {
    /// Where the breaker looks for probes now, and has a place.
    pub(super) fn of(breaker: &Arc<CircuitBreaker>) -> Option<Self> {
        if breaker.state() != CircuitState::HalfOpen {
            return None;
        }
        let permit = breaker.try_acquire_owned().ok()?;
        Some(Self(Some(permit)))
    }

    pub(super) fn settle(mut self, failed: bool) {
        match self.0.take() {
            // It may have closed while this was asking: then it is no business of ours.
            Some(permit) if permit.is_probe() && failed => permit.failure(),
            Some(permit) if permit.is_probe() => permit.success(),
            other => self.0 = other,
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if let Some(permit) = self.0.take() {
            permit.ignore();
        }
    }
}
