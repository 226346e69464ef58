//! Detects whether a recorder is the global one. The global recorder lives as long as the process, so its handles may
//! be kept. A local one may be dropped at any time, and another may take its address.

use std::sync::atomic::{AtomicUsize, Ordering};

use ::metrics::{Recorder, with_recorder};

/// The address of the global recorder; 0 while it is unknown.
static GLOBAL_ADDRESS: AtomicUsize = AtomicUsize::new(0);

/// Returns the address of `recorder`; 0 for a type without a size, whose address does not identify it. The no-op
/// recorder, which is active where none is installed, is such a type.
fn address(recorder: &dyn Recorder) -> usize {
    if size_of_val(recorder) == 0 {
        0
    } else {
        std::ptr::from_ref(recorder).addr()
    }
}

/// Returns whether a recorder is certainly active on this thread.
pub(crate) fn is_recorded() -> bool {
    with_recorder(address) != 0
}

#[inline]
pub(crate) fn is_global(recorder: &dyn Recorder) -> bool {
    let global = GLOBAL_ADDRESS.load(Ordering::Relaxed);
    global != 0 && global == address(recorder)
}

/// Finds the global recorder. It is looked up on a new thread, which certainly has no local recorder.
pub(crate) fn detect_global() {
    if GLOBAL_ADDRESS.load(Ordering::Relaxed) != 0 || with_recorder(address) == 0 {
        return;
    }
    let seen = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || with_recorder(address));
        thread.map(|thread| thread.join().unwrap_or(0))
    });
    // Where threads cannot be spawned, no handle is kept.
    if let Ok(address) = seen {
        GLOBAL_ADDRESS.store(address, Ordering::Relaxed);
    }
}
