//! A counter that threads do not fight for.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

const SHARDS: usize = 16;

/// Alone on its cache lines; two, because processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(AtomicU64);

#[derive(Debug, Default)]
pub(super) struct Counter {
    shards: [Shard; SHARDS],
}

impl Counter {
    #[inline]
    pub(super) fn increment(&self) {
        let shard = MINE.with(|mine| *mine) % SHARDS;
        self.shards[shard].0.fetch_add(1, Relaxed);
    }

    pub(super) fn sum(&self) -> u64 {
        self.shards.iter().map(|shard| shard.0.load(Relaxed)).sum()
    }
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static MINE: usize = THREADS.fetch_add(1, Relaxed);
}
