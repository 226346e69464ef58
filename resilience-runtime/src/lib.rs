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
//! * What is retried, and what is not: [`guide`], a page for each kind of service.
//! * What an error means: [`Verdict`], [`Classify`] and its derive.
//! * What callers share: [`Registry`], [`Service`]; what is told of it: [`Service::stats`],
//!   [`Service::config`], [`with_correlation_id`].
//! * Configuration: [`config`], [`Settings`].
//! * Each pattern by hand: [`CircuitBreaker`], [`RateLimiter`], [`RetryPolicy`], [`RetryBudget`],
//!   [`Bulkhead`], [`Fallback`], [`Cache`].
//! * Whether services are there: [`ServiceHealthMonitor`](health::ServiceHealthMonitor), [`HealthEndpoint`](health::HealthEndpoint), and what can be asked,
//!   [`HealthChecker`](health::HealthChecker).
//! * Routes and a page for those on call: `AdminRouter`, with feature `axum`; what is logged: `guide::operations`.
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
//! | `test-util` | no | `Registry::scope`: annotated functions of one future use a registry of their own; `Registry::inject` and the module `chaos`: faults that are the same in every run |
//! | `fast-clock` | no | reads the time from the processor's counter: a call costs about 20 ns less |
//! | `llm-json` | no | [`Verdict::from_llm_response`](Verdict): reads the body of an LLM's error answer |
//! | `metrics` | no | the module `metrics`: tells the `metrics` facade each fact when it happens, latencies included |
//! | `opentelemetry` | no | the module `opentelemetry`: what the registry counts, for a meter of the OpenTelemetry API |
//! | `prometheus` | no | the module `prometheus`: what the registry counts, as text for Prometheus |
//! | `axum` | no | `admin_router`: health, statistics, events and a page for operators, as routes |
//! | `http-health` | no | `HttpHealthChecker`, and verdicts for `reqwest`; without TLS |
//! | a client's name | no | verdicts for the errors of that client, see below |
//!
//! # Clients
//!
//! With a client's feature its errors implement [`Classify`], and are found in an `anyhow::Error`, an
//! `eyre::Report`, a `Box<dyn Error + Send + Sync>`, an `Arc` and wherever they are the source of another
//! error. A feature brings the crate of the error type, without its default features, and nothing that the
//! client's users do not have anyway.
//!
//! | feature | versions | errors | the client's own retries |
//! |---|---|---|---|
//! | `reqwest` | 0.13 | `reqwest::Error` | none that repeats a request |
//! | `async-openai` | 0.43 | `OpenAIError` | 3, switched off by `with_http_service(ReqwestService::new(client))` |
//! | `sqlx`, `sqlx-0_8` | 0.9, 0.8 | `sqlx::Error` of PostgreSQL, MySQL, SQLite | the pool connects until `acquire_timeout` |
//! | `tokio-postgres` | 0.7 | `tokio_postgres::Error` | none |
//! | `rusqlite` | 0.32 to 0.43 | `rusqlite::Error` | waits `busy_timeout` for a lock |
//! | `redis` | 1.8 and later 1.x | `RedisError` | `ConnectionManager`: `set_number_of_retries`; cluster: `retries(0)` |
//! | `rmcp` | 3.11 and later 3.x | `ServiceError`, `ClientInitializeError`, with `reqwest` also its HTTP client's | initializes a lost HTTP session again |
//! | `vaultrs` | 0.8, with rustls | `ClientError` | none |
//! | `aws` | smithy 1.x, all services | `SdkError<E, R>` | 2, switched off by `RetryConfig::disabled()` |
//! | `tonic` | 0.14 | `tonic::Status` | none |
//! | `deadpool` | 0.13 | `PoolError<E>` | none |
//! | `bb8` | 0.9 | `RunError<E>` | connects until `connection_timeout`, unless `retry_connection(false)` |
//!
//! For anything else there are the tables alone: [`Verdict::from_http`], [`Verdict::from_llm_error`],
//! [`Verdict::from_llm_event`], [`Verdict::from_sqlstate`], [`Verdict::from_mysql`],
//! [`Verdict::from_sqlite`], [`Verdict::from_jsonrpc`], [`Verdict::from_vault`] and
//! [`Verdict::from_aws_code`].
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub mod admin;
pub mod bulkhead;
pub mod cache;
mod call;
#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod chaos;
pub mod circuit_breaker;
mod clock;
pub mod config;
mod error;
#[cfg(any(feature = "metrics", feature = "opentelemetry", feature = "prometheus"))]
mod exporters;
pub mod fallback;
#[cfg(all(feature = "macros", any(doc, doctest)))]
pub mod guide;
pub mod health;
mod keyed_hash;
mod name;
mod plan;
mod poll_context;
pub mod rate_limit;
mod registry;
pub mod retry;
#[cfg(feature = "rmcp")]
#[cfg_attr(docsrs, doc(cfg(feature = "rmcp")))]
pub mod rmcp;
mod service;
mod session;
mod shard;
mod sync;
pub mod telemetry;
mod timer;
pub mod verdict;
mod wake;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use bulkhead::{Bulkhead, BulkheadConfig};
pub use cache::{Cache, CacheConfig};
pub use call::ServiceWithFallback;
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
pub use config::{ServiceSettings, Settings};
pub use error::{BoxError, ResilienceError};
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub use exporters::metrics_facade as metrics;
#[cfg(feature = "opentelemetry")]
#[cfg_attr(docsrs, doc(cfg(feature = "opentelemetry")))]
pub use exporters::opentelemetry;
#[cfg(feature = "prometheus")]
#[cfg_attr(docsrs, doc(cfg(feature = "prometheus")))]
pub use exporters::prometheus;
pub use fallback::Fallback;
pub use name::{ServiceKind, ServiceName};
pub use poll_context::hint;
pub use rate_limit::{RateLimitConfig, RateLimiter};
pub use registry::Registry;
pub use retry::{RetryBudget, RetryBudgetConfig, RetryConfig, RetryPolicy};
pub use service::Service;
pub use telemetry::with_correlation_id;
pub use verdict::{Classify, Verdict};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use resilience_macros::{
    Classify, database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient,
};

#[cfg(all(doctest, feature = "macros"))]
#[doc = include_str!("../README.md")]
mod readme {}
