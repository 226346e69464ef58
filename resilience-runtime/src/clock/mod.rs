//! One clock for everything: `tokio::time`, read as nanoseconds, so that a paused test runtime drives
//! every pattern and the state machines stay plain functions of a number.
//!
//! With the feature `fast-clock` the processor's own counter is read instead, wherever tokio's clock cannot be paused.

#[cfg(feature = "fast-clock")]
mod counter;
#[cfg(feature = "test-util")]
mod reads;

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

#[cfg(feature = "test-util")]
pub use reads::reads;

/// A moment, in nanoseconds since an origin somewhat before the process started.
///
/// Differences saturate at zero: a clock that goes backwards (two paused test runtimes, one after the
/// other) stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    pub(crate) const FAR_FUTURE: Self = Self(u64::MAX);

    /// Returns the time now on tokio's clock; works outside of a runtime as well.
    #[inline]
    pub(crate) fn now() -> Self {
        #[cfg(feature = "test-util")]
        reads::count();
        #[cfg(feature = "fast-clock")]
        if counter::IS_THE_CLOCK {
            return counter::now();
        }
        Self::from_instant(Instant::now())
    }

    fn from_instant(instant: Instant) -> Self {
        Self(nanos(
            instant.into_std().saturating_duration_since(origin()),
        ))
    }

    /// The instant to hand to a timer, `None` where it is further away than an `Instant` reaches.
    pub(crate) fn to_instant(self) -> Option<Instant> {
        #[cfg(feature = "fast-clock")]
        if counter::IS_THE_CLOCK {
            return Instant::now().checked_add(self.since(counter::now()));
        }
        origin()
            .checked_add(Duration::from_nanos(self.0))
            .map(Instant::from_std)
    }

    /// The time from `earlier` until this moment, zero if `earlier` is later.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
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

/// How far before the first reading the zero of [`Moment`] lies.
#[cfg(feature = "fast-clock")]
const HEAD_START: u64 = 86_400 * 1_000_000_000;

/// The zero of [`Moment`]. It lies in the past because a paused runtime may have been built, and its
/// clock stopped, before anything here ran; and it comes from the real clock because a paused one may
/// have been advanced by years.
fn origin() -> std::time::Instant {
    static ORIGIN: OnceLock<std::time::Instant> = OnceLock::new();
    *ORIGIN.get_or_init(|| {
        let now = std::time::Instant::now();
        // Some platforms cannot represent a moment before the machine started.
        [86_400, 3_600, 60, 1]
            .into_iter()
            .find_map(|seconds| now.checked_sub(Duration::from_secs(seconds)))
            .unwrap_or(now)
    })
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

    #[tokio::test(start_paused = true)]
    async fn now_follows_a_paused_clock_to_the_nanosecond() {
        let before = Moment::now();
        tokio::time::advance(Duration::from_nanos(1_500_001)).await;
        assert_eq!(Moment::now().since(before), Duration::from_nanos(1_500_001));
    }

    #[test]
    fn instants_survive_the_round_trip_without_a_runtime() {
        let now = Moment::from_instant(Instant::now());
        let instant = origin().checked_add(Duration::from_nanos(now.0));
        assert_eq!(
            instant.map(Instant::from_std).map(Moment::from_instant),
            Some(now)
        );
    }
}
