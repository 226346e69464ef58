//! The tables of all measurements.

use std::fmt::Write;

use super::format::{NOTHING, contestant, number, profile, share, times};
use super::hedging;
use super::measured::{Measured, Run};
use super::targets::throughput;

/// How to read them.
pub(super) const INTRODUCTION: &str = "\
## How to read it

All contestants guard the same body, an `async fn` that borrows its argument and is ready at its first poll, on the same runtime. \
The cost of the body alone is subtracted: **added** nanoseconds. *Ratio* is the cost of a contestant divided by the cost of this crate. \
Absolute times depend on the machine; compare the ratios. Instructions, counted by callgrind, are the same in every run (a read of the \
clock is a system call there, and counts as few). Allocations and bytes are counted by an allocator.

* *full*: token bucket, breaker on consecutive failures, three attempts, timeout. *untimed*: without the timeout. *unlimited*: without \
the limiter. This crate has a deadline and a retry budget as well, which are on by default, and it counts calls.
* *by hand*: `governor` (with its fast clock), `failsafe`, `backon`, tokio's timeout. *floor prototype*: the same work by the cheapest \
means, without configuration, verdicts, cancellation or statistics beyond one counter; it reads tokio's clock, as this crate does.
* *`fast-clock`*: the feature of that name, with which this crate reads the processor's counter, as `governor` does.
* `seatbelt` has no limiter, `tower` neither a breaker nor a limiter that rejects, the others one pattern each; `seatbelt` and \
`recloser` have breakers by rate alone.
* *third attempt*: fail, fail, succeed, without backoff. A contestant that always sleeps has no time there.
* *fallback*: the circuit is open, and a value answers.
* Layers and middlewares are measured against the same service or chain without a guard. *full_bulkhead*: *full* and a bulkhead. This \
crate's layer is one, `tower-resilience` has one for each pattern. `reqwest-retry` has retries alone; beside it this crate's middleware \
keeps breaker, timeout, deadline and statistics.
";

const PATHS: [(&str, &str); 9] = [
    ("success", "Success"),
    ("pending", "Success at the body's second poll"),
    ("third_attempt", "Success at the third attempt"),
    ("open", "Rejection by an open circuit"),
    ("limited", "Rejection by a rate limit"),
    ("fallback", "Fallback"),
    ("layer", "A `tower::Service`, guarded by layers"),
    ("layer_open", "A `tower::Service` whose circuit is open"),
    ("request", "A request through `reqwest-middleware`"),
];

const PATTERNS: [&str; 11] = [
    "full",
    "full_bulkhead",
    "untimed",
    "unlimited",
    "retry_timeout",
    "breaker",
    "breaker_rate",
    "limiter",
    "retry",
    "timeout",
    "bare",
];

pub(super) fn all(run: &Run) -> String {
    let mut text = String::new();
    for (path, title) in PATHS {
        let _ = write!(text, "\n## {title}\n\n{}", paths(run, path));
    }
    let _ = write!(
        text,
        "\n## 64 tasks on one thread\n\n{}",
        paths(run, "tasks_64")
    );
    let _ = write!(text, "\n## Two threads\n\n{}", threads(run));
    let _ = write!(text, "\n## Keyed limiter\n\n{}", keyed(run));
    let _ = write!(text, "\n## Hedging\n\n{}", hedging::table(run));
    let _ = write!(text, "\n## Targets\n\n{}", several_targets(run));
    let _ = write!(text, "\n## Compile time\n\n{}", compiler(run));
    text
}

/// Returns a line for each contestant that was measured on this path.
fn paths(run: &Run, path: &str) -> String {
    let mut text = "| patterns | contestant |".to_owned();
    for measured in &run.profiles {
        let profile = profile(&measured.profile);
        let _ = write!(text, " {profile}, ns | ratio | instructions |");
    }
    text.push_str(" allocations | bytes |\n|---|---|");
    text.push_str(&"---|".repeat(3 * run.profiles.len() + 2));
    text.push('\n');
    for patterns in PATTERNS {
        for who in names(run, path, patterns) {
            line(&mut text, run, path, patterns, &who);
        }
    }
    text
}

fn line(text: &mut String, run: &Run, path: &str, patterns: &str, who: &str) {
    let case = format!("{path}/{patterns}/{who}");
    let counted = |columns: Option<&Vec<f64>>, at: usize| {
        number(columns.and_then(|columns| columns.get(at).copied()))
    };
    let _ = write!(text, "| {patterns} | {} |", contestant(who));
    for measured in &run.profiles {
        let added = |who: &str| measured.added(path, &format!("{patterns}/{who}"));
        let theirs = added(who);
        let ratio = share(theirs, added("ours")).filter(|_| who != "ours" && patterns != "bare");
        let instructions = counted(measured.instructions.get(&case), 0);
        let _ = write!(
            text,
            " {} | {} | {instructions} |",
            number(theirs),
            times(ratio)
        );
    }
    let first = run.profiles.first();
    let allocations = first.and_then(|measured| measured.allocations.get(&case));
    let _ = writeln!(
        text,
        " {} | {} |",
        counted(allocations, 0),
        counted(allocations, 1)
    );
}

/// Returns this crate first, then the others by their cost; also those that were counted but not timed.
fn names(run: &Run, path: &str, patterns: &str) -> Vec<String> {
    let prefix = format!("{path}/{patterns}/");
    let Some(measured) = run.profiles.first() else {
        return Vec::new();
    };
    let keys = measured.nanos.keys().chain(measured.allocations.keys());
    let mut names: Vec<String> = keys
        .filter_map(|name| name.strip_prefix(&prefix))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    let time = |who: &String| measured.added(path, &format!("{patterns}/{who}"));
    names.sort_by(|a, b| {
        let rank = |who: &String| (who != "ours", time(who).unwrap_or(f64::MAX));
        let ((a, a_time), (b, b_time)) = (rank(a), rank(b));
        a.cmp(&b).then(a_time.total_cmp(&b_time))
    });
    names
}

fn threads(run: &Run) -> String {
    let mut text = "Throughput of two threads, each on a runtime of its own, divided by that of one thread. With a limiter, all calls \
        go through one exact bucket. `bare` shares nothing: the further it is from 2.00×, the busier was the machine.\n\n| patterns | contestant |"
        .to_owned();
    for measured in &run.profiles {
        let profile = profile(&measured.profile);
        let _ = write!(text, " one service, {profile} | two services, {profile} |");
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(2 * run.profiles.len()));
    text.push('\n');
    for patterns in PATTERNS {
        let prefix = format!("threads/{patterns}_");
        let Some(first) = run.profiles.first() else {
            break;
        };
        let names = first
            .nanos
            .keys()
            .filter_map(|name| name.strip_prefix(&prefix));
        for who in names.filter_map(|name| name.strip_suffix("/one")) {
            let _ = write!(text, "| {patterns} | {} |", contestant(who));
            for measured in &run.profiles {
                let load = |load| times(throughput(measured, &format!("{patterns}_{who}"), load));
                let _ = write!(text, " {} | {} |", load("same"), load("two"));
            }
            text.push('\n');
        }
    }
    text
}

/// A function with ten targets beside the same function without.
fn several_targets(run: &Run) -> String {
    let mut text = "The same function, with a breaker and a rate limit, without targets and with ten; each target has both.\n\n| function |"
        .to_owned();
    for measured in &run.profiles {
        let _ = write!(text, " call, ns, {} | ratio |", profile(&measured.profile));
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(2 * run.profiles.len()));
    text.push('\n');
    let functions = [
        ("without", "without targets"),
        ("ten", "ten targets, `balanced`"),
        ("ordered", "ten targets, `ordered`"),
    ];
    for (name, title) in functions {
        let _ = write!(text, "| {title} |");
        for measured in &run.profiles {
            let nanos = |name: &str| measured.nanos.get(&format!("targets/ours/{name}")).copied();
            let (own, without) = (nanos(name), nanos("without"));
            let ratio = own.zip(without).map(|(own, without)| own / without);
            let ratio = ratio.map_or_else(|| NOTHING.to_owned(), |ratio| format!("{ratio:.2}×"));
            let _ = write!(text, " {} | {ratio} |", number(own));
        }
        text.push('\n');
    }
    text
}

fn keyed(run: &Run) -> String {
    let mut text = "Keys are `u64`, checked in random order. *Evicting*: every check has a new key, in a table of 10^4; governor keeps \
        keys until `retain_recent` is called.\n\n| contestant | keys |"
        .to_owned();
    for measured in &run.profiles {
        let _ = write!(text, " check, ns, {} |", profile(&measured.profile));
    }
    text.push_str(" bytes per key | slowest check while keys are added, µs |\n|---|---|---|---|");
    text.push_str(&"---|".repeat(run.profiles.len()));
    text.push('\n');
    for keys in ["1", "10000", "1000000", "evicting"] {
        for who in ["ours", "governor"] {
            keyed_line(&mut text, run, who, keys);
        }
    }
    for requests in ["1", "10"] {
        let name = format!("ours_sliding_{requests}/10000");
        let bytes = first_keyed(run, &name, 0);
        let nothing = format!(" {NOTHING} |").repeat(run.profiles.len());
        let _ = writeln!(
            text,
            "| {}, sliding window, {requests} admitted per key | 10000 |{nothing} {} | {NOTHING} |",
            contestant("ours"),
            number(bytes),
        );
    }
    text
}

fn keyed_line(text: &mut String, run: &Run, who: &str, keys: &str) {
    let check = |measured: &Measured| measured.nanos.get(&format!("keyed/{who}/{keys}")).copied();
    if !run
        .profiles
        .iter()
        .any(|measured| check(measured).is_some())
    {
        return;
    }
    let _ = write!(text, "| {} | {keys} |", contestant(who));
    for measured in &run.profiles {
        let _ = write!(text, " {} |", number(check(measured)));
    }
    let name = format!("{who}/{keys}");
    let _ = writeln!(
        text,
        " {} | {} |",
        number(first_keyed(run, &name, 0)),
        number(first_keyed(run, &name, 2)),
    );
}

fn first_keyed(run: &Run, name: &str, column: usize) -> Option<f64> {
    run.profiles.first()?.keyed.get(name)?.get(column).copied()
}

fn compiler(run: &Run) -> String {
    let mut text = "200 methods in one crate, CPU seconds of one rustc, the minimum of several runs; each method has three arguments and a \
        `?`. LLVM lines are those of defined functions before optimisation, per method.\n\n\
        | methods | check, s | debug, s | release, s | LLVM lines per method, debug | release | future, bytes |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for variant in [
        "plain",
        "tracing::instrument",
        "annotated",
        "with arguments",
    ] {
        let Some(columns) = run.compile.get(variant) else {
            continue;
        };
        let cell = |(at, value): (usize, &f64)| match at {
            0..=2 => format!("{value:.2}"),
            _ => number(Some(*value)),
        };
        let cells: Vec<_> = columns.iter().enumerate().map(cell).collect();
        let _ = writeln!(text, "| {variant} | {} |", cells.join(" | "));
    }
    text
}
