//! The keys of one service in the `metrics` facade, and the handles that the global recorder returned for them.
//!
//! Keys are made once. A handle is kept only if the global recorder returned it: a handle of another recorder would
//! never reach the global one. Any other recorder is asked for a handle each time.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use ::metrics::{
    Counter as CounterHandle, Histogram, Key, KeyName, Label, Level, Metadata, Recorder,
    SharedString, with_recorder,
};

use super::definitions::Level::BulkheadMaxConcurrent;
use super::definitions::{KIND, METRICS, Metric, SERVICE, Source, Timed, USUAL_TRANSITIONS};
use super::recorder::is_global;
use crate::circuit_breaker::CircuitChange;
use crate::name::{ServiceKind, ServiceName};
use crate::telemetry::Counter;

pub(crate) static METADATA: Metadata<'static> =
    Metadata::new("resilience", Level::INFO, Some(module_path!()));

/// The keys of one service, and the handles of the global recorder.
pub(crate) struct MetricHandles {
    /// For each of [`Counter::ALL`], the keys of the series that it is part of.
    counters: Box<[Box<[Key]>]>,
    calls: Key,
    attempts: Key,
    service: [Label; 2],
    global: OnceLock<Box<GlobalHandles>>,
}

/// The handles of the global recorder, in the order of the keys.
struct GlobalHandles {
    counters: Box<[Box<[CounterHandle]>]>,
    calls: Histogram,
    attempts: Histogram,
}

impl MetricHandles {
    pub(crate) fn new(name: &ServiceName, kind: ServiceKind) -> Self {
        let service = [
            Label::new(SERVICE.name, name.in_common::<SharedString>()),
            Label::from_static_parts(KIND.name, kind.name()),
        ];
        let durations = |wanted: Timed| {
            let is_wanted =
                |it: &&Metric| matches!(it.source, Source::Durations(timed) if timed == wanted);
            let metric = METRICS.iter().find(is_wanted);
            key(&service, metric.expect("it is in the table"), &[])
        };
        Self {
            counters: Counter::ALL
                .into_iter()
                .map(|counter| series(&service, counter).collect())
                .collect(),
            calls: durations(Timed::Calls),
            attempts: durations(Timed::Attempts),
            service,
            global: OnceLock::new(),
        }
    }

    pub(crate) fn key(&self, metric: &'static Metric, values: &[&'static str]) -> Key {
        key(&self.service, metric, values)
    }

    /// Increments the series of `counter` in the recorder of this thread.
    pub(crate) fn count(&self, counter: Counter) {
        with_recorder(|recorder| {
            if is_global(recorder) {
                let handles = &self.global_handles(recorder).counters[counter as usize];
                handles.iter().for_each(|handle| handle.increment(1));
            } else {
                for key in &self.counters[counter as usize] {
                    recorder.register_counter(key, &METADATA).increment(1);
                }
            }
        });
    }

    pub(crate) fn call_took(&self, took: Duration) {
        record(took, &self.calls, |recorder| {
            &self.global_handles(recorder).calls
        });
    }

    pub(crate) fn attempt_took(&self, took: Duration) {
        record(took, &self.attempts, |recorder| {
            &self.global_handles(recorder).attempts
        });
    }

    /// Returns the handles of `recorder`, which must be the global one.
    fn global_handles(&self, recorder: &dyn Recorder) -> &GlobalHandles {
        self.global.get_or_init(|| {
            let counters = self.counters.iter().map(|keys| {
                let handles = keys.iter();
                handles
                    .map(|key| recorder.register_counter(key, &METADATA))
                    .collect()
            });
            Box::new(GlobalHandles {
                counters: counters.collect(),
                calls: recorder.register_histogram(&self.calls, &METADATA),
                attempts: recorder.register_histogram(&self.attempts, &METADATA),
            })
        })
    }

    pub(crate) fn circuit_changed(&self, change: CircuitChange) {
        let (from, to) = (change.from.name(), change.to.name());
        with_recorder(|recorder| {
            for metric in &METRICS {
                match metric.source {
                    Source::Transitions => {
                        let key = self.key(metric, &[from, to]);
                        recorder.register_counter(&key, &METADATA).increment(1);
                    }
                    Source::CircuitState => {
                        for (state, value) in [(from, 0.0), (to, 1.0)] {
                            let key = self.key(metric, &[state]);
                            recorder.register_gauge(&key, &METADATA).set(value);
                        }
                    }
                    _ => {}
                }
            }
        });
    }

    pub(crate) fn bulkhead_limit(&self, limit: usize) {
        let is_limit = |it: &&Metric| matches!(it.source, Source::Level(BulkheadMaxConcurrent));
        if let Some(metric) = METRICS.iter().find(is_limit) {
            with_recorder(|recorder| {
                let gauge = recorder.register_gauge(&self.key(metric, &[]), &METADATA);
                gauge.set(limit as f64);
            });
        }
    }

    /// Registers every counter with the value 0, so that its first increment is visible as one.
    pub(crate) fn register_counters(&self, recorder: &dyn Recorder) {
        let register = |key: &Key| recorder.register_counter(key, &METADATA).increment(0);
        self.counters.iter().flatten().for_each(register);
        for metric in &METRICS {
            if let Source::Transitions = metric.source {
                for (from, to) in USUAL_TRANSITIONS {
                    register(&self.key(metric, &[from.name(), to.name()]));
                }
            }
        }
    }
}

fn key(service: &[Label; 2], metric: &'static Metric, values: &[&'static str]) -> Key {
    let own = metric.labels.iter().zip(values);
    let own = own.map(|(label, value)| Label::from_static_parts(label.name, value));
    let labels: Vec<Label> = service.iter().cloned().chain(own).collect();
    Key::from_parts(KeyName::from_const_str(metric.name), labels)
}

fn series(service: &[Label; 2], counter: Counter) -> impl Iterator<Item = Key> {
    METRICS.iter().flat_map(move |metric| {
        let series = match metric.source {
            Source::Counters(series) => series,
            _ => &[],
        };
        let matching = series.iter().filter(move |(_, it)| it.contains(&counter));
        matching.map(move |(value, _)| key(service, metric, &[*value]))
    })
}

fn record<'a>(took: Duration, key: &Key, global: impl FnOnce(&dyn Recorder) -> &'a Histogram) {
    let seconds = took.as_secs_f64();
    with_recorder(|recorder| {
        if is_global(recorder) {
            global(recorder).record(seconds);
        } else {
            recorder.register_histogram(key, &METADATA).record(seconds);
        }
    });
}

impl fmt::Debug for MetricHandles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricHandles").finish_non_exhaustive()
    }
}
