//! A simulated service behind a limit of concurrent calls, under a clock that stands still between events. Nothing waits for
//! real, and the same seed gives the same history.

pub mod limiters;
pub mod random;
pub mod server;
pub mod world;
