//! Reports the metrics of a registry to Prometheus.
//!
//! [`text`] returns the response to a scrape, for any HTTP server:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use resilience_runtime::{BoxError, Registry, ServiceKind, prometheus};
//!
//! let registry = Registry::default();
//! registry.measure_latency();
//! let openai = registry.service("openai", ServiceKind::Llm)?;
//! openai.call(|| async { Ok::<_, BoxError>("hello") }).await?;
//!
//! let text = prometheus::text(&registry);
//! assert!(text.contains(r#"resilience_calls_total{service="openai",kind="llm",result="success"} 1"#));
//! assert!(prometheus::CONTENT_TYPE.starts_with("text/plain"));
//! # Ok(()) }
//! ```
//!
//! It adds no cost to calls: it reads the counters of the registry, so it includes what happened before the first
//! scrape. Histograms appear once latency is [measured](Registry::measure_latency), a service once it has been called
//! or requested.
//!
//! To use a `prometheus::Registry` of your own, register a [`Collector`] in it.

use std::fmt;

use ::prometheus::TextEncoder;
use ::prometheus::core::Desc;
use ::prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric as Sample, MetricFamily, MetricType,
};

use super::collect::each_status;
use crate::health::ServiceHealthMonitor;
use crate::registry::Registry;
use crate::service::Service;
use crate::telemetry::metrics::definitions::{
    BUCKETS, HEALTH_CHECK, KIND, METRICS, Metric, SERVICE, Source, Timed,
};
use crate::telemetry::{DurationHistogram, ServiceLatency};

/// Names the `Content-Type` of [`text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Returns the metrics of all services as text for a scrape, always in the same order.
#[must_use]
pub fn text(registry: &Registry) -> String {
    encode(&families(registry))
}

/// Returns the same as [`text`], followed by the status of each health check.
#[must_use]
pub fn text_with_health(registry: &Registry, monitor: &ServiceHealthMonitor) -> String {
    let mut families = families(registry);
    families.extend(health(monitor));
    encode(&families)
}

/// Returns the metrics of all services: in the order of the guide, and in each the services by name. A metric that no
/// service has is left out.
#[must_use]
pub fn families(registry: &Registry) -> Vec<MetricFamily> {
    let services = registry.services();
    let latencies: Vec<Option<ServiceLatency>> =
        services.iter().map(|service| service.latency()).collect();
    let families = METRICS.iter().map(|metric| {
        let mut samples = Vec::default();
        for (service, latency) in services.iter().zip(&latencies) {
            samples_of(metric, service, latency.as_ref(), &mut samples);
        }
        family(metric, samples)
    });
    families.filter(|it| !it.get_metric().is_empty()).collect()
}

/// Returns the status of each health check of a monitor; `None` where it has none.
#[must_use]
pub fn health(monitor: &ServiceHealthMonitor) -> Option<MetricFamily> {
    let mut samples = Vec::default();
    each_status(monitor, |check, status, value| {
        let names = HEALTH_CHECK.labels.iter().map(|label| label.name);
        let values = [check.as_str(), status.name()];
        let labels = names.zip(values).map(|(name, value)| pair(name, value));
        samples.push(level(labels.collect(), value));
    });
    (!samples.is_empty()).then(|| family(&HEALTH_CHECK, samples))
}

fn encode(families: &[MetricFamily]) -> String {
    let mut text = String::default();
    TextEncoder::new()
        .encode_utf8(families, &mut text)
        .expect("a string takes everything, and no family is without a name or a sample");
    text
}

fn family(metric: &Metric, samples: Vec<Sample>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(metric.name.to_owned());
    family.set_help(metric.help.to_owned());
    family.set_field_type(match metric.source {
        Source::Counters(_) | Source::Transitions => MetricType::COUNTER,
        Source::CircuitState | Source::CircuitKeys | Source::Level(_) | Source::HealthCheck => {
            MetricType::GAUGE
        }
        Source::Durations(_) => MetricType::HISTOGRAM,
    });
    family.set_metric(samples);
    family
}

fn samples_of(
    metric: &Metric,
    service: &Service,
    latency: Option<&ServiceLatency>,
    samples: &mut Vec<Sample>,
) {
    let labels = |values: &[&'static str]| {
        let own = metric.labels.iter().zip(values);
        [
            (SERVICE.name, service.name().as_str()),
            (KIND.name, service.kind().name()),
        ]
        .into_iter()
        .chain(own.map(|(label, value)| (label.name, *value)))
        .map(|(name, value)| pair(name, value))
        .collect::<Vec<_>>()
    };
    metric.each_count(service, |values, count| {
        let mut counter = Counter::default();
        counter.set_value(count as f64);
        let mut sample = Sample::from_label(labels(values));
        sample.set_counter(counter);
        samples.push(sample);
    });
    metric.each_level(service, |values, value| {
        samples.push(level(labels(values), value))
    });
    if let (Source::Durations(timed), Some(latency)) = (&metric.source, latency) {
        let mut sample = Sample::from_label(labels(&[]));
        sample.set_histogram(histogram(match timed {
            Timed::Calls => &latency.calls,
            Timed::Attempts => &latency.attempts,
        }));
        samples.push(sample);
    }
}

fn level(labels: Vec<LabelPair>, value: f64) -> Sample {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut sample = Sample::from_label(labels);
    sample.set_gauge(gauge);
    sample
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

fn histogram(durations: &DurationHistogram) -> Histogram {
    let mut buckets = Vec::with_capacity(BUCKETS.len());
    let mut ours = durations.buckets();
    for bound in BUCKETS {
        let below = ours.find(|(ours, _)| ours.is_some_and(|ours| ours.as_secs_f64() == bound));
        let (_, below) = below.expect("each bound is one of ours");
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(below);
        buckets.push(bucket);
    }
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(durations.count());
    histogram.set_sample_sum(durations.sum().as_secs_f64());
    histogram
}

/// Provides the metrics of a registry, and optionally of a health monitor, to a `prometheus::Registry` of the user.
///
/// ```
/// use resilience_runtime::{Registry, ServiceKind, prometheus::Collector};
///
/// let registry = Registry::default();
/// registry.service("openai", ServiceKind::Llm)?;
/// let mine = prometheus::Registry::default();
/// mine.register(Box::new(Collector::new(&registry)))?;
/// assert!(mine.gather().iter().any(|family| family.name() == "resilience_calls_total"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Collector {
    registry: Registry,
    monitor: Option<ServiceHealthMonitor>,
    descriptions: Vec<Desc>,
}

impl Collector {
    /// Creates a collector of all services that the registry has at the time of each scrape.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            monitor: None,
            descriptions: METRICS.iter().map(description).collect(),
        }
    }

    /// Adds the status of all checks of the monitor.
    #[must_use]
    pub fn with_health(mut self, monitor: &ServiceHealthMonitor) -> Self {
        if self.monitor.replace(monitor.clone()).is_none() {
            self.descriptions.push(description(&HEALTH_CHECK));
        }
        self
    }
}

fn description(metric: &Metric) -> Desc {
    let of_service: &[_] = match metric.source {
        Source::HealthCheck => &[],
        _ => &[SERVICE, KIND],
    };
    let labels = of_service.iter().chain(metric.labels);
    let names = labels.map(|label| label.name.to_owned()).collect();
    Desc::new(
        metric.name.to_owned(),
        metric.help.to_owned(),
        names,
        std::collections::HashMap::new(),
    )
    .expect("names and labels are valid")
}

impl ::prometheus::core::Collector for Collector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = families(&self.registry);
        families.extend(self.monitor.as_ref().and_then(health));
        families
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").finish_non_exhaustive()
    }
}
