//! One checker of a monitor, and one check from start to end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use super::breaker_links::{ProbePermit, Trip};
use super::cause::{HealthCause, TypedError};
use super::check::{HealthCheck, Limits};
use super::checker::HealthChecker;
use super::hysteresis::{Hysteresis, Level};
use super::record::{Found, Record, ServiceHealth};
use super::task::{self, Task, TaskEnd};
use super::{HealthStatus, events};
use crate::circuit_breaker::CircuitBreaker;
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::error::BoxError;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::timer;

pub(super) struct Entry {
    pub(super) name: ServiceName,
    pub(super) critical: bool,
    pub(super) depends_on: Vec<ServiceName>,
    pub(super) limits: Limits,
    checker: Arc<dyn HealthChecker>,
    trips: Vec<Trip>,
    probes: Vec<Arc<CircuitBreaker>>,
    record: Mutex<Record>,
    checking: AsyncMutex<LastCheck>,
}

/// The last check of one checker. Its lock allows one check at a time.
#[derive(Default)]
pub(super) struct LastCheck {
    task: Option<Task>,
    began: Option<Moment>,
}

impl LastCheck {
    /// Returns whether the last check began at `moment` or later.
    pub(super) fn began_since(&self, moment: Moment) -> bool {
        self.began.is_some_and(|began| began >= moment)
    }
}

/// The exclusive right to check, so that results are stored in the order of the checks.
pub(super) type CheckLock<'a> = MutexGuard<'a, LastCheck>;

impl Entry {
    pub(super) fn new(
        name: ServiceName,
        check: HealthCheck,
        limits: Limits,
        history: usize,
    ) -> Self {
        let hysteresis = Hysteresis::new(limits.failure_threshold, limits.recovery_threshold);
        Self {
            name,
            critical: check.critical,
            depends_on: check.depends_on,
            limits,
            checker: check.checker,
            trips: check.trips.into_iter().map(Trip::new).collect(),
            probes: check.probes,
            record: Mutex::new(Record::new(hysteresis, history, Moment::now())),
            checking: AsyncMutex::default(),
        }
    }

    pub(super) fn status(&self) -> HealthStatus {
        self.record.lock().status()
    }

    pub(super) fn was_checked(&self) -> bool {
        !self.record.lock().is_empty()
    }

    pub(super) fn health(&self) -> ServiceHealth {
        let now = Moment::now();
        self.record.lock().view(&self.name, self.critical, now)
    }

    pub(super) fn release(&self) {
        self.trips.iter().for_each(Trip::release);
    }

    pub(super) async fn lock(&self) -> CheckLock<'_> {
        self.checking.lock().await
    }

    /// Checks, and returns the error of the check, for `require`.
    pub(super) async fn check(
        &self,
        lock: &mut CheckLock<'_>,
        stopped: Option<&AtomicBool>,
    ) -> Option<BoxError> {
        let began = Moment::now();
        lock.began = Some(began);
        let probes: Vec<ProbePermit> = self
            .probes
            .iter()
            .filter_map(ProbePermit::acquire)
            .collect();
        let limit = match timer::at(began.after(self.limits.timeout)) {
            Ok(limit) => limit,
            Err(missing) => {
                let error: BoxError = Box::new(ConfigError::from(missing));
                let error_type = std::any::type_name::<ConfigError>();
                let cause = HealthCause::of(Some(error_type), &error);
                self.record(failed(cause), Duration::ZERO, stopped);
                return Some(error);
            }
        };
        let ended = task::run(&self.checker, limit, &mut lock.task).await;
        let took = Moment::now().since(began);
        let (found, error) = self.classify(ended);
        for probe in probes {
            probe.complete(matches!(found, Found::Result(Level::Unhealthy, _)));
        }
        self.record(found, took, stopped);
        error
    }

    /// Records that the check was skipped because of a dependency.
    pub(super) fn skip(&self, dependency: ServiceName, stopped: Option<&AtomicBool>) {
        self.record(Found::Skipped(dependency), Duration::ZERO, stopped);
    }

    fn classify(&self, ended: TaskEnd) -> (Found, Option<BoxError>) {
        match ended {
            TaskEnd::Completed(Ok(report)) => {
                let (status, cause) = report.into_parts();
                let level = match status {
                    HealthStatus::Healthy => Level::Healthy,
                    HealthStatus::Degraded => Level::Degraded,
                    HealthStatus::Unhealthy | HealthStatus::Unknown => Level::Unhealthy,
                };
                (Found::Result(level, cause), None)
            }
            TaskEnd::Completed(Err(error)) => {
                let (error_type, error) = TypedError::split(error);
                let cause = HealthCause::of(error_type, &error);
                (failed(cause), Some(error))
            }
            TaskEnd::TimedOut => (failed(HealthCause::TimedOut(self.limits.timeout)), None),
            TaskEnd::Panicked => (failed(HealthCause::Panicked), None),
        }
    }

    fn record(&self, found: Found, took: Duration, stopped: Option<&AtomicBool>) {
        if let Found::Result(Level::Unhealthy, Some(cause)) = &found {
            events::failed(&self.name, cause, took);
        }
        let (change, hysteresis) = {
            let mut record = self.record.lock();
            let change = record.add(found, took, Moment::now());
            (change, record.hysteresis.clone())
        };
        if let Some(change) = &change {
            events::changed(&self.name, self.critical, change);
        }
        for trip in &self.trips {
            trip.follow(&hysteresis, stopped);
        }
    }
}

fn failed(cause: HealthCause) -> Found {
    Found::Result(Level::Unhealthy, Some(cause))
}
