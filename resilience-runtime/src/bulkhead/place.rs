//! A place in a bulkhead as the call path keeps it, which releases it itself.

use super::holders::Slot;
use super::semaphore::Semaphore;
use crate::clock::Moment;

/// What an attempt has of a bulkhead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    None,
    /// A place, until it is released.
    Held,
    /// A place that no longer counts when its time is over.
    Timed(Slot),
    /// The place of another attempt, which releases it.
    Borrowed,
    /// No place, and it passes in shadow.
    Shadow,
}

impl Place {
    #[inline]
    pub(crate) const fn is_none(self) -> bool {
        matches!(self, Self::None)
    }

    /// Releases it.
    #[inline]
    pub(crate) fn release(&mut self, semaphore: &Semaphore, now: impl FnOnce() -> Moment) {
        match std::mem::take(self) {
            Self::None | Self::Borrowed | Self::Shadow => {}
            Self::Held => semaphore.release(now),
            Self::Timed(slot) => semaphore.release_timed(slot, now),
        }
    }

    /// From `until` on it no longer counts, so that a body that nobody polls does not keep it.
    pub(crate) fn limit(&mut self, semaphore: &Semaphore, until: Moment, now: Moment) {
        match *self {
            Self::None | Self::Borrowed | Self::Shadow => {}
            Self::Held => {
                if let Some(slot) = semaphore.limit(until, now) {
                    *self = Self::Timed(slot);
                }
            }
            Self::Timed(slot) => semaphore.set_limit(slot, until, now),
        }
    }

    /// Lifts the limit. A place that no longer counts is gone.
    pub(crate) fn keep(&mut self, semaphore: &Semaphore) {
        if let Self::Timed(slot) = *self {
            *self = if semaphore.lift_limit(slot) {
                Self::Held
            } else {
                Self::None
            };
        }
    }
}
