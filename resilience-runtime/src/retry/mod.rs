//! Repeats failed calls, with backoff and a budget.
//!
//! A [`RetryPolicy`] decides how often a call is repeated and after which delays; [`RetryPolicy::run`] runs a call with
//! it. A [`RetryBudget`] limits the share of retries among the calls of a service, so that retries do not add to an
//! overload.
//!
//! ```
//! use resilience_runtime::{RetryConfig, RetryPolicy};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = RetryPolicy::new(RetryConfig::default())?;
//! let mut attempts = 0;
//! let answer = policy
//!     .run(|| {
//!         attempts += 1;
//!         let up = attempts == 2;
//!         async move { if up { Ok("hello") } else { Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)) } }
//!     })
//!     .await?;
//! assert_eq!((answer, attempts), ("hello", 2));
//! # Ok(()) }
//! ```
//!
//! The algorithms, their sources and their cost are described in the [guide](crate::guide::algorithms).

// `backoff` and `decision` are pure functions, `policy` and `run` the API without a registry.

mod backoff;
mod budget;
mod decision;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod policy;
mod run;

pub use self::budget::RetryBudget;
pub(crate) use self::decision::{NoRetry, RetryDelay, RetryHistory};
pub use self::policy::{Delays, RetryPolicy};
pub use self::run::ClassifiedRetry;
pub use crate::config::{Jitter, RetryBudgetConfig, RetryConfig, UnknownJitter};
