//! The synchronization primitives of the patterns: those of `std`, or loom's under the model checker.

#[cfg(resilience_loom)]
pub(crate) use loom::sync::atomic;
#[cfg(not(resilience_loom))]
pub(crate) use std::sync::atomic;

#[cfg(resilience_loom)]
pub(crate) use loom::sync::MutexGuard;
#[cfg(not(resilience_loom))]
pub(crate) use std::sync::MutexGuard;

/// A mutex that ignores poisoning. Invariant: no user code runs under it, and the state is consistent at every point
/// where arithmetic could panic.
#[derive(Debug)]
pub(crate) struct Mutex<T>(
    #[cfg(resilience_loom)] loom::sync::Mutex<T>,
    #[cfg(not(resilience_loom))] std::sync::Mutex<T>,
);

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        #[cfg(resilience_loom)]
        return Self(loom::sync::Mutex::new(value));
        #[cfg(not(resilience_loom))]
        return Self(std::sync::Mutex::new(value));
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
