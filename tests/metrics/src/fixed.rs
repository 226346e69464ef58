//! A recorder that allocates only for new keys, so that every other allocation is ours.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// Counts, and knows how much was recorded in histograms.
#[derive(Debug, Default)]
pub struct Fixed {
    counters: Mutex<HashMap<Key, Arc<AtomicU64>>>,
    gauges: Mutex<HashMap<Key, Arc<AtomicU64>>>,
    histograms: Mutex<HashMap<Key, Arc<Recorded>>>,
    described: Mutex<HashMap<String, (Option<Unit>, String)>>,
}

#[derive(Debug, Default)]
struct Recorded(AtomicU64);

impl HistogramFn for Recorded {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Fixed {
    /// How often something was counted or recorded, whatever its labels.
    pub fn sum(&self, name: &str) -> u64 {
        let counters = locked(&self.counters);
        let histograms = locked(&self.histograms);
        let counted = counters.iter().filter(|(key, _)| key.name() == name);
        let recorded = histograms.iter().filter(|(key, _)| key.name() == name);
        counted
            .map(|(_, it)| it.load(Ordering::Relaxed))
            .sum::<u64>()
            + recorded
                .map(|(_, it)| it.0.load(Ordering::Relaxed))
                .sum::<u64>()
    }

    /// The names that were told, with unit and meaning, in alphabetic order.
    pub fn described(&self) -> Vec<(String, Option<Unit>, String)> {
        let described = locked(&self.described);
        let mut all: Vec<_> = described
            .iter()
            .map(|(name, (unit, help))| (name.clone(), *unit, help.clone()))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, help: &SharedString) {
        let told = (unit, help.to_string());
        let twice = locked(&self.described).insert(name.as_str().to_owned(), told);
        assert_eq!(twice, None, "{} is described twice", name.as_str());
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn known<T: Default>(known: &Mutex<HashMap<Key, Arc<T>>>, key: &Key) -> Arc<T> {
    let mut known = locked(known);
    if let Some(it) = known.get(key) {
        return Arc::clone(it);
    }
    Arc::clone(known.entry(key.to_retained()).or_default())
}

impl Recorder for Fixed {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(known(&self.counters, key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(known(&self.gauges, key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(known(&self.histograms, key))
    }
}
