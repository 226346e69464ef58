//! The results of one checker.

use std::collections::VecDeque;
use std::time::Duration;

use super::cause::HealthCause;
use super::hysteresis::{Hysteresis, Level};
use super::status::HealthStatus;
use crate::clock::Moment;
use crate::name::ServiceName;

/// Describes the health of one service by the results of its checker.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceHealth {
    /// Names the checker of the entry.
    pub name: ServiceName,
    /// Holds the status after thresholds: one bad check among good ones does not change it.
    pub status: HealthStatus,
    /// States whether the overall status is unhealthy when this one is.
    pub critical: bool,
    /// Describes why the service is not healthy.
    pub cause: Option<HealthCause>,
    /// Holds how long the status has not changed.
    pub in_status_for: Duration,
    /// Counts the failed checks in a row.
    pub consecutive_failures: u32,
    /// Counts the checks in a row that did not fail.
    pub consecutive_successes: u32,
    /// Holds the last results, the newest last.
    pub history: Vec<CheckRecord>,
}

impl ServiceHealth {
    /// Returns the newest result, before thresholds.
    #[must_use]
    pub fn last_check(&self) -> Option<&CheckRecord> {
        self.history.last()
    }
}

/// Holds the result of one check.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CheckRecord {
    /// Holds the status that the check found; unknown if it was skipped.
    pub status: HealthStatus,
    /// Describes why the status is not healthy.
    pub cause: Option<HealthCause>,
    /// Holds the duration of the check.
    pub took: Duration,
    /// Holds the time since the check ended.
    pub ago: Duration,
}

/// The result of a check before thresholds.
#[derive(Clone, Debug)]
pub(super) enum Found {
    Result(Level, Option<HealthCause>),
    /// Skipped because of this dependency.
    Skipped(ServiceName),
}

#[derive(Debug)]
struct StoredCheck {
    at: Moment,
    took: Duration,
    status: HealthStatus,
    cause: Option<HealthCause>,
}

/// A change of status, to be logged after the lock is released.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) from: HealthStatus,
    pub(super) to: HealthStatus,
    pub(super) cause: Option<HealthCause>,
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) hysteresis: Hysteresis,
    status: HealthStatus,
    since: Moment,
    /// The cause of the newest result that was not healthy.
    cause: HealthCause,
    history: VecDeque<StoredCheck>,
    capacity: usize,
}

impl Record {
    pub(super) fn new(hysteresis: Hysteresis, capacity: usize, now: Moment) -> Self {
        Self {
            hysteresis,
            status: HealthStatus::Unknown,
            since: now,
            cause: HealthCause::NotChecked,
            history: VecDeque::new(),
            capacity,
        }
    }

    pub(super) fn status(&self) -> HealthStatus {
        self.status
    }

    pub(super) fn is_empty(&self) -> bool {
        self.history.is_empty()
    }

    pub(super) fn add(&mut self, found: Found, took: Duration, now: Moment) -> Option<Change> {
        let (seen, cause, status) = match found {
            Found::Result(level, cause) => {
                let status = self.hysteresis.observe(level).into();
                (level.into(), cause, status)
            }
            Found::Skipped(dependency) => {
                // Results from before the outage of the dependency are out of date.
                self.hysteresis.reset();
                let cause = Some(HealthCause::Dependency(dependency));
                (HealthStatus::Unknown, cause, HealthStatus::Unknown)
            }
        };
        if let Some(cause) = &cause {
            self.cause = cause.clone();
        }
        if self.history.len() == self.capacity {
            self.history.pop_front();
        }
        self.history.push_back(StoredCheck {
            at: now,
            took,
            status: seen,
            cause,
        });
        let from = std::mem::replace(&mut self.status, status);
        if from == status {
            return None;
        }
        self.since = now;
        Some(Change {
            from,
            to: status,
            cause: self.cause(),
        })
    }

    fn cause(&self) -> Option<HealthCause> {
        (self.status != HealthStatus::Healthy).then(|| self.cause.clone())
    }

    pub(super) fn view(&self, name: &ServiceName, critical: bool, now: Moment) -> ServiceHealth {
        ServiceHealth {
            name: name.clone(),
            status: self.status,
            critical,
            cause: self.cause(),
            in_status_for: now.since(self.since),
            consecutive_failures: self.hysteresis.failures(),
            consecutive_successes: self.hysteresis.successes(),
            history: self
                .history
                .iter()
                .map(|check| CheckRecord {
                    status: check.status,
                    cause: check.cause.clone(),
                    took: check.took,
                    ago: now.since(check.at),
                })
                .collect(),
        }
    }
}
