//! The values of one service in one exporter, in a form that can be compared.

use std::collections::BTreeMap;

/// By names as Prometheus has them, with the labels beside service and kind in braces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// Those that only rise; zeros are left out, because not every exporter knows them before they rise.
    pub counts: BTreeMap<String, u64>,
    /// Those that rise and fall.
    pub levels: BTreeMap<String, f64>,
    /// Histograms.
    pub durations: BTreeMap<String, Durations>,
}

/// A histogram.
#[derive(Clone, Copy, Debug, Default)]
pub struct Durations {
    /// How many there were.
    pub count: u64,
    /// How long all of them took together.
    pub seconds: f64,
}

impl PartialEq for Durations {
    fn eq(&self, other: &Self) -> bool {
        // The registry keeps sums in units of 64 ns.
        let apart = (self.seconds - other.seconds).abs();
        self.count == other.count && apart <= self.count as f64 * 64e-9
    }
}

impl Numbers {
    pub(crate) fn count(&mut self, series: String, count: u64) {
        if count > 0 {
            let twice = self.counts.insert(series, count);
            assert_eq!(twice, None, "the same series twice");
        }
    }

    pub(crate) fn level(&mut self, series: String, value: f64) {
        let twice = self.levels.insert(series, value);
        assert_eq!(twice, None, "the same series twice");
    }
}

/// The series of a metric, if it is of that service; the labels in the order in which they come.
///
/// # Panics
/// If a label is missing.
pub(crate) fn series<'a>(
    service: &str,
    metric: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let mut labels = labels.into_iter();
    let (label, value) = labels.next().expect("a service");
    assert_eq!(label, "service", "{metric}");
    if value != service {
        return None;
    }
    let (label, _) = labels.next().expect("a kind");
    assert_eq!(label, "kind", "{metric}");
    let own: Vec<String> = labels
        .map(|(label, value)| format!("{label}={value}"))
        .collect();
    Some(match own[..] {
        [] => metric.to_owned(),
        _ => format!("{metric}{{{}}}", own.join(",")),
    })
}
