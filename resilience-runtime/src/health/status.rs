//! The four statuses, and what becomes of many.

use std::collections::BTreeMap;
use std::fmt;

use crate::name::ServiceName;

/// How a service, or all of them together, are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum HealthStatus {
    /// It works.
    Healthy,
    /// It works, but not as it should.
    Degraded,
    /// It does not work.
    Unhealthy,
    /// Nobody can tell: no check has ended yet, or what it depends on is down.
    #[default]
    Unknown,
}

impl HealthStatus {
    /// Its name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }

    /// Its name in `application/health+json`: `pass`, `warn` or `fail`. Who cannot tell that it works
    /// should not be sent traffic, so that is `fail`.
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

    /// Whether a change to `other` is good news.
    pub(super) const fn improves_to(self, other: Self) -> bool {
        matches!(
            (self, other),
            (_, Self::Healthy) | (Self::Unhealthy, Self::Degraded)
        )
    }

    /// What a monitor as a whole is, from the status of each checker and whether it is critical.
    pub(crate) fn overall(checkers: impl IntoIterator<Item = (Self, bool)>) -> Self {
        let (mut known, mut limps, mut unsure) = (false, false, false);
        for (status, critical) in checkers {
            known |= status != Self::Unknown;
            match (status, critical) {
                (Self::Unhealthy, true) => return Self::Unhealthy,
                (Self::Unknown, true) => unsure = true,
                (Self::Degraded, _) | (Self::Unhealthy, false) => limps = true,
                (Self::Healthy, _) | (Self::Unknown, false) => {}
            }
        }
        if unsure || !known {
            Self::Unknown
        } else if limps {
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

/// All statuses at one moment, from
/// [`ServiceHealthMonitor::subscribe`](super::ServiceHealthMonitor::subscribe).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HealthStatuses {
    /// All of them together.
    pub overall: HealthStatus,
    /// Each by its name.
    pub services: BTreeMap<ServiceName, HealthStatus>,
}

#[cfg(test)]
mod tests {
    use super::HealthStatus::{self, Degraded, Healthy, Unhealthy, Unknown};

    #[test]
    fn the_worst_that_matters_counts() {
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
