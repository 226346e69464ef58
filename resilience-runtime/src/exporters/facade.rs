//! What the registry counts, for the `metrics` facade and whatever records it.
//!
//! Nothing has to be called for it: with the feature `metrics` each fact of a call is told to the recorder when it
//! happens, and how long calls and attempts took at their end. The recorder may be installed before or after the
//! first call, globally or for one thread; what happens while there is none is lost to it, though not to
//! [`Service::stats`](crate::Service::stats). While there is none, no latency is measured for it. (A recorder whose
//! type has no size looks like none: for that one, say [`Registry::measure_latency`].)
//!
//! Levels, such as what is left of a rate limit, change with time and not with a call, so they are told when
//! [`publish`] is called: every few seconds, or before each scrape.
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

use super::installed;
use super::keys::METADATA;
use super::names::{HEALTH_CHECK, METRICS, Source};
use super::read::each_status;
use crate::health::ServiceHealthMonitor;
use crate::registry::Registry;

/// Tells the recorder what each metric means and in which unit it is. Once is enough, after the recorder has been
/// installed.
///
/// After this or [`publish`], what the global recorder hands out for each metric is kept, so that a call costs a few
/// nanoseconds and allocates nothing. Before, and under a local recorder, it is asked at each fact, and most
/// recorders allocate then.
pub fn describe() {
    installed::look();
    with_recorder(|recorder| {
        for metric in METRICS.iter().chain([&HEALTH_CHECK]) {
            let name = KeyName::from_const_str(metric.name);
            let help = SharedString::const_str(metric.help);
            match metric.source {
                Source::Counters(_) | Source::Transitions => {
                    recorder.describe_counter(name, Some(Unit::Count), help);
                }
                Source::CircuitState | Source::Level(_) | Source::HealthCheck => {
                    recorder.describe_gauge(name, Some(Unit::Count), help);
                }
                Source::Durations(_) => {
                    recorder.describe_histogram(name, Some(Unit::Seconds), help);
                }
            }
        }
    });
}

/// Tells the recorder the levels of all services: state of the circuit breaker, retry budget, rate limit,
/// bulkhead. And makes each counter known that has counted nothing yet, so that its first increment is seen as
/// one.
///
/// A change of a circuit breaker's state is told when it happens in any case. A recorder that forgets what is idle
/// for long must be told more often than that.
pub fn publish(registry: &Registry) {
    installed::look();
    with_recorder(|recorder| {
        for service in registry.services() {
            let keys = &service.core.keys;
            keys.begin(recorder);
            for metric in &METRICS {
                metric.each_level(&service, |values, value| {
                    let key = keys.key(metric, values);
                    recorder.register_gauge(&key, &METADATA).set(value);
                });
            }
        }
    });
}

/// Tells the recorder the status of each health check.
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
