//! Counters that threads do not fight over.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What is counted of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// A call whose first attempt succeeded: a call, an attempt and a success in one increment.
    Clean,
    Calls,
    Attempts,
    Successes,
    Transient,
    OutcomeUnknown,
    Throttled,
    Permanent,
    Timeouts,
    Deadlines,
    Retries,
    RejectedByCircuit,
    RejectedByRateLimit,
    RejectedByBulkhead,
    InvalidConfig,
    Abandoned,
    FallbackCache,
    FallbackCall,
    FallbackValue,
    FallbackRegistered,
    FallbackFailed,
    BrokenStreams,
    CacheHits,
    CacheMisses,
    CacheShared,
    CacheStale,
    CacheNegative,
    CacheRefreshes,
}

const COUNTERS: usize = Counter::CacheRefreshes as usize + 1;
const SHARDS: usize = 8;

/// One thread's share. Two cache lines apart, because processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard([AtomicU64; COUNTERS]);

/// All counters of one service.
#[derive(Debug, Default)]
pub(crate) struct Counters([Shard; SHARDS]);

impl Counters {
    #[inline]
    pub(crate) fn add(&self, counter: Counter) {
        self.0[shard()].0[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.0
            .iter()
            .map(|shard| shard.0[counter as usize].load(Ordering::Relaxed))
            .fold(0, u64::wrapping_add)
    }
}

/// The shard of the current thread.
#[inline]
fn shard() -> usize {
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
