//! Reads all exporters of one registry, and asserts that they agree.

use std::collections::BTreeMap;

use metrics::{LocalRecorderGuard, set_default_local_recorder};
use metrics_util::debugging::DebuggingRecorder;
use resilience_runtime::{Registry, Settings};

use crate::facade::Told;
use crate::meter::Meter;
use crate::numbers::{Durations, Numbers};
use crate::{stats, text};

/// A registry and everything that it can be read by, on the current thread.
#[derive(Debug)]
pub struct Exporters {
    /// New for each test.
    pub registry: Registry,
    /// What observes it.
    pub meter: Meter,
    told: Told,
    service: &'static str,
    before: Numbers,
    _recorder: Recording,
}

struct Recording(#[expect(dead_code, reason = "it is held")] LocalRecorderGuard<'static>);

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recording")
    }
}

impl Exporters {
    /// For what happens to one service of a registry that is new.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn of(service: &'static str) -> Self {
        // The guard borrows it, and both live as long as the test.
        let recorder: &'static DebuggingRecorder = Box::leak(Box::default());
        let registry = Registry::new();
        registry
            .configure(Settings::without_env())
            .expect("it says nothing");
        Self {
            meter: Meter::of(&registry),
            told: Told::to(recorder.snapshotter()),
            before: Numbers::default(),
            service,
            _recorder: Recording(set_default_local_recorder(recorder)),
            registry,
        }
    }

    /// What every exporter says.
    ///
    /// # Panics
    /// If they do not say the same.
    pub fn read(&mut self) -> Numbers {
        resilience_runtime::metrics::publish(&self.registry);
        let text = text::read(&self.registry, self.service);
        let told = self.told.read(self.service);
        let metered = self.meter.read(self.service);
        assert_eq!(text, told, "Prometheus' text and the facade");
        assert_eq!(text, metered, "Prometheus' text and the meter");
        if let Some(service) = self.registry.get(self.service) {
            for (name, expected) in stats::sums(&service) {
                assert_eq!(
                    stats::sum(&text, name),
                    expected,
                    "{name} and the statistics"
                );
            }
            let latency = service.stats().latency;
            let counts = latency.map_or((0, 0), |it| (it.calls.count, it.attempts.count));
            let durations = |name| {
                text.durations
                    .get(name)
                    .map_or(0, |it: &Durations| it.count)
            };
            let told = (
                durations("resilience_call_duration_seconds"),
                durations("resilience_attempt_duration_seconds"),
            );
            assert_eq!(told, counts, "durations and the statistics");
        }
        text
    }

    /// What has happened since the last time, in every exporter alike, is this, and nothing else: how often each
    /// series rose, where the count of a histogram is a series as well.
    ///
    /// # Panics
    /// If anything else has, or something has not.
    #[track_caller]
    pub fn happened(&mut self, expected: &[(&str, u64)]) {
        let now = self.read();
        let before = std::mem::replace(&mut self.before, now.clone());
        let all = |numbers: &Numbers| -> BTreeMap<String, u64> {
            let durations = numbers.durations.iter();
            let durations = durations.map(|(name, it)| (format!("{name}_count"), it.count));
            numbers
                .counts
                .clone()
                .into_iter()
                .chain(durations)
                .collect()
        };
        let before = all(&before);
        let mut rose = all(&now);
        rose.retain(|series, count| {
            *count -= before.get(series).copied().unwrap_or(0);
            *count > 0
        });
        let expected: BTreeMap<String, u64> = expected
            .iter()
            .map(|(series, count)| (format!("resilience_{series}"), *count))
            .collect();
        assert_eq!(rose, expected);
    }

    /// The level of something, in every exporter alike.
    ///
    /// # Panics
    /// If exporters differ.
    #[track_caller]
    pub fn level(&mut self, series: &str) -> Option<f64> {
        let now = self.read();
        now.levels.get(&format!("resilience_{series}")).copied()
    }
}
