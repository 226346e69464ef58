//! The primitives that the state machines are built on: those of `std`, or loom's under the model
//! checker.

#[cfg(resilience_loom)]
pub(crate) use loom::sync::atomic;
#[cfg(not(resilience_loom))]
pub(crate) use std::sync::atomic;

#[cfg(resilience_loom)]
pub(crate) use loom::sync::MutexGuard;
#[cfg(not(resilience_loom))]
pub(crate) use std::sync::MutexGuard;

/// A mutex that a panic cannot poison: no user code ever runs under one of ours, and their states are
/// whole at every point where arithmetic could panic.
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

/// The turns of those who do the same one after another. Who waits for one is not a blocked thread.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    mutex: tokio::sync::Mutex<()>,
    /// The model checker does not see into tokio: what one turn has done is seen by the next.
    #[cfg(resilience_loom)]
    seen: atomic::AtomicU32,
}

/// One turn. Dropped, the next one begins.
pub(crate) struct TurnGuard<'a> {
    #[cfg(resilience_loom)]
    _seen: Seen<'a>,
    _guard: tokio::sync::MutexGuard<'a, ()>,
}

impl Turns {
    pub(crate) async fn next(&self) -> TurnGuard<'_> {
        let guard = self.mutex.lock().await;
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
        self.0.fetch_add(1, atomic::Ordering::Release);
    }
}
