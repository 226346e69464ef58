//! Put one attribute on an `async fn` that calls a language model, a database, an MCP server, a secret
//! manager or anything else that fails, and the call is retried, rate limited, guarded by a circuit
//! breaker, bounded in time and given a fallback.
//!
//! ```
//! use resilience_runtime::{BoxError, llm_resilient};
//!
//! #[llm_resilient(retry(max_attempts = 5), timeout = "30s", fallback(value = "try later".to_owned()))]
//! async fn complete(prompt: &str) -> Result<String, BoxError> {
//!     Ok(format!("an answer to {prompt}"))
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! assert_eq!(complete("hello").await.unwrap(), "an answer to hello");
//! # });
//! ```
//!
//! # Where to look
//!
//! * The attributes and their arguments: `#[resilient]`, and `#[llm_resilient]`, `#[database_resilient]`,
//!   `#[mcp_resilient]`, `#[secret_resilient]`, which differ in their presets.
//! * What an error means: [`Verdict`], [`Classify`] and its derive.
//! * What callers share: [`Registry`], [`Service`]; what is told of it: [`Service::stats`],
//!   [`Service::config`], [`with_correlation_id`].
//! * Configuration: [`config`], [`Settings`].
//! * Each pattern by hand: [`CircuitBreaker`], [`RateLimiter`], [`RetryPolicy`], [`RetryBudget`],
//!   [`Bulkhead`], [`Fallback`], [`Cache`].
//! * What a call fails with: [`ResilienceError`].
//!
//! # The order of a call
//!
//! `cache → fallback → deadline → retry → for each attempt: breaker → rate limiter → bulkhead → timeout → body`
//!
//! # Time
//!
//! All time is `tokio::time`: a paused clock drives everything. A call needs tokio's timer only where it
//! waits; where there is none, it fails with [`ResilienceError::InvalidConfig`] that says what is missing.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `macros` | yes | the attributes and `#[derive(Classify)]` |
//! | `serde` | no | `Deserialize` for [`Settings`], `Serialize` for configurations and statistics |
//! | `testing` | no | `Registry::scope`: annotated functions of one future use a registry of their own |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bulkhead;
mod cache;
mod call;
mod circuit_breaker;
mod clock;
pub mod config;
mod error;
mod fallback;
mod keyed_hash;
mod name;
mod plan;
mod rate_limit;
mod registry;
mod retry;
mod service;
mod sync;
mod telemetry;
mod timer;
mod verdict;
mod wake;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use bulkhead::{Bulkhead, BulkheadPermit, OwnedBulkheadPermit};
pub use cache::{Cache, Cacheable};
pub use call::{Outcome, ServiceWithFallback};
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerStats, CircuitState, OwnedPermit, Permit};
pub use config::{
    Abandoned, BulkheadConfig, BulkheadSettings, CacheConfig, CircuitBreakerConfig,
    CircuitSettings, ConfigError, ConfigProblem, Jitter, Origin, Pattern, RateLimitConfig,
    RateLimitSettings, RefreshAhead, RetryBudgetConfig, RetryBudgetSettings, RetryConfig,
    RetrySettings, ServiceSettings, Settings, Strategy, UnknownVariable, Window,
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
pub use service::{FunctionConfig, Service, ServiceConfig};
pub use telemetry::{
    CacheStats, CorrelationId, FailureStats, FallbackStats, RegistryStats, RejectionStats,
    ServiceStats, WithCorrelationId, with_correlation_id,
};
pub use verdict::{Class, Classify, ErrorCode, HttpHeaders, HttpStatus, Reason, Verdict};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use resilience_macros::{
    Classify, database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient,
};

#[cfg(all(doctest, feature = "macros"))]
#[doc = include_str!("../README.md")]
mod readme {}
