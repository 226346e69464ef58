//! The ways by which what is counted leaves the process. All of them read one table, so that they cannot say
//! different things.

#[cfg(feature = "metrics")]
pub mod facade;
#[cfg(feature = "metrics")]
mod installed;
#[cfg(feature = "metrics")]
mod keys;
mod names;
#[cfg(feature = "opentelemetry")]
pub mod opentelemetry;
#[cfg(feature = "prometheus")]
pub mod prometheus;
mod read;
#[cfg(all(test, not(resilience_loom)))]
mod table_tests;

#[cfg(feature = "metrics")]
pub(crate) use installed::is_recorded;
#[cfg(feature = "metrics")]
pub(crate) use keys::Keys;
