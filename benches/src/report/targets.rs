//! Compares the measurements with what this project aims at. For maintainers; not part of the page.

use std::fmt::Write;

use super::format::{NOTHING, number, profile, share, times};
use super::hedging;
use super::measured::{Measured, Run};

/// One line of the table.
struct Target {
    what: String,
    aim: String,
    measured: String,
    /// The same ratio of instructions, which no noise disturbs.
    counted: String,
    met: Option<bool>,
    /// Whether the machine was so busy that nobody can say.
    busy: bool,
}

impl Target {
    /// A ratio or an amount that should be at least or at most so much.
    fn new(what: impl Into<String>, aim: Aim, unit: Unit, measured: Option<f64>) -> Self {
        let shown = |value| match unit {
            Unit::Times => times(value),
            Unit::Amount(unit) if value.is_some() => format!("{}{unit}", number(value)),
            Unit::Amount(_) => NOTHING.to_owned(),
        };
        let (aim, met) = match aim {
            Aim::AtLeast(least) => (
                format!("≥ {}", shown(Some(least))),
                measured.map(|m| m >= least),
            ),
            Aim::AtMost(most) => (
                format!("≤ {}", shown(Some(most))),
                measured.map(|m| m <= most),
            ),
        };
        Self {
            what: what.into(),
            aim,
            measured: shown(measured),
            counted: String::new(),
            met,
            busy: false,
        }
    }

    fn counted(self, ratio: Option<f64>) -> Self {
        let counted = times(ratio);
        Self { counted, ..self }
    }
}

#[derive(Clone, Copy)]
enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

#[derive(Clone, Copy)]
enum Unit {
    Times,
    Amount(&'static str),
}

use Aim::{AtLeast, AtMost};
use Unit::{Amount, Times};

pub(super) fn table(run: &Run) -> String {
    let mut targets = Vec::new();
    for measured in &run.profiles {
        speed(&mut targets, measured);
    }
    speed(&mut targets, &run.fast_clock);
    if let Some(measured) = run.profiles.first() {
        amounts(&mut targets, measured);
        threads(&mut targets, measured);
        keys(&mut targets, measured);
        hedges(&mut targets, measured);
    }
    compiler(&mut targets, run);

    let mut text =
        "## Targets\n\n| what | target | measured | by instructions | |\n|---|---|---|---|---|\n"
            .to_owned();
    for target in targets {
        let met = match target.met {
            Some(_) if target.busy => "machine too busy",
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "not measured",
        };
        let Target {
            what,
            aim,
            measured,
            counted,
            ..
        } = target;
        let _ = writeln!(text, "| {what} | {aim} | {measured} | {counted} | {met} |");
    }
    text
}

fn speed(targets: &mut Vec<Target>, measured: &Measured) {
    let profile = profile(&measured.profile);
    // What one case adds, of what another adds: by time and by instructions.
    let mut aim = |what: &str, aim, case: (&str, &str), of: (&str, &str)| {
        let ratio = share(measured.added(case.0, case.1), measured.added(of.0, of.1));
        let counted = share(
            measured.added_instructions(case.0, case.1),
            measured.added_instructions(of.0, of.1),
        );
        let what = format!("{what}, {profile}");
        targets.push(Target::new(what, aim, Times, ratio).counted(counted));
    };
    let ours = ("success", "full/ours");
    let by_hand = ("success", "full/by_hand");
    aim(
        "success, full stack: what by hand adds, of ours",
        AtLeast(3.0),
        by_hand,
        ours,
    );
    let (theirs, untimed) = (("success", "untimed/by_hand"), ("success", "untimed/ours"));
    aim(
        "success, without timeout: what by hand adds, of ours",
        AtLeast(2.0),
        theirs,
        untimed,
    );
    let theirs = ("success", "full/tower_resilience");
    aim(
        "success, full stack: what tower-resilience adds, of ours",
        AtLeast(15.0),
        theirs,
        ours,
    );
    // It always reads tokio's clock.
    if measured.profile != "fast-clock" {
        aim(
            "success, full stack: what ours adds, of the floor prototype",
            AtMost(1.5),
            ours,
            ("success", "full/floor"),
        );
    }
    aim(
        "open rejection, of what success adds",
        AtMost(1.0),
        ("open", "full/ours"),
        ours,
    );
}

fn amounts(targets: &mut Vec<Target>, measured: &Measured) {
    for (path, what) in [
        ("success", "success"),
        ("open", "open rejection"),
        ("limited", "limit rejection"),
        ("third_attempt", "success at the third attempt"),
    ] {
        let counted = measured.allocations.get(&format!("{path}/full/ours"));
        let allocations = counted.and_then(|counted| counted.first().copied());
        targets.push(Target::new(
            format!("{what}, full stack: allocations"),
            AtMost(0.0),
            Amount(""),
            allocations,
        ));
    }
    let counted = measured.instructions.get("success/full/ours");
    let reads = counted.and_then(|counted| counted.get(1).copied());
    targets.push(Target::new(
        "success, full stack: reads of the clock",
        AtMost(1.0),
        Amount(""),
        reads,
    ));
}

fn threads(targets: &mut Vec<Target>, measured: &Measured) {
    let throughput = |name: &str, load: &str| throughput(measured, name, load);
    // Two threads that share nothing make twice the calls, where each has a processor of its own.
    let quiet = ["same", "two"]
        .into_iter()
        .all(|load| throughput("bare_bare", load).is_some_and(|bare| (1.8..=2.2).contains(&bare)));
    let mut aim = |what: &str, least, measured| {
        let target = Target::new(what, AtLeast(least), Times, measured);
        targets.push(Target {
            busy: !quiet,
            ..target
        });
    };
    aim(
        "2 threads, one service, no limiter: throughput of one thread's",
        1.6,
        throughput("unlimited_ours", "same"),
    );
    aim(
        "2 threads, one service, exact limiter",
        0.5,
        throughput("full_ours", "same"),
    );
    aim(
        "2 threads, two services, no limiter",
        1.9,
        throughput("unlimited_ours", "two"),
    );
    aim(
        "2 threads, two services, exact limiter",
        1.9,
        throughput("full_ours", "two"),
    );
}

/// Calls of two threads in the time of one's, of those that one makes alone.
pub(super) fn throughput(measured: &Measured, name: &str, load: &str) -> Option<f64> {
    let time = |load: &str| {
        measured
            .nanos
            .get(&format!("threads/{name}/{load}"))
            .copied()
    };
    share(time("one").map(|one| 2.0 * one), time(load))
}

fn keys(targets: &mut Vec<Target>, measured: &Measured) {
    let memory = |name: &str, column: usize| measured.keyed.get(name)?.get(column).copied();
    let check = |keys: &str| measured.nanos.get(&format!("keyed/ours/{keys}")).copied();
    let bytes = Amount(" bytes");
    targets.push(Target::new(
        "keyed limiter: a key of 10^6",
        AtMost(64.0),
        bytes,
        memory("ours/1000000", 0),
    ));
    let ten = memory("ours_sliding_10/10000", 0);
    let one = memory("ours_sliding_1/10000", 0);
    let each = ten.zip(one).map(|(ten, one)| (ten - one) / 9.0);
    targets.push(Target::new(
        "sliding window: each admitted request",
        AtMost(8.0),
        bytes,
        each,
    ));
    let ratio = share(check("1000000"), check("1"));
    targets.push(Target::new(
        "keyed limiter: a check at 10^6 keys, of one at 1 key",
        AtMost(2.0),
        Times,
        ratio,
    ));
    let worst = memory("ours/1000000", 2);
    targets.push(Target::new(
        "keyed limiter: the worst check while 10^6 keys come",
        AtMost(1_000.0),
        Amount(" µs"),
        worst,
    ));
}

fn hedges(targets: &mut Vec<Target>, measured: &Measured) {
    let ours = "resilience, p95";
    let requests = measured
        .tails
        .get(ours)
        .and_then(|tail| tail.get(3).copied());
    for (what, most, ratio) in [
        (
            "a hedge that does not start, of a timeout alone",
            1.3,
            hedging::armed(measured, "hedge"),
        ),
        (
            "p99 with hedges, of that without",
            0.2,
            hedging::of_without(measured, ours, 2),
        ),
        ("requests per call with hedges", 1.08, requests),
    ] {
        targets.push(Target::new(what, AtMost(most), Times, ratio));
    }
}

fn compiler(targets: &mut Vec<Target>, run: &Run) {
    let column = |variant: &str, column: usize| run.compile.get(variant)?.get(column).copied();
    let added = |variant: &str, at: usize| Some(column(variant, at)? - column("plain", at)?);
    for (at, what) in [(0, "check"), (1, "debug"), (2, "release")] {
        let ratio = share(added("annotated", at), added("tracing::instrument", at));
        let what =
            format!("compile time that an annotation adds, of `#[tracing::instrument]`'s, {what}");
        targets.push(Target::new(what, AtMost(1.5), Times, ratio));
    }
    let bytes = added("with arguments", 5);
    targets.push(Target::new(
        "future beyond the body's",
        AtMost(400.0),
        Amount(" bytes"),
        bytes,
    ));
}
