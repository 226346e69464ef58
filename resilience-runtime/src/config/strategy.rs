//! How a rate limiter counts.

use std::fmt;
use std::str::FromStr;

/// Chooses how requests are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RateLimitStrategy {
    /// Takes tokens from a bucket that refills evenly: at most `burst + rate × t` in any span `t`.
    #[default]
    TokenBucket,
    /// Allows never more than the limit in any window at any offset.
    SlidingWindow,
    /// Allows the limit in each window; windows begin with a first request.
    FixedWindow,
}

impl RateLimitStrategy {
    /// Lists all strategies, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::TokenBucket, Self::SlidingWindow, Self::FixedWindow];

    /// Returns its name in attributes, variables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenBucket => "token_bucket",
            Self::SlidingWindow => "sliding_window",
            Self::FixedWindow => "fixed_window",
        }
    }
}

impl fmt::Display for RateLimitStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RateLimitStrategy {
    type Err = UnknownStrategy;

    fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
        Self::ALL
            .iter()
            .copied()
            .find(|strategy| strategy.name() == text)
            .ok_or_else(|| UnknownStrategy(text.to_owned()))
    }
}

/// Rejects a text that names no [`RateLimitStrategy`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown strategy `{0}`; one of token_bucket, sliding_window, fixed_window")]
pub struct UnknownStrategy(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownStrategy(..)")
    }
}
