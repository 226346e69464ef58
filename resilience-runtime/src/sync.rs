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

/// Lets tasks do something one after another. A task that waits does not block its thread.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    mutex: tokio::sync::Mutex<()>,
    /// The model checker does not know tokio's mutex: this makes what one turn has done visible to the next.
    #[cfg(resilience_loom)]
    seen: atomic::AtomicU32,
}

/// One turn. When it is dropped, the next one begins.
pub(crate) struct TurnGuard<'a> {
    #[cfg(resilience_loom)]
    _seen: Seen<'a>,
    _guard: tokio::sync::MutexGuard<'a, ()>,
}

impl Turns {
    pub(crate) async fn next(&self) -> TurnGuard<'_> {
        let guard = self.mutex.lock().await;
        // Acquire pairs with the Release of the turn before, in `Seen::drop`.
        #[cfg(resilience_loom)]
        self.seen.fetch_add(1, atomic::Ordering::Acquire);
        TurnGuard {
            #[cfg(resilience_loom)]
            _seen: Seen(&self.seen),
            _guard: guard,
        }
    }
}

#[cfg(resilience_loom)]
struct Seen<'a>(&'a atomic::AtomicU32);

#[cfg(resilience_loom)]
impl Drop for Seen<'_> {
    fn drop(&mut self) {
        // Release pairs with the Acquire of the next turn, in `Turns::next`.
        self.0.fetch_add(1, atomic::Ordering::Release);
    }
}
