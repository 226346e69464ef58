//! Moments from the instants of tokio's clock, and back.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

#[cfg(feature = "fast-clock")]
use super::counter;
use super::moment::{Moment, nanos};
#[cfg(feature = "test-util")]
use super::reads;

impl Moment {
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
}

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
