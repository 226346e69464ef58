//! A function with ten targets beside the same function without.

use std::hint::black_box;
use std::io;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion};
use resilience_benches::drive::RUNTIME;
use resilience_runtime::{TargetPool, resilient};

static TEN: TargetPool<u64> = TargetPool::new();

#[resilient(
    service = "without_targets",
    rate_limit(requests_per_second = 1_000_000_000),
    circuit_breaker(failure_threshold = 5)
)]
async fn without(input: &u64) -> io::Result<u64> {
    Ok(*input + 1)
}

#[resilient(
    service = "ten_targets",
    rate_limit(requests_per_second = 1_000_000_000),
    circuit_breaker(failure_threshold = 5),
    targets = TEN
)]
async fn ten(#[target] to: &u64, input: &u64) -> io::Result<u64> {
    Ok(*input + *to)
}

#[resilient(
    service = "ordered_targets",
    rate_limit(requests_per_second = 1_000_000_000),
    circuit_breaker(failure_threshold = 5),
    targets = TEN,
    pick = "ordered"
)]
async fn ordered(#[target] to: &u64, input: &u64) -> io::Result<u64> {
    Ok(*input + *to)
}

pub(crate) fn several_targets(criterion: &mut Criterion) {
    let targets = (0..10_u64).map(|number| (format!("target-{number}"), number));
    TEN.set(targets).expect("their names differ");
    let mut group = criterion.benchmark_group("targets");
    macro_rules! measure {
        ($($function:ident),*) => {$(
            group.bench_function(BenchmarkId::new("ours", stringify!($function)), |bencher| {
                bencher.iter_custom(|calls| {
                    RUNTIME.block_on(async {
                        let started = Instant::now();
                        for _ in 0..calls {
                            let answer = $function(black_box(&1)).await;
                            black_box(answer).expect("it answers");
                        }
                        started.elapsed()
                    })
                });
            });
        )*};
    }
    measure!(without, ten, ordered);
    group.finish();
}
