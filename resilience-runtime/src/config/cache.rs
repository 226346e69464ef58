//! Configuration of the read-through cache.

use std::time::Duration;

use super::setters::setters;
use super::validator::Validator;
use crate::error::{ConfigError, ConfigSource};

/// Configures how long answers are served from the cache, and what happens around that time.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::CacheConfig;
///
/// let config = CacheConfig::default().ttl(Duration::from_secs(60)).refresh_ahead(0.5);
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheConfig {
    /// Sets how long an answer is fresh. Each gets up to a tenth more or less, so that what was loaded together
    /// does not expire together.
    pub ttl: Duration,
    /// Sets when a fresh answer is due for a refresh by the next caller, which waits for it for 1 s at most; `None`: never
    /// before it expires.
    pub refresh_ahead: Option<RefreshAhead>,
    /// Sets how long after its expiry an answer is still served if a new one cannot be had; `None`: not at all.
    pub stale_if_error: Option<Duration>,
    /// Sets how long a missing value is remembered; `None`: not at all.
    pub negative_ttl: Option<Duration>,
    /// Limits the keys that are remembered; at least 1. The one whose time is up first makes room for a new one.
    pub max_entries: usize,
    /// Keeps answers that say that they are for one caller alone, too (see [`CacheLifetime`](crate::cache::CacheLifetime)): the key
    /// holds who is asking.
    pub private: bool,
}

/// Chooses when a fresh answer is due for a refresh.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum RefreshAhead {
    /// Refreshes after this share of the `ttl`; above 0 and below 1.
    Fraction(f64),
    /// Refreshes this long before the expiry; shorter than the `ttl`.
    Before(Duration),
}

impl From<f64> for RefreshAhead {
    fn from(fraction: f64) -> Self {
        Self::Fraction(fraction)
    }
}

impl From<Duration> for RefreshAhead {
    fn from(before: Duration) -> Self {
        Self::Before(before)
    }
}

impl CacheConfig {
    /// Keeps answers fresh for 5 minutes, refreshed after 80 % of them, served for an hour more if need be; 10 seconds for
    /// what does not exist; 1,000 keys.
    pub const DEFAULT: Self = Self {
        ttl: Duration::from_secs(300),
        refresh_ahead: Some(RefreshAhead::Fraction(0.8)),
        stale_if_error: Some(Duration::from_secs(3_600)),
        negative_ttl: Some(Duration::from_secs(10)),
        max_entries: 1_000,
        private: false,
    };

    /// The `ttl` of a cache whose answers say themselves how long they are kept: the upper bound of what the other values are
    /// compared with.
    #[doc(hidden)]
    pub const LONGEST_TTL: Duration = Duration::from_secs(365 * 86_400);

    /// Builds one from all of its values, for the expansion of the attributes.
    #[doc(hidden)]
    #[must_use]
    pub const fn from_parts(
        ttl: Duration,
        refresh_ahead: Option<RefreshAhead>,
        stale_if_error: Option<Duration>,
        negative_ttl: Option<Duration>,
        max_entries: usize,
        private: bool,
    ) -> Self {
        Self {
            ttl,
            refresh_ahead,
            stale_if_error,
            negative_ttl,
            max_entries,
            private,
        }
    }

    /// Checks that every value is in range and fits the others.
    ///
    /// # Errors
    /// Names each value that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.validate_at(&ConfigSource::Code)
    }

    /// Checks the values that were written at `origin`.
    pub(crate) fn validate_at(&self, origin: &ConfigSource) -> Result<(), ConfigError> {
        let mut validator = Validator::default();
        validator.duration("cache.ttl", self.ttl);
        match self.refresh_ahead {
            Some(RefreshAhead::Fraction(fraction)) => validator.require(
                fraction > 0.0 && fraction < 1.0,
                "cache.refresh_ahead",
                fraction,
                "must be above 0 and below 1, or a time",
            ),
            Some(RefreshAhead::Before(before)) => {
                validator.duration("cache.refresh_ahead", before);
                validator.require(
                    before < self.ttl,
                    "cache.refresh_ahead",
                    format!("{before:?}"),
                    "must be shorter than `cache.ttl`",
                );
            }
            None => {}
        }
        for (key, value) in [
            ("cache.stale_if_error", self.stale_if_error),
            ("cache.negative_ttl", self.negative_ttl),
        ] {
            if let Some(value) = value {
                validator.duration(key, value);
            }
        }
        validator.require(
            self.max_entries > 0,
            "cache.max_entries",
            self.max_entries,
            "must be at least 1",
        );
        validator.finish_at(origin)
    }
}

setters! {
    CacheConfig {
        ttl: Duration,
        [some into] refresh_ahead: RefreshAhead,
        [some] stale_if_error: Duration,
        [some] negative_ttl: Duration,
        max_entries: usize,
        private: bool,
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigProblem;

    #[test]
    fn every_value_that_cannot_run_is_named() {
        let wrong = CacheConfig {
            ttl: Duration::ZERO,
            refresh_ahead: Some(1.0.into()),
            stale_if_error: Some(Duration::ZERO),
            negative_ttl: Some(Duration::ZERO),
            max_entries: 0,
            private: false,
        };
        let error = wrong.validate().expect_err("nothing of it can run");
        let keys: Vec<&str> = error.problems().iter().map(ConfigProblem::key).collect();
        assert_eq!(
            keys,
            [
                "cache.ttl",
                "cache.refresh_ahead",
                "cache.stale_if_error",
                "cache.negative_ttl",
                "cache.max_entries"
            ]
        );
    }

    #[test]
    fn a_refresh_comes_before_the_end_and_after_the_beginning() {
        let with = |refresh: RefreshAhead| CacheConfig {
            refresh_ahead: Some(refresh),
            ..CacheConfig::DEFAULT
        };
        for fits in [
            RefreshAhead::Fraction(0.01),
            RefreshAhead::Before(Duration::from_secs(299)),
        ] {
            assert!(with(fits).validate().is_ok(), "{fits:?}");
        }
        for wrong in [
            RefreshAhead::Fraction(0.0),
            RefreshAhead::Fraction(f64::NAN),
            RefreshAhead::Before(Duration::ZERO),
            RefreshAhead::Before(Duration::from_secs(300)),
        ] {
            assert!(with(wrong).validate().is_err(), "{wrong:?}");
        }
    }
}
