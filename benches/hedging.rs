//! What a hedge costs that does not start: a call that is pending once, with a timeout alone and with a hedge beside it.

use criterion::{BenchmarkId, Criterion};
use resilience_benches::body::{Answer, Does, Task, body};
use resilience_benches::drive::{RUNTIME, one_task};
use resilience_runtime::resilient;

#[resilient(
    service = "hedge_timeout",
    idempotent,
    retry = off,
    retry_budget = off,
    circuit_breaker = off,
    deadline = off,
    timeout = "30s"
)]
async fn timed(task: &Task) -> Answer {
    body(task).await
}

#[resilient(
    service = "hedge_fixed",
    idempotent,
    retry = off,
    retry_budget = off,
    circuit_breaker = off,
    deadline = off,
    timeout = "30s",
    hedge(delay = "1s")
)]
async fn fixed(task: &Task) -> Answer {
    body(task).await
}

#[resilient(
    service = "hedge_percentile",
    idempotent,
    retry = off,
    retry_budget = off,
    circuit_breaker = off,
    deadline = off,
    timeout = "30s",
    hedge(delay = "p95")
)]
async fn percentile(task: &Task) -> Answer {
    body(task).await
}

pub(crate) fn hedging(criterion: &mut Criterion) {
    let task = Task::new(Does::Yields);
    let mut group = criterion.benchmark_group("hedge");
    group.bench_function(BenchmarkId::new("pending", "timeout"), |bencher| {
        let mut call = async |task| timed(task).await;
        bencher.iter_custom(|calls| RUNTIME.block_on(one_task(&mut call, task, calls)));
    });
    group.bench_function(BenchmarkId::new("pending", "hedge"), |bencher| {
        let mut call = async |task| fixed(task).await;
        bencher.iter_custom(|calls| RUNTIME.block_on(one_task(&mut call, task, calls)));
    });
    // Calls are so short that the percentile is a microsecond, which no timer keeps: it is armed, and what is added is that the
    // latency is recorded.
    group.bench_function(BenchmarkId::new("pending", "hedge, p95"), |bencher| {
        let mut call = async |task| percentile(task).await;
        bencher.iter_custom(|calls| RUNTIME.block_on(one_task(&mut call, task, calls)));
    });
    group.finish();
}
