//! Resilience for async functions that call something that fails.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bulkhead;
mod call;
mod circuit_breaker;
mod clock;
pub mod config;
mod error;
mod fallback;
mod name;
mod rate_limit;
mod registry;
mod retry;
mod service;
mod sync;
mod telemetry;
mod timer;
mod verdict;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use bulkhead::{Bulkhead, BulkheadPermit, OwnedBulkheadPermit};
pub use call::Outcome;
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerStats, CircuitState, OwnedPermit, Permit};
pub use config::{
    Abandoned, BulkheadConfig, BulkheadSettings, CircuitBreakerConfig, CircuitSettings,
    ConfigError, ConfigProblem, Jitter, Origin, Pattern, RateLimitConfig, RateLimitSettings,
    RetryBudgetConfig, RetryBudgetSettings, RetryConfig, RetrySettings, ServiceSettings, Settings,
    Strategy, UnknownVariable, Window,
};
pub use error::{BoxError, ResilienceError};
pub use fallback::{FailureCause, Fallback, FallbackContext, IntoAnswer, RegisteredFallback};
pub use name::{ServiceKind, ServiceName};
pub use rate_limit::{Acquire, Decision, RateLimiter, Reservation};
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub use registry::InScope;
pub use registry::Registry;
pub use retry::{ClassifiedRetry, Delays, RetryBudget, RetryPolicy};
pub use service::{FunctionConfig, Service, ServiceConfig, ServiceWithFallback};
pub use telemetry::{
    CorrelationId, FailureStats, FallbackStats, RegistryStats, RejectionStats, ServiceStats,
    WithCorrelationId, with_correlation_id,
};
pub use verdict::{Class, Classify, ErrorCode, HttpHeaders, HttpStatus, Verdict};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use resilience_macros::{
    Classify, database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient,
};

#[cfg(all(doctest, feature = "macros"))]
#[doc = include_str!("../README.md")]
mod readme {}
