//! The slowest answers with and without hedges, as tab separated lines: contestant, milliseconds at the 50th, 95th and 99th
//! percentile, requests for each call.
//!
//! ```sh
//! cargo run --release -p resilience-benches --example hedge_tail [CALLS]
//! ```

use resilience_benches::drive::RUNTIME;
use resilience_benches::tail::tails;

const CALLS: u64 = 10_000;

fn main() {
    let calls = std::env::args()
        .nth(1)
        .map_or(CALLS, |calls| calls.parse().expect("a number of calls"));
    for tail in RUNTIME.block_on(tails(calls)) {
        let [p50, p95, p99] = [tail.p50, tail.p95, tail.p99].map(|it| it.as_secs_f64() * 1e3);
        println!(
            "{}\t{p50:.1}\t{p95:.1}\t{p99:.1}\t{:.3}",
            tail.contestant, tail.requests
        );
    }
}
