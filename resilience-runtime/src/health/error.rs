//! The errors of a monitor that rejects a checker or does not start.

use crate::config::{ConfigError, ConfigProblem};
use crate::name::ServiceName;
use crate::timer::NoTimer;

/// Explains why a [`ServiceHealthMonitor`](super::ServiceHealthMonitor) does not take a checker, or does not
/// start.
///
/// ```
/// use resilience_runtime::health::{HealthMonitorConfig, MonitorError, ServiceHealthMonitor};
///
/// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
/// let error = monitor.start_monitoring().unwrap_err();
/// assert!(matches!(error, MonitorError::NoRuntime));
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// Rejects a value that is out of range, or a dependency that does not exist or leads back to itself.
    #[error(transparent)]
    InvalidConfig(#[from] ConfigError),
    /// Rejects a second checker of one name.
    #[error("a checker named `{name}` exists already; remove that first")]
    #[non_exhaustive]
    NameTaken {
        /// Names the checker that exists already.
        name: ServiceName,
    },
    /// Rejects a start of a monitor that is running already.
    #[error("monitoring is already running; drop its handle first")]
    AlreadyRunning,
    /// Rejects a start outside of a tokio runtime.
    #[error("monitoring needs a tokio runtime")]
    NoRuntime,
    /// Rejects a start in a runtime without timers.
    #[error(
        "monitoring needs timers: build the tokio runtime with `enable_time()` or `enable_all()`"
    )]
    TimersDisabled,
}

impl MonitorError {
    /// Returns what is wrong with the configuration; empty for the other reasons.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        match self {
            Self::InvalidConfig(error) => error.problems(),
            _ => &[],
        }
    }
}

impl From<NoTimer> for MonitorError {
    fn from(cause: NoTimer) -> Self {
        match cause {
            NoTimer::NoRuntime => Self::NoRuntime,
            NoTimer::Disabled => Self::TimersDisabled,
        }
    }
}
