//! Configuration of the bulkhead.

use std::time::Duration;

use super::error::ConfigError;
use super::rule::Rules;
use super::setters::setters;

/// How many calls may run at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BulkheadConfig {
    /// Calls that may run at the same time; at least 1.
    pub max_concurrent: usize,
    /// How long a call waits for a place; zero: not at all.
    pub max_wait: Duration,
}

impl BulkheadConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// Names each value that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut rules = Rules::default();
        self.check(&mut rules);
        rules.finish()
    }

    pub(crate) fn check(&self, rules: &mut Rules) {
        rules.keep(
            self.max_concurrent > 0,
            "bulkhead.max_concurrent",
            self.max_concurrent,
            "must be at least 1",
        );
    }
}

setters! {
    BulkheadConfig {
        max_concurrent: usize,
        max_wait: Duration,
    }
}

impl Default for BulkheadConfig {
    fn default() -> Self {
        Self {
            max_concurrent: 32,
            max_wait: Duration::ZERO,
        }
    }
}
