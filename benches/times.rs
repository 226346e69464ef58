//! Times, by criterion. After a whole run the report is written, with what else `scripts/bench` has left.

mod hedging;
mod keyed;
mod loads;
mod rejections;
mod retries;
mod several_targets;
mod success;
mod threads;

use criterion::{Criterion, criterion_group};
use resilience_benches::measure::config;
use resilience_benches::report;

criterion_group! {
    name = benches;
    config = config();
    targets =
        success::success, retries::retries, rejections::rejections, loads::loads, threads::threads,
        keyed::keyed, hedging::hedging, several_targets::several_targets
}

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    if let Err(error) = report::at_the_end() {
        eprintln!("the report could not be written: {error}");
    }
}
