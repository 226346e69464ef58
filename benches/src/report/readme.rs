//! The short table, which stands in the README between two marks.

use std::fmt::Write;

use super::format::{NOTHING, number, profile, share, times};
use super::measured::{Measured, Run};

const BEGIN: &str = "<!-- benchmarks: written by scripts/bench -->\n";
const END: &str = "<!-- benchmarks end -->";

/// Path, patterns, what happens.
const ROWS: [(&str, &str, &str); 6] = [
    ("success", "full", "success"),
    ("success", "untimed", "success, without timeout"),
    ("third_attempt", "full", "success at the third attempt"),
    ("open", "full", "open circuit"),
    ("limited", "full", "no token"),
    ("fallback", "full", "open circuit, fallback answers"),
];

const OTHERS: [&str; 3] = ["by_hand", "tower_resilience", "floor"];

/// The README with the table renewed; `None` where it has no place for one.
pub(super) fn renewed(readme: &str, run: &Run) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{}{END}{after}", table(run)))
}

fn table(run: &Run) -> String {
    let mut text =
        "| added ns per call | resilience | by hand | tower-resilience | floor prototype |\n\
        |---|---|---|---|---|\n"
            .to_owned();
    for measured in run.profiles.iter().chain([&run.fast_clock]) {
        for (path, patterns, what) in ROWS {
            let case = format!("{path}/{patterns}/ours");
            if measured.nanos.contains_key(&case) {
                line(&mut text, measured, (path, patterns), what);
            }
        }
    }
    text
}

fn line(text: &mut String, measured: &Measured, (path, patterns): (&str, &str), what: &str) {
    let added = |who: &str| measured.added(path, &format!("{patterns}/{who}"));
    let ours = added("ours");
    let profile = profile(&measured.profile);
    let _ = write!(text, "| {what}, {profile} | {} |", number(ours));
    for who in OTHERS {
        let _ = match added(who) {
            None => write!(text, " {NOTHING} |"),
            theirs => write!(
                text,
                " {} ({}) |",
                number(theirs),
                times(share(theirs, ours))
            ),
        };
    }
    text.push('\n');
}
