//! The ways by which what is counted leaves the process. All of them read one table, so that they cannot say
//! different things.

mod names;
#[cfg(feature = "prometheus")]
pub mod prometheus;
mod read;
#[cfg(all(test, not(resilience_loom)))]
mod table_tests;
