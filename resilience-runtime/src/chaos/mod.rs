//! Faults for tests: what happens to a service is what the test says, at the same place in every run.
//!
//! [`Registry::inject`](crate::Registry::inject) puts a [`Fault`] before the bodies of everything that
//! calls a service, by attribute or by hand:
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
//! Inside the attempt, in the place of the body: breaker, rate limiter and bulkhead have let the attempt
//! pass, and its timeout cuts what takes too long. What an injected error sets off is what a body's error of
//! the same [`Verdict`](crate::Verdict) sets off: pauses, retries, the breaker, cooldowns, caches, fallbacks,
//! statistics. The caller gets [`ResilienceError::Injected`](crate::ResilienceError::Injected) through its
//! error type's `From`; neither `classify` nor `retry_if` is asked, since the verdict is given.
//!
//! What runs beside the body is left alone: `verify`, `reconnect` and fallbacks. So is what runs without
//! an attempt, such as a hit of a cache.
//!
//! # Several at once
//!
//! They act in the order in which they were injected, each on what the ones before it let through: latencies
//! add up, and behind an error or a hang there is nothing more to act on, or to count.
//!
//! # What does not depend on luck
//!
//! Whether a fault acts depends on how many attempts of the service came to it and, at a
//! [`rate`](Fault::rate), on its own random sequence. That sequence follows from the seed, the service's name
//! and how many faults were injected into the service before, from nothing else.

mod by_name;
mod fault;
mod injected;
mod script;
mod sequence;
mod when;

pub(crate) use by_name::Faults;
pub use fault::Fault;
pub use injected::InjectedFault;
pub(crate) use injected::{Instead, ServiceFaults};
pub use script::{Script, Step};

/// Where the random sequences of a registry's faults begin, see
/// [`Registry::chaos`](crate::Registry::chaos).
///
/// ```
/// use resilience_runtime::Registry;
/// use resilience_runtime::chaos::Chaos;
///
/// Registry::new().chaos(Chaos::seed(42));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chaos {
    seed: u64,
}

impl Chaos {
    /// The same seed brings the same sequences, on every machine and in every version. A registry to which
    /// nothing is said has seed 0.
    #[must_use]
    pub const fn seed(seed: u64) -> Self {
        Self { seed }
    }
}
