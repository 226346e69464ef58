//! What the tests of metrics share: all exporters of one registry read side by side.

pub mod calls;
mod exporters;
mod facade;
mod fixed;
mod meter;
mod numbers;
pub mod promtool;
mod stats;
mod text;

pub use exporters::Exporters;
pub use fixed::Fixed;
pub use meter::Meter;
pub use numbers::{Durations, Numbers};
