//! Resilience for async functions that call something that fails.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
pub mod config;
mod error;
mod name;
mod rate_limit;
mod sync;
mod timer;

pub use config::{
    Abandoned, BulkheadConfig, CircuitBreakerConfig, ConfigError, ConfigProblem, Jitter, Origin,
    RateLimitConfig, RetryBudgetConfig, RetryConfig, Strategy, Window,
};
pub use error::{BoxError, ResilienceError};
pub use name::{ServiceKind, ServiceName};
pub use rate_limit::{Acquire, Decision, RateLimiter, Reservation};
