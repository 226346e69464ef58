//! The names of a rate limiter's limits.

use std::fmt;
use std::time::Duration;

/// Names what a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LimitDimension {
    /// Counts requests.
    Requests,
    /// Counts tokens, input and output together.
    Tokens,
    /// Counts the tokens that are sent.
    InputTokens,
    /// Counts the tokens that are received.
    OutputTokens,
}

impl LimitDimension {
    /// Returns its name, as in `requests_per_minute`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::InputTokens => "input_tokens",
            Self::OutputTokens => "output_tokens",
        }
    }

    /// Whether it counts tokens of some sort.
    pub(crate) const fn is_tokens(self) -> bool {
        !matches!(self, Self::Requests)
    }
}

impl fmt::Display for LimitDimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Period {
    Second,
    Minute,
    Hour,
    Day,
    /// One that a configuration in code set.
    Other,
}

impl Period {
    const fn seconds(self) -> Option<u64> {
        match self {
            Self::Second => Some(1),
            Self::Minute => Some(60),
            Self::Hour => Some(3_600),
            Self::Day => Some(86_400),
            Self::Other => None,
        }
    }
}

/// Names one limit of a rate limiter, as in `tokens_per_minute`: what it counts, and in which period.
///
/// ```
/// use resilience_runtime::rate_limit::{Cost, LimitName};
/// use resilience_runtime::{RateLimitConfig, RateLimiter};
///
/// let config = RateLimitConfig::per_minute(500).tokens_per_minute(10_000);
/// let limiter = RateLimiter::new("openai", config)?;
/// let rejected = limiter.check_cost("user_123", Cost::new(9_000, 2_000));
/// assert_eq!(rejected.short, Some(LimitName::TOKENS_PER_MINUTE));
/// assert_eq!(LimitName::TOKENS_PER_MINUTE.as_str(), "tokens_per_minute");
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LimitName {
    dimension: LimitDimension,
    period: Period,
    per_key: bool,
}

macro_rules! names {
    ($($name:ident: $dimension:ident, $period:ident => $text:literal;)*) => {
        impl LimitName {
            $(
                #[doc = concat!("Names the limit `", $text, "`.")]
                pub const $name: Self = Self::new(LimitDimension::$dimension, Period::$period);
            )*

            /// Lists all names, in the order of the documentation. Each has one [per key](Self::per_key) beside it.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the name that attributes, variables and files have for it. A limit in code may have another period:
            /// then the name is of what it counts alone.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match (self.dimension, self.period) {
                    $(
                        (LimitDimension::$dimension, Period::$period) if self.per_key => {
                            concat!("per_key_", $text)
                        }
                        (LimitDimension::$dimension, Period::$period) => $text,
                    )*
                    (_, Period::Other) => self.dimension.name(),
                }
            }
        }
    };
}

names! {
    REQUESTS_PER_SECOND: Requests, Second => "requests_per_second";
    REQUESTS_PER_MINUTE: Requests, Minute => "requests_per_minute";
    REQUESTS_PER_HOUR: Requests, Hour => "requests_per_hour";
    REQUESTS_PER_DAY: Requests, Day => "requests_per_day";
    TOKENS_PER_SECOND: Tokens, Second => "tokens_per_second";
    TOKENS_PER_MINUTE: Tokens, Minute => "tokens_per_minute";
    TOKENS_PER_HOUR: Tokens, Hour => "tokens_per_hour";
    TOKENS_PER_DAY: Tokens, Day => "tokens_per_day";
    INPUT_TOKENS_PER_SECOND: InputTokens, Second => "input_tokens_per_second";
    INPUT_TOKENS_PER_MINUTE: InputTokens, Minute => "input_tokens_per_minute";
    INPUT_TOKENS_PER_HOUR: InputTokens, Hour => "input_tokens_per_hour";
    INPUT_TOKENS_PER_DAY: InputTokens, Day => "input_tokens_per_day";
    OUTPUT_TOKENS_PER_SECOND: OutputTokens, Second => "output_tokens_per_second";
    OUTPUT_TOKENS_PER_MINUTE: OutputTokens, Minute => "output_tokens_per_minute";
    OUTPUT_TOKENS_PER_HOUR: OutputTokens, Hour => "output_tokens_per_hour";
    OUTPUT_TOKENS_PER_DAY: OutputTokens, Day => "output_tokens_per_day";
}

impl LimitName {
    pub(crate) const fn new(dimension: LimitDimension, period: Period) -> Self {
        Self {
            dimension,
            period,
            per_key: false,
        }
    }

    /// Returns the name of the same limit of each key, which holds beside those of the service: `per_key_…`.
    #[must_use]
    pub const fn per_key(self) -> Self {
        Self {
            per_key: true,
            ..self
        }
    }

    /// Returns whether it is a limit of each key, beside those of the service.
    #[must_use]
    pub const fn is_per_key(self) -> bool {
        self.per_key
    }

    /// The name of a limit of requests in such a period.
    pub(crate) fn of_requests_in(period: Duration) -> Self {
        let named = [Period::Second, Period::Minute, Period::Hour, Period::Day];
        let period = named
            .into_iter()
            .find(|named| named.seconds().map(Duration::from_secs) == Some(period))
            .unwrap_or(Period::Other);
        Self::new(LimitDimension::Requests, period)
    }

    /// Returns what the limit counts.
    #[must_use]
    pub const fn dimension(self) -> LimitDimension {
        self.dimension
    }

    /// Returns the period; `None`: one that code set.
    pub(crate) fn period(self) -> Option<Duration> {
        self.period.seconds().map(Duration::from_secs)
    }

    /// Whether it is about a day, which providers count from a fixed hour on.
    pub(crate) fn is_per_day(self) -> bool {
        self.period == Period::Day
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LimitName({self})")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for LimitName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_dimension_and_period() {
        for name in LimitName::ALL {
            let (dimension, period) = name.as_str().rsplit_once("_per_").expect("a period");
            assert_eq!(dimension, name.dimension().name());
            let seconds = match period {
                "second" => 1,
                "minute" => 60,
                "hour" => 3_600,
                _ => 86_400,
            };
            assert_eq!(name.period(), Some(Duration::from_secs(seconds)), "{name}");
            assert_eq!(format!("{name:?}"), format!("LimitName({name})"));
            let per_key = name.per_key();
            assert_eq!(per_key.as_str(), format!("per_key_{name}"));
            assert!(per_key.is_per_key() && !name.is_per_key());
        }
        let odd = LimitName::of_requests_in(Duration::from_secs(7));
        assert_eq!((odd.as_str(), odd.period()), ("requests", None));
        let minute = LimitName::of_requests_in(Duration::from_secs(60));
        assert_eq!(minute, LimitName::REQUESTS_PER_MINUTE);
    }
}
