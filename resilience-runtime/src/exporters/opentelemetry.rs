//! Reports the metrics of a registry to a meter of the OpenTelemetry API.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use opentelemetry::metrics::MeterProvider;
//! use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
//! use resilience_runtime::{BoxError, Registry, ServiceKind};
//!
//! let exporter = InMemoryMetricExporter::default();
//! let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
//! let registry = Registry::new();
//! let observation = resilience_runtime::opentelemetry::observe(&registry, &provider.meter("resilience"));
//!
//! let openai = registry.service("openai", ServiceKind::Llm)?;
//! openai.call(|| async { Ok::<_, BoxError>("hello") }).await?;
//! provider.force_flush()?;
//!
//! let exported = exporter.get_finished_metrics()?;
//! let scope = exported[0].scope_metrics().next().expect("one meter");
//! assert!(scope.metrics().any(|metric| metric.name() == "resilience.calls"));
//! drop(observation);
//! # Ok(()) }
//! ```
//!
//! Counters and levels are read when they are collected, so a call pays nothing for them, and they include what
//! happened before [`observe`] was called. Histograms are recorded at the end of each call and attempt.
//!
//! Names follow the semantic conventions: singular namespaces, plurals only for counted items, no unit and no `total`
//! in a name, `limit` for a maximum. Values that can also fall are up-down counters. An attribute is in the namespace
//! of what it distinguishes.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ::opentelemetry::metrics::{Histogram, Meter};
use ::opentelemetry::{KeyValue, StringValue};

use super::collect::each_status;
use crate::health::ServiceHealthMonitor;
use crate::name::{ServiceKind, ServiceName};
use crate::registry::Registry;
use crate::telemetry::Timer;
use crate::telemetry::metrics::definitions::{
    BUCKETS, HEALTH_CHECK, KIND, METRICS, Metric, SERVICE, Source, Timed,
};

/// Registers instruments with `meter` that collect the metrics of `registry`, for as long as the returned value lives.
/// Latency is measured from now on.
///
/// Call it once for a registry and a meter: two observations count everything twice.
#[must_use = "it is observed only as long as this lives"]
pub fn observe(registry: &Registry, meter: &Meter) -> Observation {
    let observed = Arc::new(registry.clone());
    for metric in &METRICS {
        match metric.source {
            Source::Counters(_) | Source::Transitions => counter(metric, meter, &observed),
            Source::CircuitState | Source::CircuitKeys | Source::Level(_) => {
                level(metric, meter, &observed)
            }
            Source::Durations(_) | Source::HealthCheck => {}
        }
    }
    let timer: Arc<dyn Timer> = Arc::new(Durations {
        calls: durations(meter, Timed::Calls),
        attempts: durations(meter, Timed::Attempts),
    });
    registry.measure_latency();
    registry.observers().timers.add(&timer);
    Observation {
        registry: Some((observed, timer)),
        _monitor: None,
    }
}

/// Registers an instrument with `meter` that collects the status of each check of a health monitor, for as long as
/// the returned value lives.
#[must_use = "it is observed only as long as this lives"]
pub fn observe_health(monitor: &ServiceHealthMonitor, meter: &Meter) -> Observation {
    let observed = Arc::new(monitor.clone());
    let weak = Arc::downgrade(&observed);
    let [check_label, status_label] = HEALTH_CHECK.labels else {
        unreachable!("a check has a name and a status");
    };
    meter
        .f64_observable_up_down_counter(HEALTH_CHECK.otel)
        .with_description(HEALTH_CHECK.help)
        .with_unit(HEALTH_CHECK.unit)
        .with_callback(move |instrument| {
            let Some(monitor) = weak.upgrade() else {
                return;
            };
            each_status(&monitor, |check, status, value| {
                let attributes = [
                    KeyValue::new(check_label.otel, check.in_common::<StringValue>()),
                    KeyValue::new(status_label.otel, status.name()),
                ];
                instrument.observe(value, &attributes);
            });
        })
        .build();
    Observation {
        registry: None,
        _monitor: Some(observed),
    }
}

/// Keeps an observation of [`observe`] or [`observe_health`] active. After it is dropped its instruments report no more
/// values; they stay registered, since a meter cannot remove one.
pub struct Observation {
    registry: Option<(Arc<Registry>, Arc<dyn Timer>)>,
    _monitor: Option<Arc<ServiceHealthMonitor>>,
}

impl Drop for Observation {
    fn drop(&mut self) {
        if let Some((registry, timer)) = &self.registry {
            registry.observers().timers.remove(timer);
        }
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").finish_non_exhaustive()
    }
}

fn counter(metric: &'static Metric, meter: &Meter, observed: &Arc<Registry>) {
    let weak = Arc::downgrade(observed);
    meter
        .u64_observable_counter(metric.otel)
        .with_description(metric.help)
        .with_unit(metric.unit)
        .with_callback(move |instrument| {
            each_service(&weak, |service| {
                metric.each_count(service, |values, count| {
                    let attributes = attributes(metric, service.name(), service.kind(), values);
                    instrument.observe(count, &attributes);
                });
            });
        })
        .build();
}

fn level(metric: &'static Metric, meter: &Meter, observed: &Arc<Registry>) {
    let weak = Arc::downgrade(observed);
    meter
        .f64_observable_up_down_counter(metric.otel)
        .with_description(metric.help)
        .with_unit(metric.unit)
        .with_callback(move |instrument| {
            each_service(&weak, |service| {
                metric.each_level(service, |values, value| {
                    let attributes = attributes(metric, service.name(), service.kind(), values);
                    instrument.observe(value, &attributes);
                });
            });
        })
        .build();
}

fn each_service(registry: &Weak<Registry>, mut visit: impl FnMut(&crate::Service)) {
    if let Some(registry) = registry.upgrade() {
        for service in registry.services() {
            visit(&service);
        }
    }
}

fn durations(meter: &Meter, wanted: Timed) -> Histogram<f64> {
    let is_wanted = |it: &&Metric| matches!(it.source, Source::Durations(timed) if timed == wanted);
    let metric = METRICS.iter().find(is_wanted);
    let metric = metric.expect("it is in the table");
    meter
        .f64_histogram(Cow::Borrowed(metric.otel))
        .with_description(metric.help)
        .with_unit(metric.unit)
        .with_boundaries(BUCKETS.to_vec())
        .build()
}

fn attributes(
    metric: &Metric,
    name: &ServiceName,
    kind: ServiceKind,
    values: &[&'static str],
) -> Vec<KeyValue> {
    let own = metric.labels.iter().zip(values);
    let own = own.map(|(label, value)| KeyValue::new(label.otel, *value));
    of_service(name, kind).into_iter().chain(own).collect()
}

fn of_service(name: &ServiceName, kind: ServiceKind) -> [KeyValue; 2] {
    [
        KeyValue::new(SERVICE.otel, name.in_common::<StringValue>()),
        KeyValue::new(KIND.otel, kind.name()),
    ]
}

/// The histograms of calls and attempts.
#[derive(Debug)]
struct Durations {
    calls: Histogram<f64>,
    attempts: Histogram<f64>,
}

impl Timer for Durations {
    fn call_took(&self, service: &ServiceName, kind: ServiceKind, took: Duration) {
        self.calls
            .record(took.as_secs_f64(), &of_service(service, kind));
    }

    fn attempt_took(&self, service: &ServiceName, kind: ServiceKind, took: Duration) {
        self.attempts
            .record(took.as_secs_f64(), &of_service(service, kind));
    }
}
