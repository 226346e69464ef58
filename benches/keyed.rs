//! A check of a keyed limiter, with 1, 10^4 and 10^6 keys; and one where every key is new and an old one must go.

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion};
use resilience_benches::keyed::{
    Keyed, any_key, beside_the_service, four_limits, governor, key, ours, two_limits,
};

const KEYS: [u64; 3] = [1, 10_000, 1_000_000];

pub(crate) fn keyed(criterion: &mut Criterion) {
    for keys in KEYS {
        checks(criterion, "ours", keys, &ours(keys));
        checks(criterion, "ours, two limits", keys, &two_limits(keys));
        checks(criterion, "ours, four limits", keys, &four_limits(keys));
        let both = beside_the_service(keys);
        checks(criterion, "ours, beside the service", keys, &both);
        checks(criterion, "governor", keys, &governor());
    }
    evictions(criterion);
}

fn checks(criterion: &mut Criterion, contestant: &str, keys: u64, limiter: &impl Keyed) {
    for index in 0..keys {
        assert!(
            limiter.admits(key(index)),
            "{contestant}: nothing is rejected"
        );
    }
    let mut group = criterion.benchmark_group("keyed");
    let mut step = 0;
    group.bench_function(BenchmarkId::new(contestant, keys), |bencher| {
        bencher.iter_custom(|checks| {
            let started = Instant::now();
            for _ in 0..checks {
                step += 1;
                black_box(limiter.admits(any_key(step, keys)));
            }
            started.elapsed()
        });
    });
    assert!(
        limiter.admits(any_key(step, keys)),
        "{contestant}: nothing is rejected"
    );
    group.finish();
}

/// Governor keeps keys until it is told to look for those at rest, so there is nobody to compare with.
fn evictions(criterion: &mut Criterion) {
    let limiter = ours(10_000);
    let mut index = 0;
    let mut group = criterion.benchmark_group("keyed");
    group.bench_function(BenchmarkId::new("ours", "evicting"), |bencher| {
        bencher.iter_custom(|checks| {
            let started = Instant::now();
            for _ in 0..checks {
                index += 1;
                black_box(limiter.admits(key(index)));
            }
            started.elapsed()
        });
    });
    group.finish();
}
