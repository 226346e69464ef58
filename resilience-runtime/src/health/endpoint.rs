//! Health for other programs, as `application/health+json`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::monitor::ServiceHealthMonitor;
use super::record::ServiceHealth;
use super::status::HealthStatus;
use crate::clock::Moment;
use crate::name::ServiceName;

/// Serves the results of a monitor to load balancers and dashboards. It runs no checks itself, so it may be called at any
/// rate.
///
/// With the feature `serde` a [`HealthResponse`] serializes as `application/health+json`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use resilience_runtime::{
///     BoxError,
///     health::{HealthEndpoint, HealthMonitorConfig, HealthStatus, ServiceHealthMonitor},
/// };
///
/// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
/// monitor.add_checker("database", || async { Ok::<_, BoxError>(()) })?;
/// let endpoint = HealthEndpoint::new(&monitor, "1.0.0");
///
/// let health = endpoint.get_health().await;
/// assert_eq!((health.status, health.http_status()), (HealthStatus::Unknown, 503));
///
/// monitor.check_now("database").await;
/// let health = endpoint.get_health().await;
/// assert_eq!((health.status, health.http_status()), (HealthStatus::Healthy, 200));
/// assert_eq!(health.version, "1.0.0");
/// assert!(endpoint.get_service_health("database").await.is_some());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HealthEndpoint {
    monitor: ServiceHealthMonitor,
    version: String,
    began: Moment,
}

impl HealthEndpoint {
    /// Names the content type of a response.
    pub const CONTENT_TYPE: &'static str = "application/health+json";

    /// Creates an endpoint of this monitor for an application of this version, whose uptime is counted from now.
    #[must_use]
    pub fn new(monitor: impl Into<ServiceHealthMonitor>, app_version: impl Into<String>) -> Self {
        Self {
            monitor: monitor.into(),
            version: app_version.into(),
            began: Moment::now(),
        }
    }

    /// Returns the health of the application, with all checks.
    pub async fn get_health(&self) -> HealthResponse {
        let checks = self.monitor.get_all_health();
        let each = checks.values().map(|check| (check.status, check.critical));
        HealthResponse {
            status: HealthStatus::overall(each),
            version: self.version.clone(),
            uptime: Moment::now().since(self.began),
            checks,
        }
    }

    /// Returns the health of one service; `None` if there is no such checker.
    pub async fn get_service_health(&self, name: &str) -> Option<ServiceHealth> {
        self.monitor.get_health(name)
    }
}

impl fmt::Debug for HealthEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthEndpoint")
            .field("monitor", &self.monitor)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Describes the health of an application.
///
/// Serialized it is `application/health+json`: `status` is `pass`, `warn` or `fail`, `uptime` is seconds, and
/// each of the `checks` has a `status`, the milliseconds that the last check took as its `observedValue`, and
/// as its `output` why it does not pass.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HealthResponse {
    /// Holds the overall status.
    pub status: HealthStatus,
    /// Holds the version of the application.
    pub version: String,
    /// Holds the uptime of the application.
    pub uptime: Duration,
    /// Holds the health of each service by its name.
    pub checks: BTreeMap<ServiceName, ServiceHealth>,
}

impl HealthResponse {
    /// Returns the HTTP status of the response: 503 for `fail`, 200 for `pass` and `warn`.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self.status {
            HealthStatus::Healthy | HealthStatus::Degraded => 200,
            HealthStatus::Unhealthy | HealthStatus::Unknown => 503,
        }
    }
}

#[cfg(feature = "serde")]
mod health_json {
    use std::collections::BTreeMap;

    use serde::{Serialize, Serializer};

    use super::super::cause::HealthCause;
    use super::{HealthResponse, HealthStatus, ServiceHealth, ServiceName};

    #[derive(Serialize)]
    struct Response<'a> {
        status: &'static str,
        version: &'a str,
        uptime: f64,
        checks: BTreeMap<&'a ServiceName, [Check<'a>; 1]>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Check<'a> {
        component_id: &'a ServiceName,
        status: &'static str,
        critical: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        observed_value: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        observed_unit: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<&'a HealthCause>,
    }

    impl<'a> Check<'a> {
        fn of(health: &'a ServiceHealth) -> Self {
            let last = health.last_check();
            let made = last.filter(|last| last.status != HealthStatus::Unknown);
            Self {
                component_id: &health.name,
                // `fail` would suggest that the overall status is unhealthy, which a check that is not critical never causes.
                status: match (health.status, health.critical) {
                    (HealthStatus::Unknown, false) => "warn",
                    (status, _) => status.health_json(),
                },
                critical: health.critical,
                observed_value: made.map(|last| last.took.as_secs_f64() * 1_000.0),
                observed_unit: made.map(|_| "ms"),
                output: health.cause.as_ref(),
            }
        }
    }

    impl Serialize for HealthResponse {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let checks = self.checks.iter();
            Response {
                status: self.status.health_json(),
                version: &self.version,
                uptime: self.uptime.as_secs_f64(),
                checks: checks.map(|(name, it)| (name, [Check::of(it)])).collect(),
            }
            .serialize(serializer)
        }
    }
}
