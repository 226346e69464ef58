//! Collects what is wrong with a configuration: the checks that every pattern uses.

use std::time::Duration;

use super::key::Key;
use crate::error::{ConfigError, ConfigProblem, ConfigSource};

/// What a check is about: a setting, or a field that only code can set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// The name for a configuration that was built in code.
    name: &'static str,
    key: Option<Key>,
}

impl From<Key> for Subject {
    fn from(key: Key) -> Self {
        Self {
            name: key.name(),
            key: Some(key),
        }
    }
}

impl From<&'static str> for Subject {
    fn from(name: &'static str) -> Self {
        Self { name, key: None }
    }
}

/// A setting whose field has another name.
impl From<(Key, &'static str)> for Subject {
    fn from((key, name): (Key, &'static str)) -> Self {
        Self {
            name,
            key: Some(key),
        }
    }
}

/// A value that cannot run: what it is, and what is allowed.
#[derive(Debug)]
pub(crate) struct Violation {
    subject: Subject,
    pub(crate) value: String,
    pub(crate) allowed: String,
    /// The setting that is missing beside it, which another level may have.
    pub(crate) missing: Option<Key>,
}

impl Violation {
    pub(crate) fn key(&self) -> Option<Key> {
        self.subject.key
    }

    /// As a problem of a value that was written under `label`, at `origin`.
    pub(crate) fn at(self, label: impl Into<String>, origin: ConfigSource) -> ConfigProblem {
        ConfigProblem::new(label, self.value, origin, self.allowed)
            .lacking_pair(self.missing.is_some())
    }

    /// As a problem of a configuration that was built at `origin`.
    pub(crate) fn in_config(self, origin: ConfigSource) -> ConfigProblem {
        let name = self.subject.name;
        self.at(name, origin)
    }
}

/// Collects the violations of one configuration.
#[derive(Default)]
pub(crate) struct Validator {
    pub(crate) violations: Vec<Violation>,
}

impl Validator {
    pub(crate) fn require(
        &mut self,
        holds: bool,
        subject: impl Into<Subject>,
        value: impl ToString,
        allowed: impl Into<String>,
    ) {
        if !holds {
            self.violations.push(Violation {
                subject: subject.into(),
                value: value.to_string(),
                allowed: allowed.into(),
                missing: None,
            });
        }
    }

    /// Requires both of a pair, or neither.
    pub(crate) fn pair(
        &mut self,
        (one, one_value): (Key, Option<String>),
        (other, other_value): (Key, Option<String>),
    ) {
        let (key, missing, value) = match (one_value, other_value) {
            (Some(value), None) => (one, other, value),
            (None, Some(value)) => (other, one, value),
            (Some(_), Some(_)) | (None, None) => return,
        };
        self.violations.push(Violation {
            subject: key.into(),
            value,
            allowed: format!("does nothing without `{missing}`; set both"),
            missing: Some(missing),
        });
    }

    pub(crate) fn count(&mut self, subject: impl Into<Subject>, value: u32) {
        self.require(value > 0, subject, value, "must be at least 1");
    }

    pub(crate) fn duration(&mut self, subject: impl Into<Subject>, value: Duration) {
        self.require(
            !value.is_zero(),
            subject,
            format_args!("{value:?}"),
            "must be longer than zero",
        );
    }

    pub(crate) fn rate(&mut self, subject: impl Into<Subject>, value: f64) {
        self.require(
            value > 0.0 && value <= 1.0,
            subject,
            value,
            "must be above 0 and at most 1",
        );
    }

    pub(crate) fn multiplier(&mut self, subject: impl Into<Subject>, value: f64) {
        self.require(
            value.is_finite() && value >= 1.0,
            subject,
            value,
            "must be a number of at least 1",
        );
    }

    /// Returns the violations of a configuration that was built in code.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        self.finish_at(&ConfigSource::Code)
    }

    /// Returns the violations of a configuration that was built at `origin`.
    pub(crate) fn finish_at(self, origin: &ConfigSource) -> Result<(), ConfigError> {
        let violations = self.violations.into_iter();
        ConfigError::check(violations.map(|it| it.in_config(origin.clone())).collect())
    }
}
