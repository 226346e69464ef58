//! The causes of a status that is not healthy, without any foreign text.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::circuit_breaker::CircuitState;
use crate::error::BoxError;
use crate::name::ServiceName;
use crate::verdict::{Classify, ErrorCode};

/// Describes why a service is not healthy. It never holds the text of an error, since such texts carry secrets.
///
/// ```
/// use resilience_runtime::health::HealthCause;
///
/// assert_eq!(HealthCause::NotChecked.to_string(), "no check has ended yet");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HealthCause {
    /// No check has ended yet.
    NotChecked,
    /// The check was skipped because this dependency is unhealthy or unknown.
    Dependency(ServiceName),
    /// The check returned an error.
    Failed {
        /// Names the type of the error, where the checker keeps it.
        error_type: Option<&'static str>,
        /// Holds the code of the error, where a rule classifies it.
        code: Option<ErrorCode>,
    },
    /// The check took longer than this.
    TimedOut(Duration),
    /// The check ended with a panic.
    Panicked,
    /// The checker reported this message, which is a constant in its code.
    Said {
        /// Holds the message.
        words: &'static str,
        /// Holds the code that the checker received.
        code: Option<ErrorCode>,
    },
    /// The service's circuit breaker is in this state.
    Circuit(CircuitState),
    /// Some keys of the service have a circuit breaker that is open or half-open.
    #[non_exhaustive]
    CircuitKeys {
        /// Counts the open breakers.
        open: usize,
        /// Counts the half-open breakers.
        half_open: usize,
        /// Counts the keys that have a breaker of their own.
        known: usize,
    },
    /// Some [targets](crate::targets) of the service have a circuit breaker that is open or half-open.
    #[non_exhaustive]
    Targets {
        /// Counts the targets whose breaker is open.
        open: usize,
        /// Counts the targets whose breaker is half-open.
        half_open: usize,
        /// Counts the targets.
        known: usize,
    },
}

impl HealthCause {
    pub(super) fn of(error_type: Option<&'static str>, error: &BoxError) -> Self {
        Self::Failed {
            error_type,
            code: error.classify().code(),
        }
    }

    /// Returns the name of the variant, for logs.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::NotChecked => "not_checked",
            Self::Dependency(_) => "dependency",
            Self::Failed { .. } => "failed",
            Self::TimedOut(_) => "timed_out",
            Self::Panicked => "panicked",
            Self::Said { .. } => "said",
            Self::Circuit(_) => "circuit",
            Self::CircuitKeys { .. } => "circuit_keys",
            Self::Targets { .. } => "targets",
        }
    }

    pub(super) const fn error_type(&self) -> Option<&'static str> {
        match self {
            Self::Failed { error_type, .. } => *error_type,
            _ => None,
        }
    }

    pub(super) const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Failed { code, .. } | Self::Said { code, .. } => *code,
            _ => None,
        }
    }
}

impl fmt::Display for HealthCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotChecked => f.write_str("no check has ended yet")?,
            Self::Dependency(name) => write!(f, "not checked, `{name}` is down or unknown")?,
            Self::Failed { error_type, .. } => match error_type {
                Some(error_type) => write!(f, "the check failed with a {error_type}")?,
                None => f.write_str("the check failed")?,
            },
            Self::TimedOut(after) => write!(f, "the check took longer than {after:?}")?,
            Self::Panicked => f.write_str("the check panicked")?,
            Self::Said { words, .. } => f.write_str(words)?,
            Self::Circuit(state) => write!(f, "its circuit breaker is {state}")?,
            Self::CircuitKeys {
                open,
                half_open,
                known,
            } => write!(
                f,
                "of the circuit breakers of its {known} keys {open} are open and {half_open} half-open"
            )?,
            Self::Targets {
                open,
                half_open,
                known,
            } => write!(
                f,
                "of the circuit breakers of its {known} targets {open} are open and {half_open} half-open"
            )?,
        }
        match self.code() {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

/// So that it can be the source of
/// [`HealthCheckFailed`](crate::ResilienceError::HealthCheckFailed) where there is no error.
impl Error for HealthCause {}

#[cfg(feature = "serde")]
impl serde::Serialize for HealthCause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An error that remembers the type that it had before it was put into a box.
pub(super) struct TypedError {
    error_type: &'static str,
    error: BoxError,
}

impl TypedError {
    pub(super) fn boxed<E: Into<BoxError>>(error: E) -> BoxError {
        Box::new(Self {
            error_type: std::any::type_name::<E>(),
            error: error.into(),
        })
    }

    /// Returns the type, if it is known, and the error itself.
    pub(super) fn split(error: BoxError) -> (Option<&'static str>, BoxError) {
        match error.downcast::<Self>() {
            Ok(named) => (Some(named.error_type), named.error),
            Err(error) => (None, error),
        }
    }
}

impl fmt::Debug for TypedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedError")
            .field("error_type", &self.error_type)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TypedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error_type)
    }
}

impl Error for TypedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.error)
    }
}
