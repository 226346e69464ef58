//! Reads the values in a recorder of the `metrics` facade.

use std::collections::HashMap;

use metrics_util::CompositeKey;
use metrics_util::debugging::{DebugValue, Snapshotter};

use crate::numbers::{Numbers, series};

/// What was told so far: a snapshot takes away what it shows.
#[derive(Debug)]
pub(crate) struct Told {
    snapshotter: Snapshotter,
    told: HashMap<CompositeKey, (u64, f64, Vec<f64>)>,
}

impl Told {
    pub(crate) fn to(snapshotter: Snapshotter) -> Self {
        Self {
            snapshotter,
            told: HashMap::new(),
        }
    }

    pub(crate) fn read(&mut self, service: &str) -> Numbers {
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let (count, level, durations) = self.told.entry(key).or_default();
            match value {
                DebugValue::Counter(more) => *count += more,
                DebugValue::Gauge(now) => *level = *now,
                DebugValue::Histogram(more) => durations.extend(more.iter().map(|it| **it)),
            }
        }
        let mut numbers = Numbers::default();
        for (key, (count, level, durations)) in &self.told {
            let key = key.key();
            let labels = key.labels().map(|label| (label.key(), label.value()));
            let Some(series) = series(service, key.name(), labels) else {
                continue;
            };
            if key.name().ends_with("_total") {
                numbers.count(series, *count);
            } else if key.name().ends_with("_seconds") {
                let all = numbers.durations.entry(series).or_default();
                all.count = durations.len() as u64;
                all.seconds = durations.iter().sum();
            } else {
                numbers.level(series, *level);
            }
        }
        numbers
    }
}
