//! Configuration of an adaptive limit.

use std::cmp::Ordering;

use super::key::Key;
use super::setters::setters;
use super::validator::Validator;
use super::value::Value;
use crate::error::ConfigError;
use crate::name::ServiceKind;

/// Configures a [`Bulkhead`](crate::Bulkhead) that finds its limit itself.
///
/// ```
/// use resilience_runtime::bulkhead::{AdaptiveConfig, Bulkhead, BulkheadConfig};
///
/// let adaptive = AdaptiveConfig::default().initial(10).max(50);
/// let bulkhead = Bulkhead::new("search", BulkheadConfig::default().adaptive(adaptive))?;
/// assert_eq!(bulkhead.limit(), 10);
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AdaptiveConfig {
    /// Holds the lowest limit; at least 1.
    pub min: usize,
    /// Holds the highest limit; at least `min`.
    pub max: usize,
    /// Holds the limit to begin with; from `min` to `max`.
    pub initial: usize,
    /// Multiplies the limit at each congestion; at least 0.5 and below 1.
    pub factor: f64,
    /// Takes a latency far above its long-term level for a congestion. Off for language models, whose latency follows the
    /// length of the answer.
    pub latency: bool,
}

impl AdaptiveConfig {
    /// Returns the defaults for a kind of service.
    #[must_use]
    pub fn preset(kind: ServiceKind) -> Self {
        Self::DEFAULT.latency(kind != ServiceKind::Llm)
    }

    const DEFAULT: Self = Self {
        min: 1,
        max: 200,
        initial: 20,
        factor: 0.9,
        latency: true,
    };

    /// Checks that every value is in range and fits the others.
    ///
    /// # Errors
    /// Names each value that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut validator = Validator::default();
        self.check(&mut validator);
        validator.finish()
    }

    pub(super) fn check(&self, validator: &mut Validator) {
        let at_least_1 = "must be at least 1";
        for (key, value) in [
            (Key::BulkheadAdaptiveMin, self.min),
            (Key::BulkheadAdaptiveMax, self.max),
            (Key::BulkheadAdaptiveInitial, self.initial),
        ] {
            validator.require(value > 0, key, value, at_least_1);
        }
        let (min, max, initial) = (self.min, self.max, self.initial);
        if min > 0 && max > 0 && min > max {
            let allowed = format!("must not be above `bulkhead.adaptive_max`, which is {max}");
            validator.require(false, Key::BulkheadAdaptiveMin, min, allowed);
        } else if initial > 0 && !(min..=max).contains(&initial) {
            let allowed = format!("must be from {min} to {max}, the bounds of the limit");
            validator.require(false, Key::BulkheadAdaptiveInitial, initial, allowed);
        }
        validator.require(
            (0.5..1.0).contains(&self.factor),
            Key::BulkheadAdaptiveFactor,
            self.factor,
            "must be at least 0.5 and below 1",
        );
    }
}

setters! {
    AdaptiveConfig {
        min: usize,
        max: usize,
        initial: usize,
        factor: f64,
        latency: bool,
    }
}

impl Default for AdaptiveConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Value {
    /// Returns the default of a setting, for what `adaptive` without arguments stands for.
    #[doc(hidden)]
    #[must_use]
    pub const fn preset(key: Key) -> Self {
        let preset = AdaptiveConfig::DEFAULT;
        match key {
            Key::BulkheadAdaptiveMin => Self::Count(preset.min as u64),
            Key::BulkheadAdaptiveMax => Self::Count(preset.max as u64),
            Key::BulkheadAdaptiveInitial => Self::Count(preset.initial as u64),
            Key::BulkheadAdaptiveFactor => Self::Number(preset.factor),
            _ => panic!("its default depends on the kind of the service"),
        }
    }
}

/// The settings of an adaptive limit, where one is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AdaptiveLimits {
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
    pub(super) initial: Option<usize>,
    pub(super) factor: Option<f64>,
}

impl AdaptiveLimits {
    pub(super) const KEYS: [Key; 4] = [
        Key::BulkheadAdaptiveMin,
        Key::BulkheadAdaptiveMax,
        Key::BulkheadAdaptiveInitial,
        Key::BulkheadAdaptiveFactor,
    ];

    /// Adds the defaults, and resolves bounds that cannot hold together: the one from the weaker level gives way. `order`
    /// compares the levels of two keys, the stronger one is less.
    pub(super) fn complete(&mut self, order: impl Fn(Key, Key) -> Ordering) {
        let preset = AdaptiveConfig::DEFAULT;
        let min = self.min.get_or_insert(preset.min);
        let max = self.max.get_or_insert(preset.max);
        let initial = self.initial.get_or_insert(preset.initial);
        self.factor.get_or_insert(preset.factor);
        // A value that is out of range by itself clamps nothing.
        let clamp = |(low, low_key): (&mut usize, Key), (high, high_key): (&mut usize, Key)| {
            if *low > *high && *high > 0 {
                match order(low_key, high_key) {
                    Ordering::Less => *high = *low,
                    Ordering::Greater => *low = *high,
                    Ordering::Equal => {}
                }
            }
        };
        let [min_key, max_key, initial_key, _] = Self::KEYS;
        clamp((min, min_key), (max, max_key));
        clamp((min, min_key), (initial, initial_key));
        clamp((initial, initial_key), (max, max_key));
    }

    /// Returns what runs, where anything is written.
    pub(super) fn config(&self, latency: bool) -> Option<AdaptiveConfig> {
        Some(AdaptiveConfig {
            min: self.min?,
            max: self.max?,
            initial: self.initial?,
            factor: self.factor?,
            latency,
        })
    }
}
