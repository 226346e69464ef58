//! A moment, which is a number.

use std::time::Duration;

/// A moment, in nanoseconds since an origin somewhat before the process started.
///
/// Differences saturate at zero: a clock that goes backwards (two paused test runtimes, one after the
/// other) stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment(pub(crate) u64);

/// 146 years in nanoseconds: what is so far away never comes. Two such times can be added without an overflow.
pub(crate) const NEVER: u64 = 1 << 62;

impl Moment {
    pub(crate) const FAR_FUTURE: Self = Self(u64::MAX);

    /// The time from `earlier` until this moment, zero if `earlier` is later.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The moment so many nanoseconds later.
    #[inline]
    pub(crate) fn later(self, nanos: u64) -> Self {
        if nanos >= NEVER {
            Self::FAR_FUTURE
        } else {
            Self(self.0.saturating_add(nanos))
        }
    }

    #[inline]
    pub(crate) fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

/// Nanoseconds of a duration, capped at 584 years.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    // Without the detour over 128 bits of `as_nanos`: this runs in every call.
    const LONGEST: u64 = u64::MAX / 1_000_000_000;
    if duration.as_secs() >= LONGEST {
        return u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    }
    duration.as_secs() * 1_000_000_000 + u64::from(duration.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_and_after_saturate() {
        let early = Moment(5);
        let late = Moment(9);
        assert_eq!(late.since(early), Duration::from_nanos(4));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(late.after(Duration::MAX), Moment::FAR_FUTURE);
    }
}
