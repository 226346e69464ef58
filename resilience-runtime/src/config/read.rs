//! Durations and windows in files, as people write them.

use std::fmt;
use std::time::Duration;

use serde::Deserialize as _;
use serde::de::{Deserializer, Error, Visitor};

use super::circuit_breaker::{OnAbandoned, Window};
use super::duration::{DURATION_FORMAT, parse_duration};
use super::hedge::{HEDGE_DELAY_FORMAT, HedgeDelay};
use super::mode::PatternMode;
use super::on_store_loss::OnStoreLoss;
use super::retry::Jitter;
use super::strategy::RateLimitStrategy;

/// Reads the value of a setting.
pub(super) fn setting<'de, D: Deserializer<'de>, T: Readable>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::read(deserializer)
}

/// A type of settings in files.
pub(super) trait Readable: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;
}

macro_rules! as_they_are {
    ($($type:ty),*) => { $(
        impl Readable for $type {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                Option::deserialize(deserializer)
            }
        }
    )* };
}
as_they_are!(
    u32,
    f64,
    bool,
    Jitter,
    OnAbandoned,
    RateLimitStrategy,
    PatternMode,
    OnStoreLoss
);

/// A duration: `"250ms"`, `30`, `1.5`.
impl Readable for Duration {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(DurationVisitor).map(Some)
    }
}

/// A window: a whole number is calls, a text a duration.
impl Readable for Window {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(WindowVisitor).map(Some)
    }
}

/// A delay: a duration, or a percentile such as `"p95"`.
impl Readable for HedgeDelay {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(HedgeDelayVisitor).map(Some)
    }
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration, such as \"250ms\", \"30s\" or seconds as a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        parse_duration(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Duration, E> {
        Ok(Duration::from_secs(seconds))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Duration, E> {
        u64::try_from(seconds)
            .map(Duration::from_secs)
            .map_err(|_| E::custom(DURATION_FORMAT))
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Duration, E> {
        Duration::try_from_secs_f64(seconds).map_err(|_| E::custom(DURATION_FORMAT))
    }
}

struct WindowVisitor;

impl Visitor<'_> for WindowVisitor {
    type Value = Window;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of calls, such as 100, or a duration, such as \"30s\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Window, E> {
        parse_duration(text).map(Window::Time).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, calls: u64) -> Result<Window, E> {
        u32::try_from(calls)
            .map(Window::Calls)
            .map_err(|_| E::custom("too many calls for a window"))
    }

    fn visit_i64<E: Error>(self, calls: i64) -> Result<Window, E> {
        u32::try_from(calls)
            .map(Window::Calls)
            .map_err(|_| E::custom("the calls of a window must be a positive number"))
    }
}

struct HedgeDelayVisitor;

impl Visitor<'_> for HedgeDelayVisitor {
    type Value = HedgeDelay;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration, such as \"300ms\", or a percentile, such as \"p95\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<HedgeDelay, E> {
        text.parse().map_err(|_| E::custom(HEDGE_DELAY_FORMAT))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<HedgeDelay, E> {
        DurationVisitor.visit_u64(seconds).map(HedgeDelay::After)
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<HedgeDelay, E> {
        DurationVisitor.visit_i64(seconds).map(HedgeDelay::After)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<HedgeDelay, E> {
        DurationVisitor.visit_f64(seconds).map(HedgeDelay::After)
    }
}
