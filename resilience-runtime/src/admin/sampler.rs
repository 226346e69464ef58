//! Samples all services once a second, and forwards changes in between at once.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::change::Change;
use super::feed::Feed;
use super::sample::{Counted, Sample};
use super::snapshot::{Limits, millis, seconds};
use super::sse::event;
use crate::circuit_breaker::CircuitState;
use crate::health::{HealthStatus, HealthStatuses, ServiceHealthMonitor};
use crate::name::{ServiceKind, ServiceName};
use crate::registry::Registry;
use crate::service::Service;
use crate::telemetry::{Event, Events, EventsError};

/// The time between two snapshots.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);

/// A longer interval is discarded: sampling was paused in it.
const MAX_INTERVAL: Duration = Duration::from_secs(3);

pub(super) struct Sampler {
    registry: Registry,
    monitor: ServiceHealthMonitor,
    changes: Events,
    health: watch::Receiver<HealthStatuses>,
    known_health: BTreeMap<ServiceName, HealthStatus>,
    counted: BTreeMap<ServiceName, Counted>,
    counted_at: Option<Instant>,
}

enum Next {
    Change(Result<Event, EventsError>),
    Health,
    Tick,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    at_ms: u64,
    health: Health<'a>,
    services: Vec<Live>,
}

#[derive(Serialize)]
struct Health<'a> {
    status: HealthStatus,
    checks: BTreeMap<&'a ServiceName, Check>,
}

#[derive(Serialize)]
struct Check {
    status: HealthStatus,
    critical: bool,
}

#[derive(Serialize)]
struct Live {
    name: ServiceName,
    kind: ServiceKind,
    health: Option<HealthStatus>,
    circuit_breaker: Circuit,
    #[serde(flatten)]
    limits: Limits,
    sample: Sample,
}

#[derive(Serialize)]
struct Circuit {
    state: CircuitState,
    in_state_seconds: f64,
    opened: u64,
}

impl Sampler {
    pub(super) fn new(registry: Registry, monitor: ServiceHealthMonitor) -> Self {
        let mut health = monitor.subscribe();
        let known_health = health.borrow_and_update().services.clone();
        Self {
            changes: registry.subscribe_to_changes(),
            registry,
            monitor,
            health,
            known_health,
            counted: BTreeMap::new(),
            counted_at: None,
        }
    }

    pub(super) async fn run(&mut self, feed: &Feed) {
        let now = Instant::now();
        let mut due = match self.counted_at {
            // The last subscriber has just left, as when a page is reloaded.
            Some(at) if now.saturating_duration_since(at) < MAX_INTERVAL => at + INTERVAL,
            _ => {
                self.count(now);
                now + INTERVAL
            }
        };
        loop {
            match self.next(due).await {
                Next::Change(event) => self.forward(feed, event),
                Next::Health => self.forward_health(feed),
                Next::Tick => {
                    let now = Instant::now();
                    self.sample(feed, now);
                    due += INTERVAL;
                    // Missed ticks are skipped, not made up for.
                    if due <= now {
                        due = now + INTERVAL;
                    }
                }
            }
        }
    }

    /// Forwards all pending changes.
    pub(super) fn catch_up(&mut self, feed: &Feed) {
        loop {
            match self.changes.try_recv() {
                Ok(Some(event)) => self.forward(feed, Ok(event)),
                Err(error @ EventsError::Missed(_)) => self.forward(feed, Err(error)),
                Ok(None) | Err(EventsError::Closed) => break,
            }
        }
        if self.health.has_changed().unwrap_or_default() {
            self.forward_health(feed);
        }
    }

    /// Waits for the next input. None of these futures loses anything when it is dropped.
    async fn next(&mut self, due: Instant) -> Next {
        let mut change = pin!(self.changes.recv());
        let mut health = pin!(self.health.changed());
        let mut tick = pin!(sleep_until(due));
        poll_fn(|cx| {
            if let Poll::Ready(event) = change.as_mut().poll(cx) {
                return Poll::Ready(Next::Change(event));
            }
            if let Poll::Ready(Ok(())) = health.as_mut().poll(cx) {
                return Poll::Ready(Next::Health);
            }
            tick.as_mut().poll(cx).map(|()| Next::Tick)
        })
        .await
    }

    fn forward(&self, feed: &Feed, event: Result<Event, EventsError>) {
        match event {
            Ok(event) => {
                if let Some(change) = Change::of(&event) {
                    feed.change(change);
                }
            }
            Err(EventsError::Missed(count)) => feed.missed(count),
            // Impossible while the sampler holds the registry.
            Err(EventsError::Closed) => {}
        }
    }

    fn forward_health(&mut self, feed: &Feed) {
        let statuses = self.health.borrow_and_update().services.clone();
        for (check, to) in &statuses {
            let from = self.known_health.get(check).copied();
            // A new check is unknown at first; that is not a change.
            if from.unwrap_or_default() == *to {
                continue;
            }
            let known = self.monitor.get_health(check);
            let ago = known
                .filter(|it| it.status == *to)
                .map_or(Duration::ZERO, |it| it.in_status_for);
            let at = SystemTime::now().checked_sub(ago);
            let at = at.unwrap_or_else(SystemTime::now);
            feed.change(Change::of_health(check, from, Some(*to), at));
        }
        for (check, from) in &self.known_health {
            if !statuses.contains_key(check) {
                let change = Change::of_health(check, Some(*from), None, SystemTime::now());
                feed.change(change);
            }
        }
        self.known_health = statuses;
    }

    fn count(&mut self, now: Instant) {
        let services = self.registry.services();
        let counted = services
            .iter()
            .map(|service| (service.name().clone(), Counted::of(service)));
        self.counted = counted.collect();
        self.counted_at = Some(now);
    }

    fn sample(&mut self, feed: &Feed, now: Instant) {
        let at_ms = millis(SystemTime::now());
        let since = self.counted_at.unwrap_or(now);
        let elapsed = now.saturating_duration_since(since);
        let health = self.monitor.get_all_health();
        let mut earlier = std::mem::take(&mut self.counted);
        let mut services = Vec::new();
        for service in self.registry.services() {
            let counted = Counted::of(&service);
            // A new service has counted everything in this interval.
            let before = earlier.remove(service.name()).unwrap_or_default();
            let status = health.get(service.name()).map(|it| it.status);
            let sample = counted.since(&before, elapsed, at_ms);
            services.push(Live::of(&service, status, sample));
            self.counted.insert(service.name().clone(), counted);
        }
        self.counted_at = Some(now);
        let text = {
            let each = health.values().map(|it| (it.status, it.critical));
            let status = HealthStatus::overall(each);
            let checks = health.iter().map(|(name, it)| {
                let check = Check {
                    status: it.status,
                    critical: it.critical,
                };
                (name, check)
            });
            let health = Health {
                status,
                checks: checks.collect(),
            };
            let snapshot = Snapshot {
                at_ms,
                health,
                services,
            };
            let text: Bytes = event("snapshot", &snapshot);
            services = snapshot.services;
            text
        };
        let samples = services.into_iter().map(|live| (live.name, live.sample));
        feed.snapshot(&text, samples);
    }
}

impl Live {
    fn of(service: &Service, health: Option<HealthStatus>, sample: Sample) -> Self {
        let circuit = service.core.breaker.stats();
        Self {
            name: service.name().clone(),
            kind: service.kind(),
            health,
            circuit_breaker: Circuit {
                state: circuit.state,
                in_state_seconds: seconds(circuit.in_state_for),
                opened: circuit.opened,
            },
            limits: Limits::of(service),
            sample,
        }
    }
}
