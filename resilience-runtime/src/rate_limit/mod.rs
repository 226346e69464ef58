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

mod accounts;
mod decision;
mod fast_lane;
mod fixed_window;
mod key;
mod keyed;
mod limiter;
mod line;
mod log;
mod meter;
mod queue;
mod requests_and_tokens;
mod reservation;
mod segment;
mod shared;
mod side;
mod sliding_window;
mod state;
mod store;
mod table;
mod taken;
mod token_bucket;
mod wait;

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

pub use crate::config::{RateLimitConfig, RateLimitStrategy, UnknownStrategy};
pub use decision::Decision;
pub(crate) use key::KeyHash;
pub use limiter::RateLimiter;
pub(crate) use limiter::Take;
pub use reservation::Reservation;
pub(crate) use taken::{Taken, Unit};
pub use wait::Acquire;
pub(crate) use wait::WaitError;
