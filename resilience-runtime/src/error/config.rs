//! The error of a configuration: all of its problems at once.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Lists the values that cannot run. Each names its key, its value, where it came from and what is
/// allowed.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    key: String,
    value: String,
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
            key: key.into(),
            value: value.to_string(),
            origin,
            allowed: allowed.into(),
            lacks_pair: false,
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

    /// Returns what it was set to.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
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
        write!(
            f,
            "`{}` is `{}` ({}): {}",
            self.key, self.value, self.origin, self.allowed
        )
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
            Self::Preset => f.write_str("preset"),
            Self::Code => f.write_str("given in code"),
        }
    }
}
