//! One clock for everything: `tokio::time`, read as nanoseconds, so that a paused test runtime drives
//! every pattern and the state machines stay plain functions of a number.
//!
//! With the feature `fast-clock` the processor's own counter is read instead, wherever tokio's clock cannot be paused.

#[cfg(feature = "fast-clock")]
mod counter;
mod instant;
mod moment;
#[cfg(feature = "test-util")]
mod reads;

pub(crate) use moment::{Moment, NEVER, nanos};
#[cfg(feature = "test-util")]
pub use reads::reads;
