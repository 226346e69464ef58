//! Tokens that were taken, and can be corrected once it is known how many were needed.

use std::fmt;
use std::sync::Arc;

use super::grant::Taken;
use super::keys::key::KeyHash;
use super::shared::Shared;
use crate::clock::Moment;

/// Tokens taken by [`RateLimiter::acquire`](super::RateLimiter::acquire). Dropping it keeps them spent.
///
/// ```
/// # use std::time::Duration;
/// # use resilience_runtime::{RateLimitConfig, RateLimiter};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limiter = RateLimiter::new("llm", RateLimitConfig::per_minute(10))?;
/// let reservation = limiter.acquire("user_123", 4, Duration::ZERO).await?;
/// reservation.refund();
/// assert_eq!(limiter.peek("user_123").remaining, 10);
/// # Ok(())
/// # }
/// ```
pub struct Reservation {
    shared: Arc<Shared>,
    taken: Taken,
}

impl Reservation {
    pub(super) fn new(shared: Arc<Shared>, key: KeyHash, tokens: u32, at: Moment) -> Self {
        let taken = Taken {
            key,
            cost: tokens,
            at: Some(at),
            unit: Some(shared.unit()),
        };
        Self { shared, taken }
    }

    /// How many tokens it took.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.taken.cost
    }

    /// Gives all of them back: the request was not made, and is not counted either where tokens are counted
    /// beside requests.
    pub fn refund(self) {
        self.shared.give_back(self.taken, Moment::now());
    }

    /// Corrects the estimate: what was not used comes back; what was used beyond it is taken now, into a debt
    /// if need be, so that the next callers wait.
    ///
    /// Windows take back only what they still count.
    pub fn settle(self, used: u32) {
        self.shared.settle(self.taken, used, Moment::now());
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("service", &self.shared.name)
            .field("tokens", &self.taken.cost)
            .finish_non_exhaustive()
    }
}
