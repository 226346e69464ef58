//! Tokens that were taken, to be corrected when it is known how many were used.

use std::fmt;
use std::sync::Arc;

use super::amount::Amount;
use super::grant::Grant;
use super::key_hash::KeyHash;
use super::shared::Shared;
use super::usage::Usage;
use crate::clock::Moment;

/// Holds tokens taken by [`RateLimiter::acquire`](super::RateLimiter::acquire). Dropping it keeps them spent.
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
    /// `None`: it passed in shadow, and nothing was taken.
    grant: Option<Grant>,
}

impl Reservation {
    pub(super) fn new(
        shared: Arc<Shared>,
        key: KeyHash,
        amount: Amount,
        at: Option<Moment>,
    ) -> Self {
        let grant = at.map(|at| Grant {
            key,
            amount,
            at: Some(at),
            unit: Some(shared.unit()),
        });
        Self { shared, grant }
    }

    /// Returns how many tokens were taken; 0 if it passes in shadow alone.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.grant.map_or(0, |grant| grant.amount.tokens())
    }

    /// Returns whether the call passes in [shadow](crate::config::PatternMode::Shadow) alone: it would have been rejected,
    /// or have waited. Nothing was taken, so there is nothing to refund or to settle.
    #[must_use]
    pub fn is_shadow_rejected(&self) -> bool {
        self.grant.is_none()
    }

    /// Gives all of them back, because the request was not made. Where tokens are counted beside requests, the
    /// request is given back as well.
    pub fn refund(self) {
        if let Some(grant) = self.grant {
            self.shared.refund(grant, Moment::now());
        }
    }

    /// Corrects the estimate: what was not used is given back; what was used beyond it is taken now, into a debt
    /// if necessary, so that the next calls wait, for at most one period.
    ///
    /// Windows give back only what they still count.
    pub fn settle(self, used: u32) {
        if let Some(grant) = self.grant {
            self.shared
                .settle(grant, Amount::units(used), Moment::now());
        }
    }

    /// As [`settle`](Self::settle), where it is known which tokens were used. Those that cost nothing of the limit, such as
    /// cached input at some providers, are left out.
    pub fn settle_usage(self, used: Usage) {
        if let Some(grant) = self.grant {
            self.shared.settle(grant, used.into(), Moment::now());
        }
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("service", &self.shared.name)
            .field("tokens", &self.tokens())
            .finish_non_exhaustive()
    }
}
