//! The rules that values of a finished configuration keep, said in one place for every pattern.

use std::time::Duration;

use super::error::{ConfigError, ConfigProblem, ConfigSource};

/// A broken rule: the setting, its value, what is allowed.
pub(crate) struct Broken {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    pub(crate) allowed: &'static str,
}

/// Collects the broken rules of one configuration.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) broken: Vec<Broken>,
}

impl Rules {
    pub(crate) fn keep(
        &mut self,
        kept: bool,
        key: &'static str,
        value: impl ToString,
        allowed: &'static str,
    ) {
        if !kept {
            self.broken.push(Broken {
                key,
                value: value.to_string(),
                allowed,
            });
        }
    }

    pub(crate) fn count(&mut self, key: &'static str, value: u32) {
        self.keep(value > 0, key, value, "must be at least 1");
    }

    pub(crate) fn duration(&mut self, key: &'static str, value: Duration) {
        self.keep(
            !value.is_zero(),
            key,
            format!("{value:?}"),
            "must be longer than zero",
        );
    }

    pub(crate) fn rate(&mut self, key: &'static str, value: f64) {
        self.keep(
            value > 0.0 && value <= 1.0,
            key,
            value,
            "must be above 0 and at most 1",
        );
    }

    pub(crate) fn multiplier(&mut self, key: &'static str, value: f64) {
        self.keep(
            value.is_finite() && value >= 1.0,
            key,
            value,
            "must be a number of at least 1",
        );
    }

    /// The verdict on a configuration built by hand.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        ConfigError::check(
            self.broken
                .into_iter()
                .map(|broken| {
                    ConfigProblem::new(broken.key, broken.value, ConfigSource::Code, broken.allowed)
                })
                .collect(),
        )
    }
}
