//! Contains the guide: what is retried for each kind of service, how each part is used, and recipes.
//!
//! * For a kind of service: [`llm`], [`database`], [`mcp`], [`secrets`].
//! * For what stands between a program and a server: [`proxies`].
//! * For the use of a part: [`errors`], [`configuration`], [`rate_limits`], `fleet` (feature `fleet`), [`hedging`], [`caching`], [`fallbacks`],
//!   [`call_context`], [`nested_calls`], [`targets`], [`by_hand`], [`health`].
//! * For clients that a program has already, of `tower` and `reqwest-middleware`: `clients_you_have` (features `tower`,
//!   `tonic` and `reqwest-middleware`).
//! * `testing` and `recipes` (features `test-util` and `rusqlite`), `metrics` (features `metrics`, `opentelemetry`,
//!   `prometheus`), `operations` (feature `axum`).
//! * For a decision: [`limits`], [`versions`], [`algorithms`].
//!
//! Programs with a paused clock, or with `Registry::scope`, need the features `test-util` of this crate and of `tokio`, as in a
//! test.

#[doc = include_str!("../guide/llm.md")]
pub mod llm {}

#[doc = include_str!("../guide/database.md")]
pub mod database {}

#[doc = include_str!("../guide/mcp.md")]
pub mod mcp {}

#[doc = include_str!("../guide/secrets.md")]
pub mod secrets {}

#[doc = include_str!("../guide/errors.md")]
pub mod errors {}

#[doc = include_str!("../guide/proxies.md")]
pub mod proxies {}

#[doc = include_str!("../guide/configuration.md")]
pub mod configuration {}

#[doc = include_str!("../guide/rate_limits.md")]
pub mod rate_limits {}

#[cfg(feature = "fleet")]
#[doc = include_str!("../guide/fleet.md")]
pub mod fleet {}

#[doc = include_str!("../guide/hedging.md")]
pub mod hedging {}

#[doc = include_str!("../guide/caching.md")]
pub mod caching {}

#[doc = include_str!("../guide/fallbacks.md")]
pub mod fallbacks {}

#[doc = include_str!("../guide/call_context.md")]
pub mod call_context {}

#[doc = include_str!("../guide/nested_calls.md")]
pub mod nested_calls {}

#[doc = include_str!("../guide/targets.md")]
pub mod targets {}

#[doc = include_str!("../guide/by_hand.md")]
pub mod by_hand {}

#[cfg(all(feature = "reqwest-middleware", feature = "tonic", feature = "tower"))]
#[doc = include_str!("../guide/clients_you_have.md")]
pub mod clients_you_have {}

#[doc = include_str!("../guide/health.md")]
pub mod health {}

#[cfg(feature = "test-util")]
#[doc = include_str!("../guide/testing.md")]
pub mod testing {}

// Its blocks use an SQLite, and registries of their own.
#[cfg(all(feature = "rusqlite", feature = "test-util"))]
#[doc = include_str!("../guide/recipes.md")]
pub mod recipes {}

#[doc = include_str!("../guide/limits.md")]
pub mod limits {}

#[doc = include_str!("../guide/versions.md")]
pub mod versions {}

#[cfg(all(feature = "metrics", feature = "opentelemetry", feature = "prometheus"))]
#[doc = include_str!("../guide/metrics.md")]
pub mod metrics {}

#[cfg(feature = "axum")]
#[doc = include_str!("../guide/operations.md")]
pub mod operations {}

#[doc = include_str!("../guide/algorithms.md")]
pub mod algorithms {}
