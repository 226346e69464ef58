//! What is known of one checker's results.

use std::collections::VecDeque;
use std::time::Duration;

use super::cause::HealthCause;
use super::damping::{Damping, Level};
use super::status::HealthStatus;
use crate::clock::Moment;
use crate::name::ServiceName;

/// The health of one service, as its checker found it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceHealth {
    /// The name of the checker.
    pub name: ServiceName,
    /// How it is, after thresholds: one bad check among good ones does not change it.
    pub status: HealthStatus,
    /// Whether the whole is unhealthy when this is.
    pub critical: bool,
    /// Why it is not healthy.
    pub cause: Option<HealthCause>,
    /// How long it has had this status.
    pub in_status_for: Duration,
    /// Failed checks in a row.
    pub consecutive_failures: u32,
    /// Checks in a row that did not fail.
    pub consecutive_successes: u32,
    /// The last results, the newest last.
    pub history: Vec<CheckRecord>,
}

impl ServiceHealth {
    /// The newest result, before thresholds.
    #[must_use]
    pub fn last_check(&self) -> Option<&CheckRecord> {
        self.history.last()
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CheckRecord {
    /// What it found; unknown where it was not made.
    pub status: HealthStatus,
    /// Why that is not healthy.
    pub cause: Option<HealthCause>,
    /// How long it took.
    pub took: Duration,
    /// How long ago it ended.
    pub ago: Duration,
}

/// What a check came to.
#[derive(Clone, Debug)]
pub(super) enum Found {
    Result(Level, Option<HealthCause>),
    /// Not asked, because of this dependency.
    NotAsked(ServiceName),
}

#[derive(Debug)]
struct Kept {
    at: Moment,
    took: Duration,
    status: HealthStatus,
    cause: Option<HealthCause>,
}

/// A change of status, to be told once no lock is held.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) from: HealthStatus,
    pub(super) to: HealthStatus,
    pub(super) cause: Option<HealthCause>,
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) damping: Damping,
    status: HealthStatus,
    since: Moment,
    /// The newest reason for not being healthy.
    cause: HealthCause,
    kept: VecDeque<Kept>,
    capacity: usize,
}

impl Record {
    pub(super) fn new(damping: Damping, capacity: usize, now: Moment) -> Self {
        Self {
            damping,
            status: HealthStatus::Unknown,
            since: now,
            cause: HealthCause::NotChecked,
            kept: VecDeque::new(),
            capacity,
        }
    }

    pub(super) fn status(&self) -> HealthStatus {
        self.status
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub(super) fn add(&mut self, found: Found, took: Duration, now: Moment) -> Option<Change> {
        let (seen, cause, status) = match found {
            Found::Result(level, cause) => {
                let status = self.damping.observe(level).into();
                (level.into(), cause, status)
            }
            Found::NotAsked(dependency) => {
                // What was known before it went away says little about what will be found after.
                self.damping.forget();
                let cause = Some(HealthCause::Dependency(dependency));
                (HealthStatus::Unknown, cause, HealthStatus::Unknown)
            }
        };
        if let Some(cause) = &cause {
            self.cause = cause.clone();
        }
        if self.kept.len() == self.capacity {
            self.kept.pop_front();
        }
        self.kept.push_back(Kept {
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
            consecutive_failures: self.damping.failures(),
            consecutive_successes: self.damping.successes(),
            history: self
                .kept
                .iter()
                .map(|kept| CheckRecord {
                    status: kept.status,
                    cause: kept.cause.clone(),
                    took: kept.took,
                    ago: now.since(kept.at),
                })
                .collect(),
        }
    }
}
