//! What the tests of metrics share: all outlets of one registry read side by side.

pub mod calls;
mod facade;
mod fixed;
mod meter;
mod numbers;
mod outlets;
pub mod promtool;
mod stats;
mod text;

pub use fixed::Fixed;
pub use meter::Meter;
pub use numbers::{Durations, Numbers};
pub use outlets::Outlets;
