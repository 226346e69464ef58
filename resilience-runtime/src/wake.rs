//! Waking those who wait, once no lock is held: a waker is foreign code and may come straight back.
//!
//! A pattern wakes after releasing its own lock. Where it works for the registry, the registry's lock is
//! held as well, so the registry puts the waking off.

use std::cell::RefCell;
use std::task::Waker;

thread_local! {
    static PUT_OFF: RefCell<Option<Vec<Waker>>> = const { RefCell::new(None) };
}

/// Wakes them, now or when the waking is no longer put off.
pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    let now: Vec<Waker> = PUT_OFF.with_borrow_mut(|put_off| match put_off {
        Some(put_off) => {
            put_off.extend(wakers);
            Vec::new()
        }
        None => wakers.into_iter().collect(),
    });
    now.into_iter().for_each(Waker::wake);
}

/// While it lives, nobody is woken by this thread; made before a lock is taken, it is dropped after.
pub(crate) struct PutOff {
    outermost: bool,
}

impl PutOff {
    pub(crate) fn begin() -> Self {
        let outermost = PUT_OFF.with_borrow_mut(|put_off| {
            let outermost = put_off.is_none();
            put_off.get_or_insert_default();
            outermost
        });
        Self { outermost }
    }
}

impl Drop for PutOff {
    fn drop(&mut self) {
        if self.outermost {
            let wakers = PUT_OFF.take().unwrap_or_default();
            wakers.into_iter().for_each(Waker::wake);
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
    fn what_is_put_off_is_woken_at_the_end_of_the_outermost() {
        let wakes = Arc::new(Wakes::default());
        let woken = || wakes.0.load(Ordering::Relaxed);
        let one = || [Waker::from(Arc::clone(&wakes))];
        wake(one());
        assert_eq!(woken(), 1);
        let outer = PutOff::begin();
        wake(one());
        let inner = PutOff::begin();
        wake(one());
        drop(inner);
        assert_eq!(woken(), 1);
        drop(outer);
        assert_eq!(woken(), 3);
        wake(one());
        assert_eq!(woken(), 4, "nothing is put off any more");
    }
}
