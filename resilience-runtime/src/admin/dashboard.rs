//! The dashboard page, joined from its parts at compile time: one document that requests only `events`, `services` and, where
//! control is on, `services/{name}/circuit` beside its own path.
//!
//! It carries its own `Content-Security-Policy` with the hashes of its style and its script. After a change of one of
//! them, update the hashes with `node tests/dashboard/seal.mjs`; the browser test fails until then.

/// The whole page, `text/html; charset=utf-8`. The tests read the order of the parts here.
pub(super) const DASHBOARD: &str = concat!(
    include_str!("dashboard/top.html"),
    include_str!("dashboard/page.css"),
    include_str!("dashboard/rows.css"),
    include_str!("dashboard/details.css"),
    include_str!("dashboard/middle.html"),
    include_str!("dashboard/format.js"),
    include_str!("dashboard/elements.js"),
    include_str!("dashboard/model.js"),
    include_str!("dashboard/charts.js"),
    include_str!("dashboard/rows.js"),
    include_str!("dashboard/filter.js"),
    include_str!("dashboard/overview.js"),
    include_str!("dashboard/timeline.js"),
    include_str!("dashboard/details.js"),
    include_str!("dashboard/facts.js"),
    include_str!("dashboard/control.js"),
    include_str!("dashboard/stream.js"),
    include_str!("dashboard/main.js"),
    include_str!("dashboard/bottom.html"),
);
