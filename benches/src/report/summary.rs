//! The table at the top of the page: what each path costs here, and the ratios of the peers.

use std::fmt::Write;

use super::format::{contestant, number, profile, share, times};
use super::measured::{Measured, Run};

/// Path, patterns, description.
const ROWS: [(&str, &str, &str); 7] = [
    ("success", "full", "success"),
    ("success", "untimed", "success, without timeout"),
    ("success", "unlimited", "success, without rate limit"),
    ("third_attempt", "full", "success at the third attempt"),
    ("open", "full", "open circuit"),
    ("limited", "full", "no token"),
    ("fallback", "full", "open circuit, fallback answers"),
];

const PEERS: [&str; 4] = ["by_hand", "seatbelt", "tower_resilience", "floor"];

const EXPLANATION: &str = "\
Nanoseconds that guarding adds to a call, and what the same guards cost by other means, as a ratio: above 1 they cost more than here, \
below 1 less. *By hand* is a stack of `governor`, `failsafe`, `backon` and tokio's timeout. The *floor prototype* does the same work by \
the cheapest means, without configuration, verdicts, cancellation or statistics.
";

pub(super) fn table(run: &Run) -> String {
    let mut text = format!(
        "## Summary\n\n{EXPLANATION}\n| added per call | {}, ns |",
        contestant("ours")
    );
    for peer in PEERS {
        let _ = write!(text, " {} |", contestant(peer));
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(PEERS.len()));
    text.push('\n');
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
    for peer in PEERS {
        let _ = write!(text, " {} |", times(share(added(peer), ours)));
    }
    text.push('\n');
}
