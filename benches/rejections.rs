//! Calls that are turned away: by an open circuit, by a limit; and answered by a fallback then.

use criterion::{Criterion, criterion_group, criterion_main};
use resilience_benches::case::Path;
use resilience_benches::measure::{config, paths};

fn rejections(criterion: &mut Criterion) {
    paths(criterion, &[Path::Open, Path::Limited, Path::Fallback]);
}

criterion_group! {
    name = benches;
    config = config();
    targets = rejections
}
criterion_main!(benches);
