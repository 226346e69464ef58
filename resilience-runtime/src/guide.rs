//! For each kind of service: what is retried, what is not and why, the preset, and the settings of clients that go
//! with it. Besides: what can be measured, what those see who operate all of it, and how each pattern works.

#[doc = include_str!("../guide/llm.md")]
pub mod llm {}

#[doc = include_str!("../guide/database.md")]
pub mod database {}

#[doc = include_str!("../guide/mcp.md")]
pub mod mcp {}

#[doc = include_str!("../guide/secrets.md")]
pub mod secrets {}

#[cfg(all(feature = "metrics", feature = "opentelemetry", feature = "prometheus"))]
#[cfg(all(feature = "metrics", feature = "opentelemetry", feature = "prometheus"))]
#[doc = include_str!("../guide/metrics.md")]
pub mod metrics {}

#[cfg(feature = "axum")]
#[doc = include_str!("../guide/operations.md")]
pub mod operations {}

#[doc = include_str!("../guide/algorithms.md")]
pub mod algorithms {}
