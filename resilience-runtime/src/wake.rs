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
