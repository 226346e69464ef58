//! Calls that succeed at the third attempt. Nobody sleeps in between; who cannot be kept from it is left out.

use criterion::{Criterion, criterion_group, criterion_main};
use resilience_benches::case::Path;
use resilience_benches::measure::{config, paths};

fn retries(criterion: &mut Criterion) {
    paths(criterion, &[Path::ThirdAttempt]);
}

criterion_group! {
    name = benches;
    config = config();
    targets = retries
}
criterion_main!(benches);
