//! Something to be checked that answers as told and notes when it was asked.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_runtime::{
    health::HealthChecker, health::HealthFuture, health::HealthMonitorConfig, health::HealthReport,
    health::HealthStatus, health::ServiceHealthMonitor,
};
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mood {
    Well,
    Limping,
    Failing,
    Hanging,
    Panicking,
}

#[derive(Clone)]
pub struct Remote(Arc<State>);

struct State {
    began: Instant,
    mood: Mutex<Mood>,
    asked: Mutex<Vec<Duration>>,
}

impl Remote {
    pub fn new(mood: Mood) -> Self {
        Self(Arc::new(State {
            began: Instant::now(),
            mood: Mutex::new(mood),
            asked: Mutex::default(),
        }))
    }

    pub fn well() -> Self {
        Self::new(Mood::Well)
    }

    pub fn failing() -> Self {
        Self::new(Mood::Failing)
    }

    pub fn becomes(&self, mood: Mood) {
        *self.0.mood.lock().unwrap() = mood;
    }

    /// When it was asked, since it was made.
    pub fn asked_at(&self) -> Vec<Duration> {
        self.0.asked.lock().unwrap().clone()
    }

    pub fn asked(&self) -> usize {
        self.0.asked.lock().unwrap().len()
    }
}

impl HealthChecker for Remote {
    fn check(&self) -> HealthFuture<'_> {
        Box::pin(async {
            self.0.asked.lock().unwrap().push(self.0.began.elapsed());
            let mood = *self.0.mood.lock().unwrap();
            match mood {
                Mood::Well => Ok(HealthReport::healthy()),
                Mood::Limping => Ok(HealthReport::degraded("it limps")),
                Mood::Failing => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
                Mood::Hanging => std::future::pending().await,
                Mood::Panicking => panic!("asked in a bad mood"),
            }
        })
    }
}

/// Every ten seconds, exactly; one failure is enough, and so is one success.
pub fn jumpy() -> HealthMonitorConfig {
    HealthMonitorConfig::default()
        .interval(Duration::from_secs(10))
        .timeout(Duration::from_secs(2))
        .jitter(0.0)
        .failure_threshold(1)
        .recovery_threshold(1)
        .history(5)
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
