//! Defines what an error means: whether the call may be retried, whether the error counts against the circuit
//! breaker, and when the service may be called again.
//!
//! The tables of codes are in `codes`, the errors of client libraries in `clients`. [`Classify`] is the trait
//! that connects an error type to its [`Verdict`].

#[doc(hidden)]
pub mod autoref;
#[cfg(test)]
#[cfg_attr(
    not(feature = "reqwest"),
    allow(dead_code, reason = "the tests of clients use it")
)]
mod chain_test_util;
mod classify;
mod clients;
mod codes;
#[cfg(any(
    feature = "async-nats",
    feature = "aws",
    feature = "hyper",
    feature = "mongodb",
    feature = "mysql_async",
    feature = "object_store",
    feature = "reqwest",
    feature = "reqwest-0_12",
    feature = "rmcp",
    feature = "sqlx",
    feature = "sqlx-0_8",
    feature = "tokio-postgres",
    feature = "tonic",
))]
mod display_prefix;
mod partial;
mod ratelimit_fields;
mod ratelimit_headers;
mod reset_time;
#[cfg(any(test, feature = "async-openai", feature = "llm-json"))]
pub(crate) mod retry_after_text;
mod rfc3339;
mod tool_safety;

pub use classify::Classify;
pub use codes::http_parts::{HttpHeaders, HttpStatus};
pub(crate) use partial::is_partial;
pub(crate) use ratelimit_headers::{Quota, RateLimitHeaders};
pub use tool_safety::ToolSafety;

pub(crate) use crate::error::BreakerSignal;
pub use crate::error::{Class, ErrorCode, Reason, Verdict};
