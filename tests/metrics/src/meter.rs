//! Reads the values that an OpenTelemetry meter collects, with a fixed list of their names.

use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality,
};
use resilience_runtime::Registry;
use resilience_runtime::opentelemetry::{Observation, observe};

use crate::numbers::{Numbers, series};

/// The name for OpenTelemetry, the name for Prometheus, the unit.
const NAMES: [(&str, &str, &str); 26] = [
    ("resilience.calls", "resilience_calls_total", "{call}"),
    (
        "resilience.attempts",
        "resilience_attempts_total",
        "{attempt}",
    ),
    ("resilience.retries", "resilience_retries_total", "{retry}"),
    ("resilience.hedges", "resilience_hedges_total", "{attempt}"),
    (
        "resilience.hedge.wins",
        "resilience_hedge_wins_total",
        "{call}",
    ),
    (
        "resilience.rejections",
        "resilience_rejections_total",
        "{call}",
    ),
    (
        "resilience.shadow_rejected",
        "resilience_shadow_rejected_total",
        "{attempt}",
    ),
    (
        "resilience.timeouts",
        "resilience_timeouts_total",
        "{attempt}",
    ),
    (
        "resilience.fallbacks",
        "resilience_fallbacks_total",
        "{call}",
    ),
    (
        "resilience.fallback.failures",
        "resilience_fallback_failures_total",
        "{failure}",
    ),
    (
        "resilience.broken_streams",
        "resilience_broken_streams_total",
        "{stream}",
    ),
    (
        "resilience.cache.requests",
        "resilience_cache_requests_total",
        "{request}",
    ),
    (
        "resilience.rate_limit.pauses",
        "resilience_cooldowns_total",
        "{pause}",
    ),
    (
        "resilience.circuit_breaker.transitions",
        "resilience_circuit_breaker_transitions_total",
        "{transition}",
    ),
    (
        "resilience.circuit_breaker.state",
        "resilience_circuit_breaker_state",
        "1",
    ),
    (
        "resilience.retry_budget.remaining",
        "resilience_retry_budget_left",
        "{retry}",
    ),
    (
        "resilience.retry_budget.limit",
        "resilience_retry_budget_capacity",
        "{retry}",
    ),
    (
        "resilience.rate_limit.remaining",
        "resilience_rate_limit_remaining",
        "{token}",
    ),
    (
        "resilience.rate_limit.limit",
        "resilience_rate_limit_limit",
        "{token}",
    ),
    (
        "resilience.circuit_breaker.keys",
        "resilience_circuit_breaker_keys",
        "{key}",
    ),
    (
        "resilience.bulkhead.keys",
        "resilience_bulkhead_keys",
        "{key}",
    ),
    (
        "resilience.bulkhead.keys.in_flight",
        "resilience_bulkhead_keys_in_flight",
        "{call}",
    ),
    (
        "resilience.bulkhead.in_flight",
        "resilience_bulkhead_in_flight",
        "{call}",
    ),
    (
        "resilience.bulkhead.limit",
        "resilience_bulkhead_max_concurrent",
        "{call}",
    ),
    (
        "resilience.call.duration",
        "resilience_call_duration_seconds",
        "s",
    ),
    (
        "resilience.attempt.duration",
        "resilience_attempt_duration_seconds",
        "s",
    ),
];

const ATTRIBUTES: [(&str, &str); 10] = [
    ("resilience.service.name", "service"),
    ("resilience.service.kind", "kind"),
    ("resilience.call.result", "result"),
    ("resilience.attempt.result", "result"),
    ("resilience.rejection.cause", "cause"),
    ("resilience.fallback.strategy", "strategy"),
    ("resilience.cache.result", "result"),
    ("resilience.circuit_breaker.from", "from"),
    ("resilience.circuit_breaker.to", "to"),
    ("resilience.circuit_breaker.state", "state"),
];

/// Collects on the thread that asks, whose clock may be paused.
#[derive(Clone, Debug)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

/// A meter with what it observes.
#[derive(Debug)]
pub struct Meter {
    reader: Reader,
    _provider: SdkMeterProvider,
    /// Until it is taken away.
    pub observation: Option<Observation>,
}

impl Meter {
    pub(crate) fn of(registry: &Registry) -> Self {
        let reader = Reader(Arc::new(ManualReader::builder().build()));
        let provider = SdkMeterProvider::builder()
            .with_reader(reader.clone())
            .build();
        let observation = observe(registry, &provider.meter("resilience"));
        Self {
            reader,
            _provider: provider,
            observation: Some(observation),
        }
    }

    /// Everything that there is to export.
    ///
    /// # Panics
    /// Never: it is not shut down.
    #[must_use]
    pub fn collect(&self) -> ResourceMetrics {
        let mut collected = ResourceMetrics::default();
        self.reader.collect(&mut collected).expect("it is running");
        collected
    }

    pub(crate) fn read(&self, service: &str) -> Numbers {
        let mut numbers = Numbers::default();
        let collected = self.collect();
        for metric in collected.scope_metrics().flat_map(|scope| scope.metrics()) {
            let names = NAMES.iter().find(|(otel, ..)| *otel == metric.name());
            let (_, name, unit) = names.unwrap_or_else(|| panic!("{} is new", metric.name()));
            assert_eq!(metric.unit(), *unit, "{name}");
            let series = |attributes: Vec<&KeyValue>| of(service, name, &attributes);
            match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    assert!(sum.is_monotonic(), "{name}");
                    for point in sum.data_points() {
                        if let Some(series) = series(point.attributes().collect()) {
                            numbers.count(series, point.value());
                        }
                    }
                }
                AggregatedMetrics::F64(MetricData::Sum(sum)) => {
                    assert!(!sum.is_monotonic(), "{name}");
                    for point in sum.data_points() {
                        if let Some(series) = series(point.attributes().collect()) {
                            numbers.level(series, point.value());
                        }
                    }
                }
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    for point in histogram.data_points() {
                        assert_eq!(point.bounds().count(), 16, "{name}");
                        if let Some(series) = series(point.attributes().collect()) {
                            let all = numbers.durations.entry(series).or_default();
                            (all.count, all.seconds) = (point.count(), point.sum());
                        }
                    }
                }
                other => panic!("{name} is {other:?}"),
            }
        }
        numbers
    }
}

/// Attributes have no order, labels do.
fn of(service: &str, metric: &str, attributes: &[&KeyValue]) -> Option<String> {
    let mut labels: Vec<(usize, &str, String)> = Vec::new();
    for attribute in attributes {
        let key = attribute.key.as_str();
        let at = ATTRIBUTES.iter().position(|(otel, _)| *otel == key);
        let at = at.unwrap_or_else(|| panic!("{key} of {metric} is new"));
        labels.push((at, ATTRIBUTES[at].1, attribute.value.as_str().into_owned()));
    }
    labels.sort();
    let labels = labels
        .iter()
        .map(|(_, label, value)| (*label, value.as_str()));
    series(service, metric, labels)
}
