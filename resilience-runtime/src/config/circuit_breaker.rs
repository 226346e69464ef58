//! Configuration of the circuit breaker.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::key::Key;
use super::mode::PatternMode;
use super::setters::setters;
use super::validator::Validator;
use crate::error::ConfigError;
use crate::name::ServiceKind;

/// Configures when a circuit breaker opens, for how long, and what closes it again.
///
/// The default is the preset of [`ServiceKind::Custom`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CircuitBreakerConfig {
    /// Counts the failures in a row that open it; `None`: only the rates open it. Where `failure_rate` is set as
    /// well, either opens it.
    pub failure_threshold: Option<u32>,
    /// Sets the share of failures in `window` (0 < rate ≤ 1) that opens it, reached or passed.
    pub failure_rate: Option<f64>,
    /// Chooses the calls that the rates are computed over: the last so many, or those of the last so long.
    pub window: Window,
    /// Sets how many calls must be in the window before the rates count.
    pub minimum_calls: u32,
    /// Sets how long a slow call takes at least. Goes together with `slow_call_rate`.
    pub slow_call_duration: Option<Duration>,
    /// Sets the share of slow calls in `window` (0 < rate ≤ 1) that opens it. While half-open, a slow call reopens.
    pub slow_call_rate: Option<f64>,
    /// Sets how long it stays open before it admits probes.
    pub recovery_timeout: Duration,
    /// Lengthens the pause by this factor with each reopening; at least 1.
    pub recovery_multiplier: f64,
    /// Limits how long the circuit stays open.
    pub max_recovery_timeout: Duration,
    /// Counts the successful probes that close it.
    pub success_threshold: u32,
    /// Limits the probes that run at the same time.
    pub half_open_max_calls: u32,
    /// Chooses what a call that was dropped before it ended counts as.
    pub abandoned: OnAbandoned,
    /// Limits how many keys of a service have a breaker of their own; at least 1. Of no effect on a breaker by itself.
    pub max_keys: usize,
    /// Chooses whether it rejects calls, or lets them pass and counts what it would reject.
    pub mode: PatternMode,
}

impl CircuitBreakerConfig {
    /// Holds the default of `max_keys`.
    pub const DEFAULT_MAX_KEYS: usize = 1_000;

    /// Returns the preset of a kind.
    #[must_use]
    pub const fn preset(kind: ServiceKind) -> Self {
        let (recovery_s, success_threshold, half_open_max_calls) = match kind {
            ServiceKind::Llm => (60, 3, 5),
            ServiceKind::Database => (10, 2, 3),
            ServiceKind::Mcp | ServiceKind::Custom => (30, 2, 3),
            ServiceKind::Secret => (30, 1, 2),
        };
        Self {
            failure_threshold: Some(5),
            failure_rate: None,
            window: Window::Calls(100),
            minimum_calls: 10,
            slow_call_duration: None,
            slow_call_rate: None,
            recovery_timeout: Duration::from_secs(recovery_s),
            recovery_multiplier: 1.0,
            max_recovery_timeout: Duration::from_secs(600),
            success_threshold,
            half_open_max_calls,
            abandoned: OnAbandoned::Ignored,
            max_keys: Self::DEFAULT_MAX_KEYS,
            mode: PatternMode::Enforce,
        }
    }

    /// Sets the field `failure_rate`, and `failure_threshold` to `None`: from now on the rate decides. A
    /// [`failure_threshold`](Self::failure_threshold) that is set after it counts beside the rate: then either
    /// opens the breaker.
    ///
    /// ```
    /// use resilience_runtime::CircuitBreakerConfig;
    ///
    /// let rate_alone = CircuitBreakerConfig::default().failure_rate(0.5);
    /// assert_eq!(rate_alone.failure_threshold, None);
    /// let either = CircuitBreakerConfig::default().failure_rate(0.5).failure_threshold(20);
    /// assert_eq!((either.failure_rate, either.failure_threshold), (Some(0.5), Some(20)));
    /// ```
    #[must_use]
    pub const fn failure_rate(mut self, failure_rate: f64) -> Self {
        self.failure_rate = Some(failure_rate);
        self.failure_threshold = None;
        self
    }

    /// Checks that every value is in range and fits the others.
    ///
    /// # Errors
    /// Names each value that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut validator = Validator::default();
        self.check(&mut validator);
        validator.finish()
    }

    pub(crate) fn check(&self, validator: &mut Validator) {
        match self.failure_threshold {
            Some(failures) => validator.count(Key::CircuitFailureThreshold, failures),
            None => validator.require(
                self.failure_rate.is_some() || self.slow_call_rate.is_some(),
                Key::CircuitFailureThreshold,
                "none",
                "must be set where neither `circuit_breaker.failure_rate` nor `circuit_breaker.slow_call_rate` is",
            ),
        }
        if let Some(rate) = self.failure_rate {
            validator.rate(Key::CircuitFailureRate, rate);
        }
        validator.count(Key::CircuitMinimumCalls, self.minimum_calls);
        match self.window {
            Window::Calls(calls) => {
                validator.require(
                    (1..=Window::MAX_CALLS).contains(&calls),
                    Key::CircuitWindow,
                    calls,
                    "must be between 1 and 1000000 calls",
                );
                validator.require(
                    self.minimum_calls <= calls || calls == 0,
                    Key::CircuitMinimumCalls,
                    self.minimum_calls,
                    "must not be above the calls of `circuit_breaker.window`, it could never be reached",
                );
            }
            Window::Time(span) => validator.duration(Key::CircuitWindow, span),
        }
        if let Some(limit) = self.slow_call_duration {
            validator.duration(Key::CircuitSlowCallDuration, limit);
        }
        if let Some(rate) = self.slow_call_rate {
            validator.rate(Key::CircuitSlowCallRate, rate);
        }
        validator.pair(
            (
                Key::CircuitSlowCallDuration,
                self.slow_call_duration.map(|limit| format!("{limit:?}")),
            ),
            (
                Key::CircuitSlowCallRate,
                self.slow_call_rate.map(|rate| rate.to_string()),
            ),
        );
        validator.duration(Key::CircuitRecoveryTimeout, self.recovery_timeout);
        validator.multiplier(Key::CircuitRecoveryMultiplier, self.recovery_multiplier);
        validator.duration(Key::CircuitMaxRecoveryTimeout, self.max_recovery_timeout);
        validator.require(
            self.recovery_timeout <= self.max_recovery_timeout
                || self.max_recovery_timeout.is_zero(),
            Key::CircuitRecoveryTimeout,
            format_args!("{:?}", self.recovery_timeout),
            "must not be longer than `circuit_breaker.max_recovery_timeout`",
        );
        validator.count(Key::CircuitSuccessThreshold, self.success_threshold);
        validator.count(Key::CircuitHalfOpenMaxCalls, self.half_open_max_calls);
        validator.require(
            self.max_keys > 0,
            Key::CircuitMaxKeys,
            self.max_keys,
            "must be at least 1",
        );
    }
}

setters! {
    CircuitBreakerConfig {
        [some] failure_threshold: u32,
        [into] window: Window,
        minimum_calls: u32,
        [some] slow_call_duration: Duration,
        [some] slow_call_rate: f64,
        recovery_timeout: Duration,
        recovery_multiplier: f64,
        max_recovery_timeout: Duration,
        success_threshold: u32,
        half_open_max_calls: u32,
        abandoned: OnAbandoned,
        max_keys: usize,
        mode: PatternMode,
    }
}

impl Default for CircuitBreakerConfig {
    fn default() -> Self {
        Self::preset(ServiceKind::Custom)
    }
}

/// Chooses the calls that a breaker's rates are computed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Window {
    /// Takes the last so many calls.
    Calls(u32),
    /// Takes the calls that ended in the last so long.
    Time(Duration),
}

impl Window {
    /// Limits a window of calls.
    pub const MAX_CALLS: u32 = 1_000_000;
}

impl From<u32> for Window {
    fn from(calls: u32) -> Self {
        Self::Calls(calls)
    }
}

impl From<Duration> for Window {
    fn from(span: Duration) -> Self {
        Self::Time(span)
    }
}

/// Chooses what a call that was dropped before it ended counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum OnAbandoned {
    /// Counts it as nothing.
    #[default]
    Ignored,
    /// Counts it as a failure of the service.
    Failure,
}

impl OnAbandoned {
    /// Returns its name in attributes, variables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Failure => "failure",
        }
    }
}

impl fmt::Display for OnAbandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for OnAbandoned {
    type Err = UnknownAbandoned;

    fn from_str(text: &str) -> Result<Self, UnknownAbandoned> {
        match text {
            "ignored" => Ok(Self::Ignored),
            "failure" => Ok(Self::Failure),
            _ => Err(UnknownAbandoned(text.to_owned())),
        }
    }
}

/// Rejects a text that names no [`OnAbandoned`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown meaning of an abandoned call `{0}`; one of ignored, failure")]
pub struct UnknownAbandoned(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownAbandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownAbandoned(..)")
    }
}
