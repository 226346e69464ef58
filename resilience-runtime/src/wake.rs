//! Runs foreign code when no lock is held: a waker, a listener, what logs or sends an event may call back at once.
//!
//! A pattern wakes after it has released its own lock. Where it works for the registry, the registry's lock is held as
//! well, so the registry defers all of it.

use std::task::Waker;

use crate::thread_slot::ThreadSlot;

thread_local! {
    static DEFERRED: ThreadSlot<Vec<Work>> = const { ThreadSlot::empty() };
}

enum Work {
    Wake(Waker),
    Run(Box<dyn FnOnce()>),
}

impl Work {
    fn run(self) {
        match self {
            Self::Wake(waker) => waker.wake(),
            Self::Run(work) => work(),
        }
    }
}

/// Runs it, now or when wakes are no longer deferred.
pub(crate) fn later(work: impl FnOnce() + 'static) {
    match DEFERRED.with(ThreadSlot::take) {
        None => work(),
        Some(mut deferred) => {
            deferred.push(Work::Run(Box::new(work)));
            DEFERRED.with(|slot| slot.replace(Some(deferred)));
        }
    }
}

/// Wakes them, now or when wakes are no longer deferred.
pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    match DEFERRED.with(ThreadSlot::take) {
        None => {
            let now: Vec<Waker> = wakers.into_iter().collect();
            now.into_iter().for_each(Waker::wake);
        }
        Some(mut deferred) => {
            deferred.extend(wakers.into_iter().map(Work::Wake));
            DEFERRED.with(|slot| slot.replace(Some(deferred)));
        }
    }
}

/// Defers all wakes, and what is to run later, of this thread until it is dropped. Made before a lock is taken, and dropped after it is released.
pub(crate) struct DeferredWakes {
    outermost: bool,
}

impl DeferredWakes {
    pub(crate) fn begin() -> Self {
        let deferred = DEFERRED.with(ThreadSlot::take);
        let outermost = deferred.is_none();
        DEFERRED.with(|slot| slot.replace(Some(deferred.unwrap_or_default())));
        Self { outermost }
    }
}

impl Drop for DeferredWakes {
    fn drop(&mut self) {
        if self.outermost {
            let deferred = DEFERRED.with(ThreadSlot::take).unwrap_or_default();
            deferred.into_iter().for_each(Work::run);
        }
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn deferred_wakes_run_when_the_outermost_guard_is_dropped() {
        let wakes = Arc::new(Wakes::default());
        let woken = || wakes.0.load(Ordering::Relaxed);
        let one = || [Waker::from(Arc::clone(&wakes))];
        wake(one());
        assert_eq!(woken(), 1);
        let outer = DeferredWakes::begin();
        wake(one());
        let inner = DeferredWakes::begin();
        wake(one());
        drop(inner);
        assert_eq!(woken(), 1);
        drop(outer);
        assert_eq!(woken(), 3);
        wake(one());
        assert_eq!(woken(), 4, "nothing is deferred any more");
    }
}
