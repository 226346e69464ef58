//! Retries, hedges, circuit breakers, rate limits, timeouts, fallbacks, caches and several targets behind one function, for async
//! functions, by one attribute.
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
//! * What is retried, how each part is used, and recipes: [`guide`].
//! * What an error means: [`Verdict`], [`Classify`] and its derive.
//! * What callers share: [`Registry`] and [`Service`]; its statistics and config: [`Service::stats`], [`Service::config`].
//! * Configuration: [`config`], [`Settings`].
//! * Each pattern by hand: [`CircuitBreaker`], [`RateLimiter`], [`RetryPolicy`], [`RetryBudget`], [`Bulkhead`], [`Fallback`],
//!   [`Cache`].
//! * A second attempt where the first one is slow: [`hedge`], [its guide](guide::hedging). Several deployments behind one function:
//!   [`TargetPool`], [its guide](guide::targets).
//! * Health checks: [`ServiceHealthMonitor`](health::ServiceHealthMonitor), [`HealthEndpoint`](health::HealthEndpoint),
//!   [`HealthChecker`](health::HealthChecker).
//! * Logs and events: [`telemetry`], [`with_correlation_id`]; routes and a page for operators: `AdminRouter` (feature `axum`).
//! * What a call fails with: [`ResilienceError`].
//!
//! # The order of a call
//!
//! `cache → fallback → deadline → retry → for each attempt: target → breaker → rate limiter → bulkhead → timeout → body`
//!
//! A hedge is one more attempt that starts beside a slow one. With `targets`, breaker, rate limiter, bulkhead and timeout are those of the
//! target that the attempt goes to.
//!
//! # Time
//!
//! All time is `tokio::time`: a paused clock drives everything. A call needs tokio's timer only where it
//! waits; where there is none, it fails with [`ResilienceError::InvalidConfig`], which names what is missing.
//!
//! Tokio answers whether a runtime has timers only by a panic. In a runtime that was built without `enable_time()`,
//! the first call that has to wait causes one on each thread of the runtime. It is caught, but the panic hook runs
//! and usually prints it; and with `panic = "abort"` it ends the process. So enable the timers of the runtime, or
//! switch off everything that waits.
//!
//! # Features
//!
//! The default features need Rust 1.88, and so do all others except some of the [clients](#clients).
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | yes | the attributes and `#[derive(Classify)]` |
//! | `serde` | no | `Deserialize` for [`Settings`], `Serialize` for configs and statistics |
//! | `test-util` | no | `Registry::scope`: a registry of its own for the annotated functions of one future; `Registry::inject` and the module `chaos`: faults that are the same in every run; `CallRecorder` |
//! | `fleet` | no | the module `fleet`: limits that all processes of a fleet share, with a store in memory |
//! | `fleet-redis` | no | `fleet::RedisStore`, which keeps the shared limits in Redis; without TLS |
//! | `fast-clock` | no | reads the time from the processor's counter: a call costs about 20 ns less |
//! | `llm-json` | no | [`Verdict::from_llm_response`](Verdict): parses the body of a language model's error response |
//! | `metrics` | no | the module `metrics`: records each call and change with the `metrics` facade, latencies included |
//! | `opentelemetry` | no | the module `opentelemetry`: exports the statistics through a meter of the OpenTelemetry API |
//! | `prometheus` | no | the module `prometheus`: exports the statistics as text or by a collector |
//! | `axum` | no | `AdminRouter`: health, statistics, events, metrics and a dashboard as axum routes |
//! | `tower` | no | the module `tower`: `ResilienceLayer` guards any `tower::Service` |
//! | `http-health` | no | `HttpHealthChecker`, and the feature `reqwest`; without TLS |
//!
//! # Clients
//!
//! With a client's feature its errors implement [`Classify`]. They are found in an `anyhow::Error`, an `eyre::Report`, a
//! `Box<dyn Error + Send + Sync>`, an `Arc`, and as the source of another error. A feature adds the crate of the error type
//! without its default features: no TLS, no drivers.
//!
//! | feature | versions | Rust | errors | the client's own retries |
//! |---|---|---|---|---|
//! | `reqwest` | 0.13 | 1.88 | `reqwest::Error` | 2 of a stream that HTTP/2 refuses, switched off by `retry(reqwest::retry::never())` |
//! | `reqwest-0_12` | 0.12 | 1.88 | the same | the same |
//! | `reqwest-middleware` | 0.5, reqwest-retry 0.9 | 1.88 | `reqwest_middleware::Error`, `RetryError` | those of `RetryTransientMiddleware`: leave it out, see `ResilienceMiddleware` |
//! | `hyper` | 1, hyper-util 0.1, h2 0.4 | 1.88 | `hyper::Error`, `legacy::Error`, `h2::Error` | none that repeats a request |
//! | `async-openai` | 0.43 | 1.88 | `OpenAIError` | 3, switched off by `with_http_service(ReqwestService::new(client))` |
//! | `genai` | 0.7 | 1.88 | `genai::Error`, `genai::webc::Error` | none |
//! | `rig-core` | 0.44 to 0.46 | 1.95 | `ProviderError`, `ErrorReport`, `VectorStoreError`, `http_client::Error` | none |
//! | `rig-agent` | 0.44 to 0.46 | 1.95 | `PromptError`, `StructuredOutputError`, `StreamToStdoutError` | an agent's run makes many requests; an extractor's `retries` are 0 |
//! | `kube` | 5 | 1.89 | `kube::Error`, `Status` | 15 after 429, 503 and 504, switched off by `config.default_retry = false` |
//! | `object_store` | 0.14 | 1.88 | `object_store::Error` | 10, switched off by `RetryConfig { max_retries: 0, .. }` |
//! | `sqlx` | 0.9 | 1.94 | `sqlx::Error` of PostgreSQL, MySQL, SQLite | the pool connects until `acquire_timeout` |
//! | `sqlx-0_8` | 0.8 | 1.88 | the same | the same |
//! | `tokio-postgres` | 0.7 | 1.88 | `tokio_postgres::Error` | none |
//! | `sea-orm` | 2.0 | 1.94 | `DbErr`, `RuntimeErr`, `TransactionError<E>` | its sqlx pool connects until `acquire_timeout` |
//! | `diesel` | 2.3 | 1.88 | `diesel::result::Error`, `ConnectionError` | none |
//! | `diesel-async` | 0.9 | 1.88 | `PoolError`, and those of `diesel` | none; with `bb8`: connects until `connection_timeout` |
//! | `mysql_async` | 0.37 | 1.88 | `mysql_async::Error` | none |
//! | `lapin` | 4.12 and later 4.x | 1.88 | `lapin::Error` | none, unless `enable_auto_recover()`, which connects again |
//! | `async-nats` | 0.51 | 1.89 | `PublishError`, `RequestError`, `ConnectError`, JetStream's and its buckets' | none that repeats a message; connects again for good, unless `max_reconnects` |
//! | `etcd-client` | 0.21, needs `protoc` | 1.88 | `etcd_client::Error` | one with a new token, after the old one was refused |
//! | `mongodb` | 3.9 and later 3.x | 1.88 | `mongodb::error::Error` | 1 of reads, writes and commits, switched off by `retryReads=false&retryWrites=false` |
//! | `rusqlite` | 0.32 to 0.43 | 1.88 | `rusqlite::Error` | waits `busy_timeout` for a lock |
//! | `redis` | 1.8 and later 1.x | 1.88 | `RedisError` | `ConnectionManager`: `set_number_of_retries`; cluster: `retries(0)` |
//! | `rmcp` | 3.11 and later 3.x | 1.88 | `ServiceError`, `ClientInitializeError`, with `reqwest` also its HTTP client's | initializes a lost HTTP session again; asks for a broken stream for ever, unless `NeverRetry` |
//! | `vaultrs` | 0.8, with rustls | 1.88 | `ClientError` | none |
//! | `aws` | smithy 1.x, all services | 1.88 | `SdkError<E, R>` | 2, switched off by `RetryConfig::disabled()` |
//! | `tonic` | 0.14 | 1.88 | `tonic::Status` | none |
//! | `deadpool` | 0.13 | 1.88 | `PoolError<E>` | none |
//! | `bb8` | 0.9 | 1.88 | `RunError<E>` | connects until `connection_timeout`, unless `retry_connection(false)` |
//!
//! For other clients, classify their codes: [`Verdict::from_http`], [`Verdict::from_llm_error`],
//! [`Verdict::from_llm_event`], [`Verdict::from_sqlstate`], [`Verdict::from_mysql`],
//! [`Verdict::from_sqlite`], [`Verdict::from_jsonrpc_error`], [`Verdict::from_vault`] and
//! [`Verdict::from_aws_code`].
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub mod admin;
mod arity;
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
mod error_type;
#[cfg(any(feature = "metrics", feature = "opentelemetry", feature = "prometheus"))]
mod exporters;
pub mod fallback;
#[cfg(feature = "fleet")]
#[cfg_attr(docsrs, doc(cfg(feature = "fleet")))]
pub mod fleet;
#[cfg(all(feature = "macros", any(doc, doctest)))]
pub mod guide;
pub mod health;
pub mod hedge;
mod instance;
mod key_table;
mod keyed_hash;
mod limit_name;
mod name;
mod patience;
mod plan;
mod poll_context;
mod random;
pub mod rate_limit;
mod registry;
#[cfg(feature = "reqwest-middleware")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest-middleware")))]
pub mod reqwest_middleware;
pub mod retry;
#[cfg(feature = "rmcp")]
#[cfg_attr(docsrs, doc(cfg(feature = "rmcp")))]
pub mod rmcp;
mod service;
mod session;
mod shadow;
mod shard;
mod sync;
pub mod targets;
pub mod telemetry;
mod thread_slot;
mod timer;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub mod tower;
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
pub use poll_context::{CallContext, hint};
pub use rate_limit::{RateLimitConfig, RateLimiter};
pub use registry::Registry;
pub use retry::{RetryBudget, RetryBudgetConfig, RetryConfig, RetryPolicy};
pub use service::Service;
pub use targets::TargetPool;
pub use telemetry::with_correlation_id;
pub use verdict::{Classify, Verdict};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use resilience_macros::{
    Classify, database_resilient, llm_resilient, mcp_resilient, resilient, resilient_methods,
    secret_resilient,
};

#[cfg(all(doctest, feature = "macros"))]
#[doc = include_str!("../README.md")]
mod readme {}
