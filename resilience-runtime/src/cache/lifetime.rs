//! How long one answer is kept, where the answer itself says so.

use std::time::Duration;

use rand::RngExt as _;

use crate::clock::nanos;
use crate::config::CacheConfig;

/// Says how long an answer may be kept, by what is written in the answer itself: the lifetime of a token, the hints of a server.
///
/// An argument `ttl = |answer| …` of `cache(…)`, or [`Cache::lifetime`](super::Cache::lifetime), returns one, or what converts into
/// one: a [`Duration`], an `Option` of it (`None`: not kept), or a number of seconds (zero or negative: not kept). The time is
/// an upper bound: an answer expires up to a tenth earlier, so that what was loaded together does not expire together.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::cache::CacheLifetime;
///
/// assert_eq!(CacheLifetime::from(60), CacheLifetime::new(Duration::from_secs(60)));
/// assert_eq!(CacheLifetime::from(-1), CacheLifetime::not_kept());
/// assert!(CacheLifetime::from(60).private().is_private());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct CacheLifetime {
    ttl: Duration,
    private: bool,
}

impl CacheLifetime {
    /// Keeps the answer for `ttl`; zero: not at all.
    pub const fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            private: false,
        }
    }

    /// Does not keep the answer. Callers that wait for it share it all the same.
    pub const fn not_kept() -> Self {
        Self::new(Duration::ZERO)
    }

    /// Marks the answer as one for this caller alone. It is kept, and shared with callers that wait for it, only where the cache is
    /// `private`, which says that its key holds who is asking.
    pub const fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Returns how long the answer may be kept; zero: not at all.
    #[must_use]
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Returns whether the answer is for this caller alone.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        self.private
    }
}

impl From<Duration> for CacheLifetime {
    fn from(ttl: Duration) -> Self {
        Self::new(ttl)
    }
}

impl<L: Into<Self>> From<Option<L>> for CacheLifetime {
    fn from(lifetime: Option<L>) -> Self {
        lifetime.map_or(Self::not_kept(), Into::into)
    }
}

/// A number of seconds.
impl From<f64> for CacheLifetime {
    fn from(seconds: f64) -> Self {
        let ttl = Duration::try_from_secs_f64(seconds.max(0.0));
        // What is too large has no end. `max` makes a zero of what is no number.
        Self::new(ttl.unwrap_or(Duration::MAX))
    }
}

macro_rules! from_seconds {
    ($($number:ty),*) => { $(
        /// A number of seconds.
        impl From<$number> for CacheLifetime {
            #[allow(clippy::unnecessary_fallible_conversions, reason = "not for all of them")]
            fn from(seconds: $number) -> Self {
                Self::new(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
            }
        }
    )* };
}
from_seconds!(i32, i64, u32, u64);

/// How long a loaded value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// For the `ttl` of the configuration.
    Configured,
    /// As the answer says.
    Given(CacheLifetime),
    /// Not at all, and it is shared with nobody.
    Own,
}

impl Keep {
    /// What the configuration makes of it: `configured` is the `ttl` that the next value gets.
    pub(super) fn resolve(
        self,
        config: &CacheConfig,
        configured: impl FnOnce() -> Duration,
    ) -> Kept {
        match self {
            Self::Configured => Kept::For(configured()),
            Self::Own => Kept::Own,
            Self::Given(lifetime) if lifetime.private && !config.private => Kept::Own,
            Self::Given(lifetime) if lifetime.ttl.is_zero() => Kept::Shared,
            Self::Given(lifetime) => Kept::For(spread(lifetime.ttl)),
        }
    }
}

/// Returns `ttl`, less up to a tenth.
fn spread(ttl: Duration) -> Duration {
    let ttl = nanos(ttl);
    let less = rand::rng().random_range(0..=ttl / 10);
    Duration::from_nanos(ttl - less)
}

/// What happens to a value that was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is kept.
    For(Duration),
    /// It is not kept, but those who wait for it get it.
    Shared,
    /// It belongs to the caller that loaded it.
    Own,
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn lifetime_is_converted_from_times_and_numbers() {
        for lifetime in [
            CacheLifetime::from(SECOND),
            CacheLifetime::from(Some(SECOND)),
            CacheLifetime::from(1_u32),
            CacheLifetime::from(1_i64),
            CacheLifetime::from(1.0),
            CacheLifetime::from(Some(1_u64)),
        ] {
            assert_eq!(lifetime, CacheLifetime::new(SECOND));
        }
        for not_kept in [
            CacheLifetime::from(Duration::ZERO),
            CacheLifetime::from(None::<Duration>),
            CacheLifetime::from(-1),
            CacheLifetime::from(i64::MIN),
            CacheLifetime::from(-0.5),
            CacheLifetime::from(f64::NAN),
            CacheLifetime::from(f64::NEG_INFINITY),
            CacheLifetime::from(0_u64),
        ] {
            assert_eq!(not_kept, CacheLifetime::not_kept());
        }
        assert_eq!(CacheLifetime::from(f64::INFINITY).ttl(), Duration::MAX);
    }

    #[test]
    fn private_lifetime_needs_a_private_cache() {
        let minute = CacheLifetime::new(60 * SECOND);
        let resolve = |lifetime: CacheLifetime, private| {
            let config = CacheConfig::default().private(private);
            Keep::Given(lifetime).resolve(&config, || SECOND)
        };
        let is_kept =
            |kept| matches!(kept, Kept::For(ttl) if (54 * SECOND..=60 * SECOND).contains(&ttl));
        assert!(is_kept(resolve(minute, false)));
        assert!(is_kept(resolve(minute.private(), true)));
        assert_eq!(resolve(minute.private(), false), Kept::Own);
        assert_eq!(resolve(CacheLifetime::not_kept(), true), Kept::Shared);
        let nothing = CacheLifetime::not_kept().private();
        assert_eq!(resolve(nothing, false), Kept::Own);
        assert_eq!(resolve(nothing, true), Kept::Shared);
        let config = CacheConfig::default();
        assert_eq!(
            Keep::Configured.resolve(&config, || SECOND),
            Kept::For(SECOND)
        );
        assert_eq!(Keep::Own.resolve(&config, || SECOND), Kept::Own);
        let endless = CacheLifetime::new(Duration::MAX);
        assert!(matches!(resolve(endless, false), Kept::For(ttl) if ttl > 3_600 * SECOND));
    }
}
