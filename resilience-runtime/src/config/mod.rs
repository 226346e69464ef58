//! What a person may write, and what runs.

mod bulkhead;
mod circuit_breaker;
mod error;
mod rate_limit;
mod retry;
mod rule;

pub use bulkhead::BulkheadConfig;
pub use circuit_breaker::{Abandoned, CircuitBreakerConfig, UnknownAbandoned, Window};
pub use error::{ConfigError, ConfigProblem, Origin};
pub use rate_limit::{RateLimitConfig, Strategy, UnknownStrategy};
pub use retry::{Jitter, RetryBudgetConfig, RetryConfig, UnknownJitter};
