//! Retries: how often, after which pauses, and paid from which budget.

mod backoff;
mod budget;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod policy;
mod run;

pub use self::budget::RetryBudget;
pub use self::policy::{Delays, RetryPolicy};
pub use self::run::ClassifiedRetry;
pub use crate::config::{Jitter, RetryBudgetConfig, RetryConfig, UnknownJitter};
