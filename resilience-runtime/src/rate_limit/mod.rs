//! Limits how often something is called, per key, and obeys a server's Retry-After.
//!
//! From the inside out:
//!
//! * `meter` and its three strategies count one key: plain functions of a state, a cost and a time; the
//!   `log` of the sliding window is packed;
//!   `requests_and_tokens` puts tokens beside any of them;
//! * `segment`, `table` and `accounts` find the state of a key in bounded memory;
//! * `keyed` decides who passes, `line` lets those who wait pass in their order;
//! * `store` is whichever strategy is set, in the `state` behind the one lock of `shared`;
//! * `fast_lane` leads past that lock, for callers without a key under a token bucket;
//! * `wait` is the future round it, and `limiter` what others see.

mod algorithms;
mod call_path;
mod decision;
mod fast_path;
mod grant;
mod keys;
mod limiter;
mod reservation;
mod shared;
mod state;
mod store;
mod waiting;

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

pub use crate::config::{RateLimitConfig, RateLimitStrategy, UnknownStrategy};
pub(crate) use call_path::Take;
pub use decision::Decision;
pub(crate) use grant::{Taken, Unit};
pub(crate) use keys::key::KeyHash;
pub use limiter::RateLimiter;
pub use reservation::Reservation;
pub use waiting::wait::Acquire;
pub(crate) use waiting::wait::WaitError;
