//! 64 tasks that take turns on one thread, calling one service.

use criterion::Criterion;
use resilience_benches::measure::tasks;

pub(crate) fn loads(criterion: &mut Criterion) {
    tasks(criterion);
}
