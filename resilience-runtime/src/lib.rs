//! Resilience for async functions that call something that fails.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bulkhead;
mod circuit_breaker;
mod clock;
pub mod config;
mod error;
mod name;
mod retry;
mod sync;
mod timer;

pub use bulkhead::{Bulkhead, BulkheadPermit, OwnedBulkheadPermit};
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerStats, CircuitState, OwnedPermit, Permit};
pub use config::{
    Abandoned, BulkheadConfig, CircuitBreakerConfig, ConfigError, ConfigProblem, Jitter, Origin,
    RateLimitConfig, RetryBudgetConfig, RetryConfig, Strategy, Window,
};
pub use error::{BoxError, ResilienceError};
pub use name::{ServiceKind, ServiceName};
pub use retry::{Delays, RetryBudget, RetryPolicy};
