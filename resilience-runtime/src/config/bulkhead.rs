//! Configuration of the bulkhead.

use std::time::Duration;

use super::adaptive::AdaptiveConfig;
use super::key::Key;
use super::mode::PatternMode;
use super::setters::setters;
use super::validator::Validator;
use crate::error::ConfigError;

/// Configures how many calls may run at the same time.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BulkheadConfig {
    /// Limits the calls that run at the same time; at least 1. Of no effect beside `adaptive`.
    pub max_concurrent: usize,
    /// Limits how long a call waits for a permit; zero: it is rejected at once.
    pub max_wait: Duration,
    /// Finds the limit by itself, in place of `max_concurrent`.
    pub adaptive: Option<AdaptiveConfig>,
    /// Limits how many keys of a service have a bulkhead of their own; at least 1. Of no effect on a bulkhead by itself.
    pub max_keys: usize,
    /// Chooses whether it holds calls back, or lets them pass and counts what it would hold back.
    pub mode: PatternMode,
}

impl BulkheadConfig {
    /// Holds the default of `max_keys`.
    pub const DEFAULT_MAX_KEYS: usize = 1_000;

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
            self.max_concurrent > 0,
            Key::BulkheadMaxConcurrent,
            self.max_concurrent,
            "must be at least 1",
        );
        validator.require(
            self.max_keys > 0,
            Key::BulkheadMaxKeys,
            self.max_keys,
            "must be at least 1",
        );
        if let Some(adaptive) = &self.adaptive {
            adaptive.check(validator);
        }
    }
}

setters! {
    BulkheadConfig {
        max_concurrent: usize,
        max_wait: Duration,
        [some] adaptive: AdaptiveConfig,
        max_keys: usize,
        mode: PatternMode,
    }
}

impl Default for BulkheadConfig {
    fn default() -> Self {
        Self {
            max_concurrent: 32,
            max_wait: Duration::ZERO,
            adaptive: None,
            max_keys: Self::DEFAULT_MAX_KEYS,
            mode: PatternMode::Enforce,
        }
    }
}
