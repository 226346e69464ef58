//! What keys cost in memory, and the longest that one check took while keys came, as tab separated lines: contestant,
//! keys, bytes per key, allocations per key, worst check in microseconds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use resilience_benches::keyed::{Keyed, governor, key, ours_busy, ours_sliding};

/// The longest check is the least of as many runs, since the machine may pause as well.
const RUNS: usize = 3;

/// Requests that each key has made, where memory depends on them.
const REQUESTS: u64 = 10;

fn main() {
    for keys in [10_000, 1_000_000] {
        report("ours", keys, 1, || ours_busy(keys));
        report("governor", keys, 1, governor);
    }
    report("ours_sliding_1", 10_000, 1, || ours_sliding(10_000));
    report("ours_sliding_10", 10_000, REQUESTS, || ours_sliding(10_000));
}

fn report<L: Keyed>(name: &str, keys: u64, requests: u64, make: impl Fn() -> L) {
    let mut kept = None;
    let grown = measure(|| {
        let limiter = make();
        fill(&limiter, keys, requests);
        kept = Some(limiter);
    });
    drop(kept);
    let worst = (0..RUNS).map(|_| longest_check(&make(), keys)).min();
    println!(
        "{name}\t{keys}\t{:.1}\t{:.2}\t{:.1}",
        grown.bytes_current as f64 / keys as f64,
        grown.count_current as f64 / keys as f64,
        worst.unwrap_or_default().as_secs_f64() * 1e6,
    );
}

fn fill(limiter: &impl Keyed, keys: u64, requests: u64) {
    for index in 0..keys {
        for _ in 0..requests {
            assert!(limiter.admits(key(index)), "nothing is rejected");
        }
    }
}

fn longest_check(limiter: &impl Keyed, keys: u64) -> Duration {
    let mut longest = Duration::ZERO;
    for index in 0..keys {
        let started = Instant::now();
        black_box(limiter.admits(key(index)));
        longest = longest.max(started.elapsed());
    }
    longest
}
