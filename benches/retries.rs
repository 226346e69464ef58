//! Calls that succeed at the third attempt. Nobody sleeps in between; who cannot be kept from it is left out.

use criterion::Criterion;
use resilience_benches::case::Path;
use resilience_benches::measure::paths;

pub(crate) fn retries(criterion: &mut Criterion) {
    paths(criterion, &[Path::ThirdAttempt]);
}
