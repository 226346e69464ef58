//! Runs foreign code when no lock is held: a waker, a listener, what logs or sends an event may call back at once.
//!
//! A pattern wakes after it has released its own lock. Where it works for the registry, the registry's lock is held as
//! well, so the registry defers all of it.

use std::cell::RefCell;
use std::task::Waker;

thread_local! {
    static DEFERRED: RefCell<Option<Vec<Work>>> = const { RefCell::new(None) };
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
    let deferred = DEFERRED.with_borrow(Option::is_some);
    if !deferred {
        return work();
    }
    let work = Work::Run(Box::new(work));
    DEFERRED.with_borrow_mut(|deferred| deferred.get_or_insert_default().push(work));
}

/// Wakes them, now or when wakes are no longer deferred.
pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    let now: Vec<Waker> = DEFERRED.with_borrow_mut(|deferred| match deferred {
        Some(deferred) => {
            deferred.extend(wakers.into_iter().map(Work::Wake));
            Vec::new()
        }
        None => wakers.into_iter().collect(),
    });
    now.into_iter().for_each(Waker::wake);
}

/// Defers all wakes, and what is to run later, of this thread until it is dropped. Made before a lock is taken, and dropped after it is released.
pub(crate) struct DeferredWakes {
    outermost: bool,
}

impl DeferredWakes {
    pub(crate) fn begin() -> Self {
        let outermost = DEFERRED.with_borrow_mut(|deferred| {
            let outermost = deferred.is_none();
            deferred.get_or_insert_default();
            outermost
        });
        Self { outermost }
    }
}

impl Drop for DeferredWakes {
    fn drop(&mut self) {
        if self.outermost {
            let deferred = DEFERRED.take().unwrap_or_default();
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
