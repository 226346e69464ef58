//! The error of a configuration: all of its problems at once.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Lists the values that cannot run. Each names its key, where it came from and what is allowed.
///
/// Only who asks for a check is shown the value itself, and only by `Display`: who calls
/// [`Registry::check`](crate::Registry::check), [`Registry::configure`](crate::Registry::configure),
/// [`Settings::from_env`](crate::Settings::from_env) or builds a pattern. A value may be a secret that was meant for another
/// variable. The error of a call, reports and `Debug` have everything but the value.
///
/// ```
/// use resilience_runtime::{RetryConfig, RetryPolicy};
///
/// let error = RetryPolicy::new(RetryConfig::default().max_attempts(0)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`retry.max_attempts` is `0` (given in code): must be at least 1, the first attempt counts"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    // Shared, because the same error is handed out by every call of a misconfigured function.
    problems: Arc<[ConfigProblem]>,
}

impl ConfigError {
    pub(crate) fn new(problems: Vec<ConfigProblem>) -> Self {
        debug_assert!(!problems.is_empty(), "an error without a problem");
        Self {
            problems: problems.into(),
        }
    }

    /// `Ok` without problems.
    pub(crate) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self::new(problems))
        }
    }

    /// Returns the same problems without their values, for calls, reports and logs.
    pub(crate) fn withheld(&self) -> Self {
        let problems = self.problems.iter().cloned();
        Self {
            problems: problems.map(ConfigProblem::withheld).collect(),
        }
    }

    /// Returns everything that is wrong, at least one entry.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }
}

impl From<ConfigProblem> for ConfigError {
    fn from(problem: ConfigProblem) -> Self {
        Self::new(vec![problem])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.problems.iter()).finish()
    }
}

impl Error for ConfigError {}

/// Describes one value that cannot run.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    key: String,
    /// `None`: withheld, or not known.
    value: Option<String>,
    origin: ConfigSource,
    allowed: String,
    /// A setting beside it is missing, which another level may have.
    lacks_pair: bool,
}

impl ConfigProblem {
    pub(crate) fn new(
        key: impl Into<String>,
        value: impl fmt::Display,
        origin: ConfigSource,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            value: Some(value.to_string()),
            ..Self::without_value(key, origin, allowed)
        }
    }

    pub(crate) fn without_value(
        key: impl Into<String>,
        origin: ConfigSource,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            key: key.into(),
            value: None,
            origin,
            allowed: allowed.into(),
            lacks_pair: false,
        }
    }

    /// Returns the same problem without its value.
    fn withheld(self) -> Self {
        Self {
            value: None,
            ..self
        }
    }

    /// Notes whether it is about half of a pair, whose other half another level may have.
    pub(crate) fn lacking_pair(mut self, lacks_pair: bool) -> Self {
        self.lacks_pair = lacks_pair;
        self
    }

    /// Returns the variable (`RETRY_LLM_MAX_ATTEMPTS`) or setting (`retry.max_attempts`).
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns what it was set to; `None` if the value is withheld: in the error of a call, and where a
    /// variable was not known to be one of ours when it was read, so that its text was not kept.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Returns where that was written.
    #[must_use]
    pub fn origin(&self) -> &ConfigSource {
        &self.origin
    }

    /// Whether it is about half of a pair, whose other half another level may have.
    pub(crate) fn is_missing_pair(&self) -> bool {
        self.lacks_pair
    }

    /// Returns what is allowed.
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.key)?;
        if let Some(value) = &self.value {
            write!(f, " is `{value}`")?;
        }
        write!(f, " ({}): {}", self.origin, self.allowed)
    }
}

/// Never shows the value, which `unwrap` would write to a log.
impl fmt::Debug for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigProblem")
            .field("key", &self.key)
            .field("origin", &self.origin)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

/// Names where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigSource {
    /// Comes from an environment variable.
    Environment,
    /// Comes from `Registry::configure`, for the service or the kind named here.
    Settings(String),
    /// Comes from the attribute of the function named here, with its place.
    Attribute(String),
    /// Comes from the declaration of the service that is named here, with its place.
    Declaration(String),
    /// Comes from the preset of the kind.
    Preset,
    /// Comes from a configuration built in code.
    Code,
}

impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment variable"),
            Self::Settings(scope) => write!(f, "settings of {scope}"),
            Self::Attribute(place) => write!(f, "attribute of {place}"),
            Self::Declaration(place) => write!(f, "declaration {place}"),
            Self::Preset => f.write_str("preset"),
            Self::Code => f.write_str("given in code"),
        }
    }
}
