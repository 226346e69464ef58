//! Calls that are turned away: by an open circuit, by a limit; and answered by a fallback then.

use criterion::Criterion;
use resilience_benches::case::Path;
use resilience_benches::measure::paths;

pub(crate) fn rejections(criterion: &mut Criterion) {
    paths(criterion, &[Path::Open, Path::Limited, Path::Fallback]);
    paths(criterion, &[Path::LayerOpen]);
}
