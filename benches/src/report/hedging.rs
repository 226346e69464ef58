//! What a hedge that does not start adds to a call, and what those that start make of the slowest answers.

use std::fmt::Write as _;

use super::format::{share, times};
use super::measured::{Measured, Run};

const WITHOUT: &str = "without";

pub(super) fn table(run: &Run) -> String {
    let mut text = "A server in the same process answers in 16 to 24 ms, and takes 20 times as long in 3 % of requests; 32 callers. This crate \
        finds its delay out (`hedge(delay = \"p95\")`), the others are told the 95th percentile that was measured without hedges. Latencies \
        are given as shares of those without.\n\n\
        | contestant | p50 | p95 | p99 | requests per call |\n|---|---|---|---|---|\n"
        .to_owned();
    let Some(measured) = run.profiles.first() else {
        return text;
    };
    for (contestant, numbers) in &measured.tails {
        let _ = write!(text, "| {contestant} |");
        for column in 0..3 {
            let _ = write!(
                text,
                " {} |",
                times(of_without(measured, contestant, column))
            );
        }
        let _ = writeln!(text, " {} |", times(numbers.get(3).copied()));
    }
    let _ = writeln!(
        text,
        "\nA call that is pending once, with a timeout and a hedge that does not start, takes {} the time of one with the timeout alone; \
         with a percentile {}.",
        times(armed(measured, "hedge")),
        times(armed(measured, "hedge, p95")),
    );
    text
}

/// A percentile of a contestant, of that without hedges.
pub(super) fn of_without(measured: &Measured, contestant: &str, column: usize) -> Option<f64> {
    let at = |who: &str| measured.tails.get(who)?.get(column).copied();
    share(at(contestant), at(WITHOUT))
}

/// The time of a pending call with a hedge, of one without.
pub(super) fn armed(measured: &Measured, name: &str) -> Option<f64> {
    let time = |name: &str| {
        measured
            .nanos
            .get(&format!("hedge/pending/{name}"))
            .copied()
    };
    share(time(name), time("timeout"))
}
