//! One checker of a monitor, and one check of it from beginning to end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use super::cause::{HealthCause, Named};
use super::check::{HealthCheck, Limits};
use super::checker::HealthChecker;
use super::damping::{Damping, Level};
use super::links::{Probe, Trip};
use super::record::{Found, Record, ServiceHealth};
use super::running::{self, Ended, Running};
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
    turn: AsyncMutex<Checks>,
}

/// The checks of one checker, one at a time.
#[derive(Default)]
pub(super) struct Checks {
    last: Option<Running>,
    /// When the last one began.
    began: Option<Moment>,
}

impl Checks {
    /// Whether one began at `moment` or later.
    pub(super) fn began_since(&self, moment: Moment) -> bool {
        self.began.is_some_and(|began| began >= moment)
    }
}

/// The right to check, so that results come in the order in which they were found.
pub(super) type Turn<'a> = MutexGuard<'a, Checks>;

impl Entry {
    pub(super) fn new(
        name: ServiceName,
        check: HealthCheck,
        limits: Limits,
        history: usize,
    ) -> Self {
        let damping = Damping::new(limits.failure_threshold, limits.recovery_threshold);
        Self {
            name,
            critical: check.critical,
            depends_on: check.depends_on,
            limits,
            checker: check.checker,
            trips: check.trips.into_iter().map(Trip::new).collect(),
            probes: check.probes,
            record: Mutex::new(Record::new(damping, history, Moment::now())),
            turn: AsyncMutex::default(),
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

    pub(super) fn let_go(&self) {
        self.trips.iter().for_each(Trip::let_go);
    }

    pub(super) async fn turn(&self) -> Turn<'_> {
        self.turn.lock().await
    }

    /// Checks, and returns the error that it met, for who asked.
    pub(super) async fn check(
        &self,
        turn: &mut Turn<'_>,
        stopped: Option<&AtomicBool>,
    ) -> Option<BoxError> {
        let began = Moment::now();
        turn.began = Some(began);
        let probes: Vec<Probe> = self.probes.iter().filter_map(Probe::of).collect();
        let limit = match timer::at(began.after(self.limits.timeout)) {
            Ok(limit) => limit,
            Err(missing) => {
                let error: BoxError = Box::new(ConfigError::from(missing));
                let error_type = std::any::type_name::<ConfigError>();
                let cause = HealthCause::of(Some(error_type), &error);
                self.note(failed(cause), Duration::ZERO, stopped);
                return Some(error);
            }
        };
        let ended = running::run(&self.checker, limit, &mut turn.last).await;
        let took = Moment::now().since(began);
        let (found, error) = self.judge(ended);
        for probe in probes {
            probe.settle(matches!(found, Found::Result(Level::Unhealthy, _)));
        }
        self.note(found, took, stopped);
        error
    }

    /// Notes that it was not asked, because of a dependency.
    pub(super) fn skip(&self, dependency: ServiceName, stopped: Option<&AtomicBool>) {
        self.note(Found::NotAsked(dependency), Duration::ZERO, stopped);
    }

    fn judge(&self, ended: Ended) -> (Found, Option<BoxError>) {
        match ended {
            Ended::Answered(Ok(report)) => {
                let (status, cause) = report.into_parts();
                let level = match status {
                    HealthStatus::Healthy => Level::Healthy,
                    HealthStatus::Degraded => Level::Degraded,
                    HealthStatus::Unhealthy | HealthStatus::Unknown => Level::Unhealthy,
                };
                (Found::Result(level, cause), None)
            }
            Ended::Answered(Err(error)) => {
                let (error_type, error) = Named::apart(error);
                let cause = HealthCause::of(error_type, &error);
                (failed(cause), Some(error))
            }
            Ended::TimedOut => (failed(HealthCause::TimedOut(self.limits.timeout)), None),
            Ended::Panicked => (failed(HealthCause::Panicked), None),
        }
    }

    fn note(&self, found: Found, took: Duration, stopped: Option<&AtomicBool>) {
        if let Found::Result(Level::Unhealthy, Some(cause)) = &found {
            events::failed(&self.name, cause, took);
        }
        let (change, damping) = {
            let mut record = self.record.lock();
            let change = record.add(found, took, Moment::now());
            (change, record.damping.clone())
        };
        if let Some(change) = &change {
            events::changed(&self.name, self.critical, change);
        }
        for trip in &self.trips {
            trip.follow(&damping, stopped);
        }
    }
}

fn failed(cause: HealthCause) -> Found {
    Found::Result(Level::Unhealthy, Some(cause))
}
