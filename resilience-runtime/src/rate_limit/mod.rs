//! Limits how often something is called, per key, and obeys a server's Retry-After.
//!
//! A [`RateLimiter`] counts requests and the tokens of a language model, in any number of limits together, for each key
//! by itself: a user, a tenant, an endpoint. A call that finds no token is rejected with the time to wait
//! ([`check`](RateLimiter::check)), or waits for its turn, first come, first served
//! ([`acquire`](RateLimiter::acquire)). A server that asks for a pause [cools the key
//! down](RateLimiter::cool_down): until then no call with that key passes.
//!
//! ```
//! use resilience_runtime::{RateLimitConfig, RateLimiter};
//!
//! let limiter = RateLimiter::new("search", RateLimitConfig::per_minute(60).burst(2))?;
//! assert!(limiter.check("user_123").allowed);
//! assert!(limiter.check("user_123").allowed);
//! assert!(!limiter.check("user_123").allowed, "one more token each second");
//! assert!(limiter.check("user_456").allowed, "each key has a limit of its own");
//! # Ok::<(), resilience_runtime::config::ConfigError>(())
//! ```
//!
//! # Strategies
//!
//! | [`RateLimitStrategy`] | how it counts | what may pass |
//! |---|---|---|
//! | `TokenBucket`, the default | the generic cell rate algorithm (GCRA) | `burst + rate × t` in any span `t` |
//! | `SlidingWindow` | an exact log of the requests | the limit in any window, at any offset |
//! | `FixedWindow` | a counter from the first request on | the limit in each window, twice the limit in two adjacent ones |
//!
//! The algorithms, their sources and their cost are described in the [guide](crate::guide::algorithms).

// From the inside out:
//
// * `algorithms` count one key: plain functions of a state, a cost and a time. `meter` is the trait of one limit, `log`
//   the packed log of the sliding window, `any_meter` a meter of any strategy. `limits` is the trait of all that is
//   limited for a key: one limit of requests, or a `limit_set`;
// * `amount` is what one call takes, `cost` and `usage` are its public forms;
// * `key_hash` stands for a key;
// * `waiting`: `wait_state` is the cooldown and the `queue` of a key;
// * `keys`: `segment`, `table` and `key_states` find the state of a key in bounded memory, and `keyed` decides
//   whether a call passes;
// * `fifo` lets waiters pass in their order, and `wait` is the future around it;
// * `store` is the configured strategy, `limited_keys` some limits with their keys, and `joint` the limits of a service
//   and of one of its keys, in the `state` behind the one lock of `shared`; `corrections` are what comes after a call;
// * `fast_path` takes tokens without that lock, for callers without a key under a token bucket;
// * `limiter` is the public API, and `call_path` what the call path uses of it.

mod algorithms;
mod amount;
mod call_path;
mod cooldown_scope;
mod corrections;
mod cost;
mod decision;
mod fast_path;
mod fifo;
#[cfg(feature = "fleet")]
mod fleet_limits;
#[cfg(feature = "fleet")]
mod fleet_link;
#[cfg(feature = "fleet")]
mod fleet_request;
#[cfg(feature = "fleet")]
mod fleet_shared;
#[cfg(feature = "fleet")]
mod fleet_state;
mod grant;
mod joint;
mod key_hash;
mod keys;
#[cfg(feature = "axum")]
mod limit_level;
mod limited_keys;
mod limiter;
mod priority;
mod reservation;
mod shared;
mod state;
mod store;
#[cfg(feature = "fleet")]
mod store_wait;
mod usage;
mod wait;
mod waiting;

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

pub use crate::config::{RateLimitConfig, RateLimitStrategy, UnknownStrategy};
pub use crate::limit_name::{LimitDimension, LimitName};
pub(crate) use algorithms::limits::Remaining;
pub(crate) use amount::Amount;
pub(crate) use call_path::Take;
pub(crate) use cooldown_scope::CooldownScope;
pub use cost::Cost;
pub(crate) use cost::CostOfCall;
pub use decision::Decision;
pub(crate) use grant::{Grant, Unit};
pub(crate) use key_hash::KeyHash;
#[cfg(feature = "axum")]
pub(crate) use limit_level::LimitLevel;
pub use limiter::RateLimiter;
pub use priority::Priority;
pub use reservation::Reservation;
pub use usage::Usage;
pub(crate) use usage::{UsageOfCall, UsageOfItem};
pub use wait::Acquire;
pub(crate) use wait::{Refusal, WaitError, sorts_needed};
pub(crate) use waiting::wait_state::LONGEST_SPREAD;
