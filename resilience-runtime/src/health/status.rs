//! The four statuses, and the overall status of many.

use std::collections::BTreeMap;
use std::fmt;

use crate::name::ServiceName;

/// Describes the health of a service, or of all services together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum HealthStatus {
    /// The service works.
    Healthy,
    /// The service works with restrictions.
    Degraded,
    /// The service does not work.
    Unhealthy,
    /// The status is not known: no check has ended yet, or a dependency is down.
    #[default]
    Unknown,
}

impl HealthStatus {
    /// Returns the name that logs use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the name in `application/health+json`: `pass`, `warn` or `fail`. An unknown status is `fail`, since the
    /// service should not receive traffic.
    ///
    /// ```
    /// use resilience_runtime::health::HealthStatus;
    ///
    /// assert_eq!(HealthStatus::Healthy.health_json(), "pass");
    /// assert_eq!(HealthStatus::Degraded.health_json(), "warn");
    /// assert_eq!(HealthStatus::Unknown.health_json(), "fail");
    /// ```
    #[must_use]
    pub const fn health_json(self) -> &'static str {
        match self {
            Self::Healthy => "pass",
            Self::Degraded => "warn",
            Self::Unhealthy | Self::Unknown => "fail",
        }
    }

    /// Returns whether a change to `other` is an improvement.
    pub(super) const fn improves_to(self, other: Self) -> bool {
        matches!(
            (self, other),
            (_, Self::Healthy) | (Self::Unhealthy, Self::Degraded)
        )
    }

    /// Returns the overall status from the status of each checker and whether it is critical.
    pub(crate) fn overall(checkers: impl IntoIterator<Item = (Self, bool)>) -> Self {
        let (mut known, mut degraded, mut unknown) = (false, false, false);
        for (status, critical) in checkers {
            known |= status != Self::Unknown;
            match (status, critical) {
                (Self::Unhealthy, true) => return Self::Unhealthy,
                (Self::Unknown, true) => unknown = true,
                (Self::Degraded, _) | (Self::Unhealthy, false) => degraded = true,
                (Self::Healthy, _) | (Self::Unknown, false) => {}
            }
        }
        if unknown || !known {
            Self::Unknown
        } else if degraded {
            Self::Degraded
        } else {
            Self::Healthy
        }
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Holds all statuses at one moment, from
/// [`ServiceHealthMonitor::subscribe`](super::ServiceHealthMonitor::subscribe).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HealthStatuses {
    /// Holds the overall status.
    pub overall: HealthStatus,
    /// Holds the status of each service by its name.
    pub services: BTreeMap<ServiceName, HealthStatus>,
}

#[cfg(test)]
mod tests {
    use super::HealthStatus::{self, Degraded, Healthy, Unhealthy, Unknown};

    #[test]
    fn overall_is_the_worst_relevant_status() {
        let overall =
            |checkers: &[(HealthStatus, bool)]| HealthStatus::overall(checkers.iter().copied());
        assert_eq!(overall(&[]), Unknown);
        assert_eq!(overall(&[(Unknown, false)]), Unknown);
        assert_eq!(overall(&[(Healthy, true)]), Healthy);
        assert_eq!(overall(&[(Healthy, true), (Unknown, false)]), Healthy);
        assert_eq!(overall(&[(Healthy, true), (Unknown, true)]), Unknown);
        assert_eq!(overall(&[(Healthy, true), (Unhealthy, false)]), Degraded);
        assert_eq!(overall(&[(Degraded, true), (Healthy, true)]), Degraded);
        assert_eq!(overall(&[(Unknown, true), (Unhealthy, false)]), Unknown);
        assert_eq!(overall(&[(Unknown, true), (Unhealthy, true)]), Unhealthy);
    }
}
