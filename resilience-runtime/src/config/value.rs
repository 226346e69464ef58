//! The value of a setting, and how a text is read as one.

use std::fmt;
use std::time::Duration;

use super::circuit_breaker::{OnAbandoned, Window};
use super::duration::parse_duration;
use super::hedge::{HEDGE_DELAY_FORMAT, HedgeDelay};
use super::key::ValueType;
use super::mode::PatternMode;
use super::on_store_loss::OnStoreLoss;
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
    Flag(bool),
    OnStoreLoss(OnStoreLoss),
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
            Self::Flag(_) => ValueType::Flag,
            Self::OnStoreLoss(_) => ValueType::OnStoreLoss,
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
            Self::Flag(flag) => flag.fmt(f),
            Self::OnStoreLoss(choice) => choice.fmt(f),
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
            Self::Flag => parse_flag(text).map(Value::Flag),
            Self::OnStoreLoss => text
                .parse()
                .map(Value::OnStoreLoss)
                .map_err(|_| OnStoreLoss::allowed_near(text)),
        }
    }
}

/// Reads a text as yes or no, or returns what is allowed.
pub(super) fn parse_flag(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err("must be true or false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_finite() {
        for text in ["NaN", "inf", "-inf", "x", ""] {
            assert!(ValueType::Number.parse(text).is_err());
        }
        assert!(ValueType::Count.parse("-1").is_err());
        assert_eq!(ValueType::Count.parse("007"), Ok(Value::Count(7)));
    }

    #[test]
    fn a_flag_is_true_or_false() {
        for (text, flag) in [
            ("true", true),
            ("False", false),
            (" 1 ", true),
            ("no", false),
        ] {
            assert_eq!(ValueType::Flag.parse(text), Ok(Value::Flag(flag)), "{text}");
            assert_eq!(Value::Flag(flag).to_string(), flag.to_string());
        }
        for text in ["", "3", "ture", "shared"] {
            let told = ValueType::Flag.parse(text);
            assert_eq!(told, Err("must be true or false"), "{text}");
        }
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
