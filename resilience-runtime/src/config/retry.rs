//! Configuration of retries and of the budget that bounds them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::key::Key;
use super::setters::setters;
use super::validator::Validator;
use crate::error::ConfigError;
use crate::name::ServiceKind;

/// Configures how often, and after which pauses, a failed attempt is made again.
///
/// The default is the preset of [`ServiceKind::Custom`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetryConfig {
    /// Limits the attempts of one call, the first one included; at least 1.
    pub max_attempts: u32,
    /// Sets the pause before the first retry, before jitter.
    pub base_delay: Duration,
    /// Limits every pause, jitter included.
    pub max_delay: Duration,
    /// Lengthens each pause by this factor; at least 1.
    pub multiplier: f64,
    /// Chooses how pauses are spread.
    pub jitter: Jitter,
    /// Limits how long after the beginning of the call an attempt may start; the work itself counts.
    pub max_elapsed: Option<Duration>,
}

impl RetryConfig {
    /// Returns the preset of a kind.
    #[must_use]
    pub const fn preset(kind: ServiceKind) -> Self {
        let (max_attempts, base_ms, max_s) = match kind {
            ServiceKind::Llm => (3, 1_000, 60),
            ServiceKind::Database => (3, 50, 1),
            ServiceKind::Mcp => (3, 250, 5),
            ServiceKind::Secret => (4, 200, 5),
            ServiceKind::Custom => (3, 500, 30),
        };
        Self {
            max_attempts,
            base_delay: Duration::from_millis(base_ms),
            max_delay: Duration::from_secs(max_s),
            multiplier: 2.0,
            jitter: Jitter::Full,
            max_elapsed: None,
        }
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
        validator.require(
            self.max_attempts > 0,
            Key::RetryMaxAttempts,
            self.max_attempts,
            "must be at least 1, the first attempt counts",
        );
        validator.duration(Key::RetryBaseDelay, self.base_delay);
        validator.duration(Key::RetryMaxDelay, self.max_delay);
        validator.multiplier(Key::RetryMultiplier, self.multiplier);
        validator.require(
            self.base_delay <= self.max_delay || self.max_delay.is_zero(),
            Key::RetryBaseDelay,
            format!("{:?}", self.base_delay),
            "must not be longer than `retry.max_delay`",
        );
        if let Some(limit) = self.max_elapsed {
            validator.duration(Key::RetryMaxElapsed, limit);
        }
    }
}

setters! {
    RetryConfig {
        max_attempts: u32,
        base_delay: Duration,
        max_delay: Duration,
        multiplier: f64,
        jitter: Jitter,
        [some] max_elapsed: Duration,
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self::preset(ServiceKind::Custom)
    }
}

/// Chooses how the pauses between attempts are spread, so that callers who failed together do not come back
/// together. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Jitter {
    /// Spreads evenly between zero and the exponential pause.
    #[default]
    Full,
    /// Spreads evenly between half of the exponential pause and the whole of it.
    Equal,
    /// Spreads evenly between `base_delay` and three times the pause before.
    Decorrelated,
    /// Pauses exactly as long as the exponential pause.
    None,
}

impl Jitter {
    /// Lists every kind of jitter.
    pub const ALL: &'static [Self] = &[Self::Full, Self::Equal, Self::Decorrelated, Self::None];

    /// Returns its name in attributes, variables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Equal => "equal",
            Self::Decorrelated => "decorrelated",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Jitter {
    type Err = UnknownJitter;

    fn from_str(text: &str) -> Result<Self, UnknownJitter> {
        Self::ALL
            .iter()
            .copied()
            .find(|jitter| jitter.name() == text)
            .ok_or_else(|| UnknownJitter(text.to_owned()))
    }
}

/// Rejects a text that names no [`Jitter`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown jitter `{0}`; one of full, equal, decorrelated, none")]
pub struct UnknownJitter(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownJitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownJitter(..)")
    }
}

/// Configures the bucket that retries are paid from: it starts full, a retry costs 1, a success pays `refill` back,
/// and while less than 1 is left there are no retries.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetryBudgetConfig {
    /// Limits the retries that the budget holds; at least 1.
    pub capacity: f64,
    /// Sets what one success pays back; above 0.
    pub refill: f64,
}

impl RetryBudgetConfig {
    /// Limits what a budget can hold, so that its arithmetic stays exact.
    pub const MAX_CAPACITY: f64 = 1e9;

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
        validator.require(
            self.capacity >= 1.0 && self.capacity <= Self::MAX_CAPACITY,
            Key::BudgetCapacity,
            self.capacity,
            "must be between 1 and 1000000000",
        );
        validator.require(
            self.refill > 0.0 && self.refill <= Self::MAX_CAPACITY,
            Key::BudgetRefill,
            self.refill,
            "must be above 0 and at most 1000000000",
        );
    }
}

setters! {
    RetryBudgetConfig {
        capacity: f64,
        refill: f64,
    }
}

impl Default for RetryBudgetConfig {
    fn default() -> Self {
        Self {
            capacity: 100.0,
            refill: 0.1,
        }
    }
}
