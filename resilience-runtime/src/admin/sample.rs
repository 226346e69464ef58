//! The rates of one interval, computed from the differences of the counters.

use std::time::Duration;

use serde::Serialize;

use super::snapshot::seconds;
use crate::service::Service;
use crate::telemetry::{Counter, DurationHistogram};

/// The rates and latencies of one service in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Sample {
    pub(super) at_ms: u64,
    pub(super) calls_per_second: f64,
    pub(super) successes_per_second: f64,
    /// Calls that ended with an error, rejections not included.
    pub(super) failures_per_second: f64,
    pub(super) rejections_per_second: f64,
    pub(super) retries_per_second: f64,
    pub(super) hedges_per_second: f64,
    pub(super) fallbacks_per_second: f64,
    pub(super) p50_seconds: Option<f64>,
    pub(super) p95_seconds: Option<f64>,
    pub(super) p99_seconds: Option<f64>,
}

/// The counters of one service at one moment.
#[derive(Clone, Default)]
pub(super) struct Counted {
    calls: u64,
    successes: u64,
    failures: u64,
    rejections: u64,
    retries: u64,
    hedges: u64,
    fallbacks: u64,
    latency: DurationHistogram,
}

impl Counted {
    pub(super) fn of(service: &Service) -> Self {
        let core = &*service.core;
        let counters = &core.counters;
        let failures = [Counter::Failed, Counter::Deadlines, Counter::InvalidConfig];
        Self {
            calls: counters.calls(),
            successes: counters.successes(),
            failures: failures.into_iter().map(|it| counters.get(it)).sum(),
            rejections: counters.rejections().total(),
            retries: counters.get(Counter::Retries),
            hedges: counters.get(Counter::Hedges),
            fallbacks: counters.fallbacks().total(),
            latency: (core.latency.get()).map_or_else(Default::default, |it| it.snapshot().calls),
        }
    }

    /// Returns the rates since `earlier`, which was read `elapsed` ago.
    pub(super) fn since(&self, earlier: &Self, elapsed: Duration, at_ms: u64) -> Sample {
        let rate = |now: u64, before: u64| {
            const TO: f64 = 1e3;
            let each_second = now.saturating_sub(before) as f64 / elapsed.as_secs_f64();
            // An interval of zero length, as under a paused clock, must not show as infinity.
            match each_second.is_finite() {
                true => (each_second * TO).round() / TO,
                false => 0.0,
            }
        };
        let latency = self.latency.since(&earlier.latency);
        let quantile = |q| latency.quantile(q).map(seconds);
        Sample {
            at_ms,
            calls_per_second: rate(self.calls, earlier.calls),
            successes_per_second: rate(self.successes, earlier.successes),
            failures_per_second: rate(self.failures, earlier.failures),
            rejections_per_second: rate(self.rejections, earlier.rejections),
            retries_per_second: rate(self.retries, earlier.retries),
            hedges_per_second: rate(self.hedges, earlier.hedges),
            fallbacks_per_second: rate(self.fallbacks, earlier.fallbacks),
            p50_seconds: quantile(0.5),
            p95_seconds: quantile(0.95),
            p99_seconds: quantile(0.99),
        }
    }
}
