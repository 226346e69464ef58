//! Reads the values in the text for Prometheus.

use resilience_runtime::{Registry, prometheus};

use crate::numbers::{Numbers, series};

pub(crate) fn read(registry: &Registry, service: &str) -> Numbers {
    let mut numbers = Numbers::default();
    let text = prometheus::text(registry);
    let mut kind = "";
    for line in text.lines() {
        if let Some(of_type) = line.strip_prefix("# TYPE ") {
            kind = of_type.rsplit(' ').next().expect("a type");
        }
        if line.starts_with('#') {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').expect("a value");
        let (metric, labels) = name.split_once('{').expect("labels");
        let labels = labels.trim_end_matches('}').split(',').map(|label| {
            let (label, value) = label.split_once('=').expect("a label");
            (label, value.trim_matches('"'))
        });
        let Some(series) = series(service, metric, labels) else {
            continue;
        };
        let value: f64 = value.parse().expect("a number");
        match (kind, metric) {
            ("counter", _) => numbers.count(series, value as u64),
            ("gauge", _) => numbers.level(series, value),
            (_, metric) => {
                if let Some(metric) = metric.strip_suffix("_count") {
                    numbers.durations.entry(metric.into()).or_default().count = value as u64;
                } else if let Some(metric) = metric.strip_suffix("_sum") {
                    numbers.durations.entry(metric.into()).or_default().seconds = value;
                }
            }
        }
    }
    numbers.durations.retain(|_, durations| durations.count > 0);
    numbers
}
