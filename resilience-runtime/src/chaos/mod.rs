//! Injects faults for tests, reproducible in every run.
//!
//! [`Registry::inject`](crate::Registry::inject) injects a [`Fault`] into all calls of a service, with an attribute or
//! without:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
//! use resilience_runtime::chaos::{Chaos, Fault};
//! use resilience_runtime::{BoxError, Registry, Verdict, llm_resilient};
//!
//! #[llm_resilient]
//! async fn complete(prompt: &str) -> Result<String, BoxError> {
//!     Ok(format!("an answer to {prompt}"))
//! }
//!
//! let registry = Registry::new();
//! registry.chaos(Chaos::seed(42));
//! let busy = registry.inject("llm", Fault::error(Verdict::throttled(None)).times(2));
//! registry.scope(complete("hello")).await.unwrap();
//! assert_eq!(busy.hits(), 2);
//! assert_eq!(registry.get("llm").unwrap().stats().attempts, 3);
//! # });
//! ```
//!
//! # Where it acts
//!
//! A fault acts inside the attempt, in place of the body: breaker, rate limiter and bulkhead have admitted the attempt,
//! and its timeout applies. An injected error has the same effects as an error of the body with the same
//! [`Verdict`](crate::Verdict): on retries, the breaker, cooldowns, caches, fallbacks and statistics. The caller gets [`ResilienceError::Injected`](crate::ResilienceError::Injected) through its
//! error type's `From`; neither `classify` nor `retry_if` runs, since the verdict is given.
//!
//! Faults do not affect `verify`, `reconnect` and fallbacks, nor anything without an attempt, such as a hit of a cache.
//!
//! # Several at once
//!
//! Faults act in the order of their injection, each on the attempts that the earlier ones let pass: latencies add up,
//! and after an error or a hang the later faults neither act nor count.
//!
//! # Reproducibility
//!
//! Whether a fault acts depends on how many attempts of the service reached it and, with a
//! [`rate`](Fault::rate), on its own random sequence. That sequence follows from the seed, the service's name
//! and how many faults were injected into the service before, and from nothing else.

mod by_name;
mod fault;
mod injected;
mod script;
mod seed;
mod sequence;
mod when;

pub(crate) use by_name::Faults;
pub use fault::Fault;
pub use injected::InjectedFault;
pub(crate) use injected::{Instead, ServiceFaults};
pub use script::{Script, Step};
pub use seed::Chaos;
