//! Connects a checker with the circuit breakers of services.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::hysteresis::Hysteresis;
use crate::circuit_breaker::{CircuitBreaker, CircuitState, HeldOpen, OwnedPermit};
use crate::sync::Mutex;

/// Holds a breaker open while the checks fail.
#[derive(Debug)]
pub(super) struct Trip {
    breaker: Arc<CircuitBreaker>,
    /// Stays until the checks recover, even after a manual override, so that the breaker is not forced open again.
    held: Mutex<Option<HeldOpen>>,
}

impl Trip {
    pub(super) fn new(breaker: Arc<CircuitBreaker>) -> Self {
        Self {
            breaker,
            held: Mutex::default(),
        }
    }

    /// Opens or closes the breaker by the last checks, unless their monitoring has `stopped`. Only one check of a checker
    /// runs at a time, so there is no concurrent call.
    pub(super) fn follow(&self, hysteresis: &Hysteresis, stopped: Option<&AtomicBool>) {
        if hysteresis.is_back() {
            self.release();
        } else if hysteresis.is_down() && self.held.lock().is_none() {
            // Opening calls the listener, which is foreign code, so no lock is held here.
            let mut held = self.breaker.hold_open();
            let mut slot = self.held.lock();
            // Read under the lock, because `release` empties the slot under it after the `Release` store in
            // `MonitorTasks::stop`: either this load sees the flag, or `release` sees the slot.
            if !stopped.is_some_and(|stopped| stopped.load(Ordering::Acquire)) {
                *slot = held.take();
            }
            drop(slot);
        }
    }

    pub(super) fn release(&self) {
        let held = self.held.lock().take();
        drop(held);
    }
}

/// A permit that makes a check one of the probes of a half-open breaker. Dropped with the check, it is not counted.
#[derive(Debug)]
pub(super) struct ProbePermit(Option<OwnedPermit>);

impl ProbePermit {
    /// Acquires a permit if the breaker is half-open and has one left.
    pub(super) fn acquire(breaker: &Arc<CircuitBreaker>) -> Option<Self> {
        if breaker.state() != CircuitState::HalfOpen {
            return None;
        }
        let permit = breaker.try_acquire_owned().ok()?;
        Some(Self(Some(permit)))
    }

    pub(super) fn complete(mut self, failed: bool) {
        match self.0.take() {
            // The breaker may have closed in the meantime; then the permit is not a probe.
            Some(permit) if permit.is_probe() && failed => permit.failure(),
            Some(permit) if permit.is_probe() => permit.success(),
            other => self.0 = other,
        }
    }
}

impl Drop for ProbePermit {
    fn drop(&mut self) {
        if let Some(permit) = self.0.take() {
            permit.ignore();
        }
    }
}
