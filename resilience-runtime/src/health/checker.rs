//! The trait of health checkers, and their reports.

use std::pin::Pin;
use std::sync::Arc;

use super::cause::{HealthCause, TypedError};
use super::status::HealthStatus;
use crate::error::BoxError;
use crate::verdict::ErrorCode;

/// Names the type of the future that [`HealthChecker::check`] returns.
pub type HealthFuture<'a> =
    Pin<Box<dyn Future<Output = Result<HealthReport, BoxError>> + Send + 'a>>;

/// Checks the health of one service.
///
/// A closure is a checker: `|| async { … }` that returns a `Result<(), E>` or a `Result<HealthReport, E>`. The
/// texts of its errors are never shown.
///
/// ```
/// use resilience_runtime::health::{HealthChecker, HealthFuture, HealthReport};
///
/// struct Disk;
///
/// impl HealthChecker for Disk {
///     fn check(&self) -> HealthFuture<'_> {
///         Box::pin(async {
///             let free = tokio::task::spawn_blocking(|| 42).await?;
///             Ok(match free {
///                 0 => HealthReport::unhealthy("the disk is full"),
///                 1..10 => HealthReport::degraded("the disk is nearly full"),
///                 _ => HealthReport::healthy(),
///             })
///         })
///     }
/// }
/// ```
pub trait HealthChecker: Send + Sync + 'static {
    /// Checks the health of the service once. A monitor applies a timeout and survives panics.
    fn check(&self) -> HealthFuture<'_>;

    /// Returns whether a single result is reliable, so that the thresholds of a monitor do not apply.
    fn is_steady(&self) -> bool {
        false
    }
}

impl<F, Fut, T, E> HealthChecker for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Into<HealthReport>,
    E: Into<BoxError>,
{
    fn check(&self) -> HealthFuture<'_> {
        Box::pin(async move { self().await.map(Into::into).map_err(TypedError::boxed) })
    }
}

impl<C: HealthChecker + ?Sized> HealthChecker for Arc<C> {
    fn check(&self) -> HealthFuture<'_> {
        (**self).check()
    }

    fn is_steady(&self) -> bool {
        (**self).is_steady()
    }
}

impl HealthChecker for Box<dyn HealthChecker> {
    fn check(&self) -> HealthFuture<'_> {
        (**self).check()
    }

    fn is_steady(&self) -> bool {
        (**self).is_steady()
    }
}

/// Reports the result of a check. Its messages are constants in the code, so they never contain text of a server.
///
/// ```
/// use resilience_runtime::health::{HealthReport, HealthStatus};
///
/// assert_eq!(HealthReport::healthy().status(), HealthStatus::Healthy);
/// assert_eq!(HealthReport::degraded("the queue is long").status(), HealthStatus::Degraded);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HealthReport {
    status: HealthStatus,
    cause: Option<HealthCause>,
}

impl HealthReport {
    /// Returns a report of a service that works.
    #[must_use]
    pub const fn healthy() -> Self {
        Self {
            status: HealthStatus::Healthy,
            cause: None,
        }
    }

    /// Returns a report of a service that works with restrictions.
    #[must_use]
    pub const fn degraded(message: &'static str) -> Self {
        let cause = HealthCause::Said {
            words: message,
            code: None,
        };
        Self::because(HealthStatus::Degraded, cause)
    }

    /// Returns a report of a service that does not work.
    #[must_use]
    pub const fn unhealthy(message: &'static str) -> Self {
        let cause = HealthCause::Said {
            words: message,
            code: None,
        };
        Self::because(HealthStatus::Unhealthy, cause)
    }

    /// Adds the code that the service returned.
    #[must_use]
    pub fn with_code(mut self, seen: ErrorCode) -> Self {
        if let Some(HealthCause::Said { code, .. }) = &mut self.cause {
            *code = Some(seen);
        }
        self
    }

    pub(super) const fn because(status: HealthStatus, cause: HealthCause) -> Self {
        Self {
            status,
            cause: Some(cause),
        }
    }

    /// Returns the status that the check found.
    #[must_use]
    pub const fn status(&self) -> HealthStatus {
        self.status
    }

    pub(super) fn into_parts(self) -> (HealthStatus, Option<HealthCause>) {
        (self.status, self.cause)
    }
}

impl From<()> for HealthReport {
    fn from((): ()) -> Self {
        Self::healthy()
    }
}
