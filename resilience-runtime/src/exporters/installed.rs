//! Whether a recorder is the global one, which stays for good, so that handles that it gave may be kept. A local
//! one may be gone after the next statement, and another one be where it was.

use std::sync::atomic::{AtomicUsize, Ordering};

use ::metrics::{Recorder, with_recorder};

/// Where the global recorder is; 0 while that is not known.
static GLOBAL: AtomicUsize = AtomicUsize::new(0);

/// Where `recorder` is; 0 if it has no size, so that its address says nothing. The one that stands in where there
/// is none is such a one, and nothing tells it from others of that sort.
fn address(recorder: &dyn Recorder) -> usize {
    if size_of_val(recorder) == 0 {
        0
    } else {
        std::ptr::from_ref(recorder).addr()
    }
}

/// Whether there surely is a recorder here and now.
pub(crate) fn is_recorded() -> bool {
    with_recorder(address) != 0
}

#[inline]
pub(super) fn is_global(recorder: &dyn Recorder) -> bool {
    let global = GLOBAL.load(Ordering::Relaxed);
    global != 0 && global == address(recorder)
}

/// Finds out whether there is a global recorder. Only a thread that nobody else had its hands on is sure to have
/// no local one.
pub(super) fn look() {
    if GLOBAL.load(Ordering::Relaxed) != 0 || with_recorder(address) == 0 {
        return;
    }
    let seen = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || with_recorder(address));
        thread.map(|thread| thread.join().unwrap_or(0))
    });
    // Where there are no threads, no handle is kept.
    if let Ok(address) = seen {
        GLOBAL.store(address, Ordering::Relaxed);
    }
}
