//! The value of a setting, and how a text is read as one.

use std::fmt;
use std::time::Duration;

use super::circuit_breaker::{OnAbandoned, Window};
use super::duration_text::{nanos_of_unit, of_unit};
use super::hedge::{HEDGE_DELAY_FORMAT, HedgeDelay};
use super::key::ValueType;
use super::mode::PatternMode;
use super::retry::Jitter;
use super::strategy::RateLimitStrategy;

/// Holds the value of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Count(u64),
    Number(f64),
    Time(Duration),
    Jitter(Jitter),
    Window(Window),
    OnAbandoned(OnAbandoned),
    RateLimitStrategy(RateLimitStrategy),
    Mode(PatternMode),
    HedgeDelay(HedgeDelay),
}

impl Value {
    pub(crate) const fn value_type(self) -> ValueType {
        match self {
            Self::Count(_) => ValueType::Count,
            Self::Number(_) => ValueType::Number,
            Self::Time(_) => ValueType::Time,
            Self::Jitter(_) => ValueType::Jitter,
            Self::Window(_) => ValueType::Window,
            Self::OnAbandoned(_) => ValueType::OnAbandoned,
            Self::RateLimitStrategy(_) => ValueType::RateLimitStrategy,
            Self::Mode(_) => ValueType::Mode,
            Self::HedgeDelay(_) => ValueType::HedgeDelay,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Time(span) | Self::Window(Window::Time(span)) => write!(f, "{span:?}"),
            Self::Jitter(jitter) => jitter.fmt(f),
            Self::Window(Window::Calls(calls)) => write!(f, "{calls} calls"),
            Self::OnAbandoned(abandoned) => abandoned.fmt(f),
            Self::RateLimitStrategy(strategy) => strategy.fmt(f),
            Self::Mode(mode) => mode.fmt(f),
            Self::HedgeDelay(delay) => delay.fmt(f),
        }
    }
}

impl ValueType {
    /// Reads a text, or returns what is allowed.
    pub(crate) fn parse(self, text: &str) -> Result<Value, &'static str> {
        let text = text.trim();
        match self {
            Self::Count => text
                .parse()
                .map(Value::Count)
                .map_err(|_| "must be a whole number, such as `3`"),
            Self::Number => text
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(Value::Number)
                .ok_or("must be a number, such as `2.0`"),
            Self::Time => parse_duration(text).map(Value::Time),
            Self::Jitter => text
                .parse()
                .map(Value::Jitter)
                .map_err(|_| "must be one of full, equal, decorrelated, none"),
            Self::Window => text.parse::<u32>().map_or_else(
                |_| {
                    parse_duration(text)
                        .map(|span| Value::Window(Window::Time(span)))
                        .map_err(|_| {
                            "must be a number of calls, such as `100`, or a time, such as `30s`"
                        })
                },
                |calls| Ok(Value::Window(Window::Calls(calls))),
            ),
            Self::OnAbandoned => text
                .parse()
                .map(Value::OnAbandoned)
                .map_err(|_| "must be one of ignored, failure"),
            Self::RateLimitStrategy => text
                .parse()
                .map(Value::RateLimitStrategy)
                .map_err(|_| "must be one of token_bucket, sliding_window, fixed_window"),
            Self::Mode => text
                .parse()
                .map(Value::Mode)
                .map_err(|_| PatternMode::allowed_near(text)),
            Self::HedgeDelay => text
                .parse()
                .map(Value::HedgeDelay)
                .map_err(|_| HEDGE_DELAY_FORMAT),
        }
    }
}

/// What [`parse_duration`] takes.
pub(crate) const DURATION_FORMAT: &str =
    "must be seconds, such as `1.5`, or a number with a unit, such as `250ms`, `30s`, `2m`, `1h`";

/// Reads a duration: a bare number is seconds; the units are `ns`, `us`, `ms`, `s`, `m`, `h`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    let unit_at = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    nanos_of_unit(unit.trim_start())
        .and_then(|nanos| of_unit(number, nanos).ok())
        .ok_or(DURATION_FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, expected) in [
            ("250ms", Duration::from_millis(250)),
            ("1.5s", Duration::from_millis(1_500)),
            ("2m", Duration::from_secs(120)),
            ("1h", Duration::from_secs(3_600)),
            ("0.5h", Duration::from_secs(1_800)),
            ("60", Duration::from_secs(60)),
            ("0.5", Duration::from_millis(500)),
            ("1.0", Duration::from_secs(1)),
            (" 10 s ", Duration::from_secs(10)),
            ("0", Duration::ZERO),
            ("7us", Duration::from_micros(7)),
        ] {
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "-1",
            "-1s",
            "NaN",
            "inf",
            "1e400",
            "1 sec",
            "s",
            "1.2.3",
            "+1",
            "1e3",
            "1d",
            "99999999999999999999h",
        ] {
            assert_eq!(parse_duration(text), Err(DURATION_FORMAT), "{text}");
        }
    }

    #[test]
    fn numbers_are_finite() {
        for text in ["NaN", "inf", "-inf", "x", ""] {
            assert!(ValueType::Number.parse(text).is_err());
        }
        assert!(ValueType::Count.parse("-1").is_err());
        assert_eq!(ValueType::Count.parse("007"), Ok(Value::Count(7)));
    }

    #[test]
    fn a_window_is_calls_or_time() {
        assert_eq!(
            ValueType::Window.parse("100"),
            Ok(Value::Window(Window::Calls(100)))
        );
        assert_eq!(
            ValueType::Window.parse("30s"),
            Ok(Value::Window(Window::Time(Duration::from_secs(30))))
        );
    }
}
