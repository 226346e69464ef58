//! Assigns threads to a few shards, so that threads do not contend for one cache line.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

/// The number of shards.
pub(crate) const SHARDS: usize = 8;

/// The number of threads in each shard.
struct Threads([usize; SHARDS]);

impl Threads {
    const fn new() -> Self {
        Self([0; SHARDS])
    }

    /// Enters the shard with the fewest threads.
    fn enter(&mut self) -> usize {
        let fewest = (0..SHARDS).min_by_key(|&shard| self.0[shard]).unwrap_or(0);
        self.0[fewest] += 1;
        fewest
    }

    fn leave(&mut self, shard: usize) {
        self.0[shard] -= 1;
    }
}

static THREADS: Mutex<Threads> = Mutex::new(Threads::new());

fn with_threads<T>(work: impl FnOnce(&mut Threads) -> T) -> T {
    work(&mut THREADS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Leaves the shard when the thread ends.
struct Lease(usize);

impl Drop for Lease {
    fn drop(&mut self) {
        with_threads(|threads| threads.leave(self.0));
    }
}

/// Returns the shard of the current thread. No two threads share one, as long as there are no more threads than shards.
#[inline]
pub(crate) fn shard() -> usize {
    thread_local! {
        // Apart from the lease, because this needs no destructor.
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    MINE.with(|mine| {
        let shard = mine.get();
        if shard < SHARDS {
            return shard;
        }
        let shard = enter();
        mine.set(shard);
        shard
    })
}

#[cold]
fn enter() -> usize {
    thread_local! {
        static LEASE: Lease = Lease(with_threads(Threads::enter));
    }
    // A thread that is about to end has no lease any more.
    LEASE.try_with(|lease| lease.0).unwrap_or(0)
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    #[test]
    fn enter_prefers_the_shard_with_the_fewest_threads() {
        let mut threads = Threads::new();
        let mut all: Vec<_> = (0..SHARDS).map(|_| threads.enter()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..SHARDS).collect::<Vec<_>>());
        // Threads that come and go do not share with those that stay.
        threads.leave(5);
        for _ in 0..20 {
            assert_eq!(threads.enter(), 5);
            threads.leave(5);
        }
    }

    #[test]
    fn thread_keeps_its_shard() {
        let mine = shard();
        let other = std::thread::spawn(|| (shard(), shard())).join();
        let other = other.expect("no panic");
        assert_eq!((mine, other.0), (shard(), other.1));
    }
}
