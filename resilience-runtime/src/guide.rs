//! For each kind of service: what is retried, what is not and why, the preset, and the settings of clients that go
//! with it. And what can be measured of all of them.

#[doc = include_str!("../guide/llm.md")]
pub mod llm {}

#[doc = include_str!("../guide/database.md")]
pub mod database {}

#[doc = include_str!("../guide/mcp.md")]
pub mod mcp {}

#[doc = include_str!("../guide/secrets.md")]
pub mod secrets {}

#[cfg(all(feature = "metrics", feature = "opentelemetry", feature = "prometheus"))]
#[doc = include_str!("../guide/metrics.md")]
pub mod metrics {}
