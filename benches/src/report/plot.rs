//! The plot: a panel for each path, its bars in proportion to what the dearest adds.

use std::fmt::Write;

use super::format::number;
use super::measured::{Measured, Run};

/// Path, patterns, title.
const PANELS: [(&str, &str, &str); 7] = [
    (
        "success",
        "full",
        "success: limiter, breaker, retry, timeout",
    ),
    ("success", "untimed", "success: limiter, breaker, retry"),
    ("success", "unlimited", "success: breaker, retry, timeout"),
    ("third_attempt", "full", "success at the third attempt"),
    ("open", "full", "rejected by an open circuit"),
    ("limited", "full", "rejected by a limit"),
    ("fallback", "full", "open circuit, answered by a fallback"),
];

/// In the order of the bars: name, how it is called, colour. Of middling lightness, for light and dark pages.
const BARS: [(&str, &str, &str); 5] = [
    ("ours", "resilience", "#2f81f7"),
    ("floor", "floor prototype", "#8b949e"),
    ("by_hand", "by hand", "#d29922"),
    ("seatbelt", "seatbelt", "#a371f7"),
    ("tower_resilience", "tower-resilience", "#e5534b"),
];

const WIDTH: f64 = 760.0;
const LEFT: f64 = 150.0;
const LONGEST: f64 = 500.0;
const ROW: f64 = 22.0;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.note { fill: #57606a }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .note { fill: #9da7b3 } }
";

pub(super) fn draw(run: &Run) -> String {
    let mut y = 28.0;
    let mut inside = format!(
        "<text class=\"title\" x=\"8\" y=\"{y}\">Nanoseconds that guarding adds to a call, default release profile; less is better</text>\n"
    );
    y += 12.0;
    if let Some(measured) = run.profiles.first() {
        for (path, patterns, title) in PANELS {
            y = panel(&mut inside, measured, (path, patterns), title, y);
        }
    }
    let height = y + 12.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"added nanoseconds per call\">\n<style>\n{STYLE}</style>\n{inside}</svg>\n"
    )
}

/// Draws from `y` on, and says where it ended. Each panel has a scale of its own.
fn panel(
    text: &mut String,
    measured: &Measured,
    (path, patterns): (&str, &str),
    title: &str,
    mut y: f64,
) -> f64 {
    let bars: Vec<_> = BARS
        .iter()
        .filter_map(|(name, label, colour)| {
            let added = measured.added(path, &format!("{patterns}/{name}"))?;
            Some((label, colour, added.max(0.0)))
        })
        .collect();
    if bars.is_empty() {
        return y;
    }
    let dearest = bars.iter().map(|(_, _, added)| *added).fold(1.0, f64::max);
    y += 24.0;
    let _ = writeln!(
        text,
        "<text class=\"note\" x=\"8\" y=\"{y}\">{title}</text>"
    );
    y += 8.0;
    for (label, colour, added) in bars {
        let long = (added / dearest * LONGEST).max(1.0);
        let middle = y + 15.0;
        let end = LEFT + long + 6.0;
        let shown = number(Some(added));
        let _ = writeln!(
            text,
            "<text x=\"{x}\" y=\"{middle}\" text-anchor=\"end\">{label}</text>\
             <rect x=\"{LEFT}\" y=\"{top}\" width=\"{long:.1}\" height=\"16\" rx=\"2\" fill=\"{colour}\"/>\
             <text x=\"{end:.1}\" y=\"{middle}\">{shown}</text>",
            x = LEFT - 8.0,
            top = y + 2.0,
        );
        y += ROW;
    }
    y
}
