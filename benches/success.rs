//! Calls that succeed at the first attempt: at the body's first poll, and at its second; and those of clients.

use criterion::Criterion;
use resilience_benches::case::Path;
use resilience_benches::measure::paths;

pub(crate) fn success(criterion: &mut Criterion) {
    paths(criterion, &[Path::Success, Path::Pending]);
    paths(criterion, &[Path::Layer, Path::Request]);
}
