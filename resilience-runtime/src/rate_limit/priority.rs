//! Which of the calls that wait comes first.

use std::fmt;

/// Chooses which calls of a line pass first, for `rate_limit(priority = …)` and
/// [`Acquire::priority`](super::Acquire::priority).
///
/// Higher ones come first, but of every 8 tokens at least one goes to [`Normal`](Self::Normal) and one to
/// [`Low`](Self::Low), if they wait: nobody waits for ever. Calls of one priority pass first come, first served.
///
/// ```
/// # use std::time::Duration;
/// use resilience_runtime::rate_limit::Priority;
/// use resilience_runtime::{RateLimitConfig, RateLimiter};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limiter = RateLimiter::new("llm", RateLimitConfig::per_second(10))?;
/// let patient = Duration::from_secs(60);
/// limiter.acquire("ours", 1, patient).priority(Priority::Low).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Priority {
    /// Passes before all others: somebody waits for the answer.
    High,
    /// Passes between the two others.
    #[default]
    Normal,
    /// Passes when nobody else waits, and now and then: work in bulk.
    Low,
}

impl Priority {
    /// Lists all priorities, from the highest.
    pub const ALL: &'static [Self] = &[Self::High, Self::Normal, Self::Low];

    /// Returns its name in attributes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
