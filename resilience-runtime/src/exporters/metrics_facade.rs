//! Reports the metrics of a registry to the recorder of the `metrics` facade.
//!
//! With the feature `metrics` every counter is incremented in the recorder when the event happens, and the durations
//! of calls and attempts are recorded at their end; no function has to be called for that. The recorder may be
//! installed before or after the first call, globally or for one thread. Without a recorder, events are missing in it
//! later, though not in [`Service::stats`](crate::Service::stats), and no latency is measured for it. (A recorder whose
//! type has no size cannot be detected: call [`Registry::measure_latency`] for it.)
//!
//! Levels, such as the remaining rate limit, change with time and not with a call, so they are reported when [`publish`]
//! is called: every few seconds, or before each scrape.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use metrics_util::debugging::DebuggingRecorder;
//! use resilience_runtime::{BoxError, Registry, ServiceKind};
//!
//! let recorder = DebuggingRecorder::new();
//! let recorded = recorder.snapshotter();
//! recorder.install()?;
//! resilience_runtime::metrics::describe();
//!
//! let registry = Registry::new();
//! let openai = registry.service("openai", ServiceKind::Llm)?;
//! openai.call(|| async { Ok::<_, BoxError>("hello") }).await?;
//! resilience_runtime::metrics::publish(&registry);
//!
//! let recorded = recorded.snapshot().into_vec();
//! assert!(recorded.iter().any(|(key, ..)| key.key().name() == "resilience_calls_total"));
//! assert!(recorded.iter().any(|(key, ..)| key.key().name() == "resilience_retry_budget_left"));
//! # Ok(()) }
//! ```

use ::metrics::{Key, KeyName, Label, SharedString, Unit, with_recorder};

use super::collect::each_status;
use crate::health::ServiceHealthMonitor;
use crate::registry::Registry;
use crate::telemetry::metrics::definitions::{HEALTH_CHECK, METRICS, Source};
use crate::telemetry::metrics::handles::METADATA;
use crate::telemetry::metrics::recorder;

/// Describes each metric and its unit to the recorder. Call it once, after the recorder has been installed.
///
/// After this or [`publish`], the handles of the global recorder are kept, so that a call costs a few nanoseconds and
/// allocates nothing. Before that, and under a local recorder, each event asks the recorder for a handle, and most
/// recorders allocate then.
pub fn describe() {
    recorder::detect_global();
    with_recorder(|recorder| {
        for metric in METRICS.iter().chain([&HEALTH_CHECK]) {
            let name = KeyName::from_const_str(metric.name);
            let help = SharedString::const_str(metric.help);
            match metric.source {
                Source::Counters(_) | Source::Transitions => {
                    recorder.describe_counter(name, Some(Unit::Count), help);
                }
                Source::CircuitState
                | Source::CircuitKeys
                | Source::Level(_)
                | Source::HealthCheck => {
                    recorder.describe_gauge(name, Some(Unit::Count), help);
                }
                Source::Durations(_) => {
                    recorder.describe_histogram(name, Some(Unit::Seconds), help);
                }
            }
        }
    });
}

/// Sets the levels of all services in the recorder: state of the circuit breaker, retry budget, rate limit,
/// bulkhead. Also registers every counter with the value 0, so that its first increment is visible as one.
///
/// A change of a circuit breaker's state is reported when it happens in any case. For a recorder with an idle timeout,
/// call this more often than that timeout.
pub fn publish(registry: &Registry) {
    recorder::detect_global();
    with_recorder(|recorder| {
        for service in registry.services() {
            let handles = &service.core.metrics;
            handles.register_counters(recorder);
            for metric in &METRICS {
                metric.each_level(&service, |values, value| {
                    let key = handles.key(metric, values);
                    recorder.register_gauge(&key, &METADATA).set(value);
                });
            }
        }
    });
}

/// Sets the status of each health check in the recorder.
pub fn publish_health(monitor: &ServiceHealthMonitor) {
    let [check_label, status_label] = HEALTH_CHECK.labels else {
        unreachable!("a check has a name and a status");
    };
    with_recorder(|recorder| {
        each_status(monitor, |check, status, value| {
            let labels = vec![
                Label::new(check_label.name, check.in_common::<SharedString>()),
                Label::from_static_parts(status_label.name, status.name()),
            ];
            let key = Key::from_parts(KeyName::from_const_str(HEALTH_CHECK.name), labels);
            recorder.register_gauge(&key, &METADATA).set(value);
        });
    });
}
