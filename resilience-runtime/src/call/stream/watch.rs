//! How a stream is watched.

use std::time::Duration;

use crate::rate_limit::Amount;
use crate::verdict::autoref::Known;

/// The longest silence between two items, where nothing else is said.
pub const DEFAULT_IDLE_TIMEOUT: Option<Duration> = Some(Duration::from_secs(60));

/// How a stream is watched.
pub struct Watch<T, E> {
    /// The longest time between two items.
    pub idle_timeout: Option<Duration>,
    /// Whether an item is the last one; a stream that ends before has broken off.
    pub complete: Option<fn(&T) -> bool>,
    /// What an item says was used of the rate limit, if it says so.
    pub usage: Option<fn(&T) -> Option<Amount>>,
    /// What an error between items means.
    pub judge: fn(&E) -> Known<'_, E>,
}
