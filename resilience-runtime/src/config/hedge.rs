//! Configuration of hedging.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::duration::parse_duration;
use super::key::Key;
use super::setters::setters;
use super::validator::Validator;

use crate::error::ConfigError;

/// Configures when another attempt starts beside one that has not answered, and how many may.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HedgeConfig {
    /// Sets how long an attempt may go without an answer before another one starts beside it.
    pub delay: HedgeDelay,
    /// Limits the attempts that start beside the first one; zero: none does.
    pub max_hedges: u32,
}

impl HedgeConfig {
    /// Checks that every value is in range.
    ///
    /// # Errors
    /// Names each value that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut validator = Validator::default();
        self.check(&mut validator);
        validator.finish()
    }

    pub(crate) fn check(&self, validator: &mut Validator) {
        if let HedgeDelay::Percentile(percent) = self.delay {
            validator.require(
                percent > 0.0 && percent < 100.0,
                Key::HedgeDelay,
                self.delay,
                PERCENTILE_RANGE,
            );
        }
    }
}

setters! {
    HedgeConfig {
        [into] delay: HedgeDelay,
        max_hedges: u32,
    }
}

impl Default for HedgeConfig {
    fn default() -> Self {
        Self {
            delay: HedgeDelay::Percentile(95.0),
            max_hedges: 1,
        }
    }
}

/// Chooses how long an attempt may go without an answer before another one starts beside it.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::hedge::HedgeDelay;
///
/// assert_eq!("p95".parse(), Ok(HedgeDelay::Percentile(95.0)));
/// assert_eq!("300ms".parse(), Ok(HedgeDelay::After(Duration::from_millis(300))));
/// assert!("p100".parse::<HedgeDelay>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum HedgeDelay {
    /// Waits so long. Zero: the other attempt starts as soon as the first one has to wait for its answer.
    After(Duration),
    /// Waits for the time within which this percentage of the last 1,000 calls had an answer; above 0 and below 100.
    /// Before there are 100 calls it waits for a quarter of the timeout.
    Percentile(f64),
}

const PERCENTILE_RANGE: &str = "must be above `p0` and below `p100`, such as `p95`";

/// What a text may be.
pub(super) const HEDGE_DELAY_FORMAT: &str =
    "must be a time, such as `300ms`, or a percentile above `p0` and below `p100`, such as `p95`";

impl From<Duration> for HedgeDelay {
    fn from(delay: Duration) -> Self {
        Self::After(delay)
    }
}

impl fmt::Display for HedgeDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(delay) => write!(f, "{delay:?}"),
            Self::Percentile(percent) => write!(f, "p{percent}"),
        }
    }
}

impl FromStr for HedgeDelay {
    type Err = UnknownHedgeDelay;

    fn from_str(text: &str) -> Result<Self, UnknownHedgeDelay> {
        let text = text.trim();
        let delay = match text.strip_prefix(['p', 'P']) {
            Some(percent) => percentile(percent).map(Self::Percentile),
            None => parse_duration(text).ok().map(Self::After),
        };
        delay.ok_or_else(|| UnknownHedgeDelay(text.to_owned()))
    }
}

/// Reads a percentage of digits and at most one point.
fn percentile(text: &str) -> Option<f64> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let percent: f64 = Some(text).filter(|text| is_plain(text))?.parse().ok()?;
    (percent > 0.0 && percent < 100.0).then_some(percent)
}

/// Rejects a text that is no [`HedgeDelay`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown delay `{0}`; it {HEDGE_DELAY_FORMAT}")]
pub struct UnknownHedgeDelay(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownHedgeDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownHedgeDelay(..)")
    }
}

/// The settings that hedging is built from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HedgeParts {
    pub(super) delay: Option<HedgeDelay>,
    pub(super) max_hedges: Option<u32>,
}

impl HedgeParts {
    /// What runs where a function hedges.
    pub(crate) fn config(&self) -> HedgeConfig {
        let default = HedgeConfig::default();
        HedgeConfig {
            delay: self.delay.unwrap_or(default.delay),
            max_hedges: self.max_hedges.unwrap_or(default.max_hedges),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_read_as_it_is_shown() {
        for (text, shown) in [
            ("p95", "p95"),
            ("P99.9", "p99.9"),
            (" p50 ", "p50"),
            ("p0.5", "p0.5"),
            ("300ms", "300ms"),
            ("1.5", "1.5s"),
            ("0", "0ns"),
        ] {
            let delay: HedgeDelay = text.parse().expect(text);
            assert_eq!(delay.to_string(), shown);
        }
    }

    #[test]
    fn whatever_is_no_delay_is_refused() {
        for text in [
            "", "p", "p0", "p100", "p101", "p-5", "p+5", "pinf", "pNaN", "p1e1", "p9.9.9", "95%",
            "fast", "-1s",
        ] {
            assert!(text.parse::<HedgeDelay>().is_err(), "{text}");
        }
        for percent in [0.0, 100.0, -1.0, f64::NAN, f64::INFINITY] {
            let config = HedgeConfig::default().delay(HedgeDelay::Percentile(percent));
            assert!(config.validate().is_err(), "{percent}");
        }
    }
}
