//! What the tests of metrics share.

pub mod promtool;
