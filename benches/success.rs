//! Calls that succeed at the first attempt: at the body's first poll, and at its second.

use criterion::{Criterion, criterion_group, criterion_main};
use resilience_benches::case::Path;
use resilience_benches::measure::{config, paths};

fn success(criterion: &mut Criterion) {
    paths(criterion, &[Path::Success, Path::Pending]);
}

criterion_group! {
    name = benches;
    config = config();
    targets = success
}
criterion_main!(benches);
