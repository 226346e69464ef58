//! A checker with a configurable result, which records the times of its checks.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_runtime::{
    health::HealthChecker, health::HealthFuture, health::HealthMonitorConfig, health::HealthReport,
    health::HealthStatus, health::ServiceHealthMonitor,
};
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behavior {
    Healthy,
    Degraded,
    Failing,
    Hanging,
    Panicking,
}

#[derive(Clone)]
pub struct Remote(Arc<State>);

struct State {
    began: Instant,
    behavior: Mutex<Behavior>,
    checks: Mutex<Vec<Duration>>,
}

impl Remote {
    pub fn new(behavior: Behavior) -> Self {
        Self(Arc::new(State {
            began: Instant::now(),
            behavior: Mutex::new(behavior),
            checks: Mutex::default(),
        }))
    }

    pub fn healthy() -> Self {
        Self::new(Behavior::Healthy)
    }

    pub fn failing() -> Self {
        Self::new(Behavior::Failing)
    }

    pub fn set(&self, behavior: Behavior) {
        *self.0.behavior.lock().unwrap() = behavior;
    }

    /// Returns the times of the checks since its creation.
    pub fn check_times(&self) -> Vec<Duration> {
        self.0.checks.lock().unwrap().clone()
    }

    pub fn checks(&self) -> usize {
        self.0.checks.lock().unwrap().len()
    }
}

impl HealthChecker for Remote {
    fn check(&self) -> HealthFuture<'_> {
        Box::pin(async {
            self.0.checks.lock().unwrap().push(self.0.began.elapsed());
            let behavior = *self.0.behavior.lock().unwrap();
            match behavior {
                Behavior::Healthy => Ok(HealthReport::healthy()),
                Behavior::Degraded => Ok(HealthReport::degraded("slow")),
                Behavior::Failing => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
                Behavior::Hanging => std::future::pending().await,
                Behavior::Panicking => panic!("planned panic"),
            }
        })
    }
}

/// Checks every ten seconds, exactly; one failure or one success changes the status.
pub fn immediate() -> HealthMonitorConfig {
    HealthMonitorConfig::default()
        .interval(Duration::from_secs(10))
        .timeout(Duration::from_secs(2))
        .jitter(0.0)
        .failure_threshold(1)
        .recovery_threshold(1)
        .history(5)
}

/// For checks in real time, which end by themselves.
pub fn patient() -> HealthMonitorConfig {
    immediate().timeout(Duration::from_secs(60))
}

pub fn monitor(config: HealthMonitorConfig) -> ServiceHealthMonitor {
    ServiceHealthMonitor::new(config).unwrap()
}

pub fn status(monitor: &ServiceHealthMonitor, name: &str) -> HealthStatus {
    monitor.get_health(name).unwrap().status
}

pub async fn seconds(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}
