//! Which of a few shares of something is a thread's own, so that threads do not fight over one cache line.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many shares there are.
pub(crate) const SHARDS: usize = 8;

/// The share of the current thread.
#[inline]
pub(crate) fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    MINE.with(|mine| {
        let shard = mine.get();
        if shard < SHARDS {
            return shard;
        }
        let shard = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
        mine.set(shard);
        shard
    })
}
