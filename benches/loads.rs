//! 64 tasks that take turns on one thread, calling one service.

use criterion::{criterion_group, criterion_main};
use resilience_benches::measure::{config, tasks};

criterion_group! {
    name = benches;
    config = config();
    targets = tasks
}
criterion_main!(benches);
