//! What guarding a call costs, beside the same guards put together by hand from well-known crates, in
//! one run. Every call polls a future that is ready at once, so the figures are overhead alone; subtract
//! `bare`. Read them as ratios: absolute figures drift with the machine.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use failsafe::{Config, StateMachine, backoff, failure_policy};
use governor::{Quota, RateLimiter};
use resilience_runtime::{BoxError, Registry, resilient};
use tokio::runtime::Runtime;

type Answer = Result<u64, BoxError>;

async fn bare(input: &u64) -> Answer {
    Ok(black_box(*input))
}

/// One annotated function, everything off but what is named.
macro_rules! annotated {
    ($name:ident, $service:literal, { $($argument:tt)* }) => {
        #[resilient(service = $service, $($argument)*)]
        async fn $name(input: &u64) -> Answer {
            Ok(black_box(*input))
        }
    };
}

annotated!(nothing_on, "nothing", {
    retry = off, circuit = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off
});
annotated!(retry_alone, "retry", {
    retry(max_attempts = 3), circuit = off, rate_limit = off, timeout = off, deadline = off
});
annotated!(breaker_alone, "breaker", {
    retry = off, retry_budget = off, rate_limit = off, timeout = off, deadline = off
});
annotated!(breaker_by_rate, "breaker_rate", {
    circuit(failure_rate = 0.5, window = 100), retry = off, retry_budget = off, rate_limit = off, timeout = off, deadline = off
});
annotated!(limiter_alone, "limiter", {
    rate_limit(requests_per_second = 1_000_000_000), retry = off, retry_budget = off, circuit = off, timeout = off, deadline = off
});
annotated!(bulkhead_alone, "bulkhead", {
    bulkhead(max_concurrent = 32), retry = off, retry_budget = off, circuit = off, rate_limit = off, timeout = off, deadline = off
});
annotated!(timeout_alone, "timeout", {
    timeout = "30s", retry = off, retry_budget = off, circuit = off, rate_limit = off, deadline = off
});
annotated!(full_stack, "full", {
    rate_limit(requests_per_second = 1_000_000_000), retry(max_attempts = 3), timeout = "30s"
});
annotated!(full_stack_with_bulkhead, "full_bulkhead", {
    rate_limit(requests_per_second = 1_000_000_000), bulkhead(max_concurrent = 32), retry(max_attempts = 3), timeout = "30s"
});
annotated!(open_circuit, "open", { retry(max_attempts = 3) });
annotated!(no_tokens, "empty", { rate_limit(requests_per_hour = 1) });

/// The same by hand: governor, failsafe, backon, tokio's timeout.
struct ByHand<B> {
    limiter: governor::DefaultDirectRateLimiter,
    breaker: B,
}

fn by_hand() -> ByHand<impl failsafe::futures::CircuitBreaker + Clone> {
    let plenty = NonZeroU32::new(1_000_000_000).expect("not zero");
    let pause = backoff::constant(Duration::from_secs(30));
    let breaker: StateMachine<_, ()> = Config::new()
        .failure_policy(failure_policy::consecutive_failures(5, pause))
        .build();
    ByHand {
        limiter: RateLimiter::direct(Quota::per_second(plenty)),
        breaker,
    }
}

async fn guarded_by_hand<B>(guards: &ByHand<B>, input: &u64, timed: bool) -> Answer
where
    B: failsafe::futures::CircuitBreaker + Clone,
{
    let attempt = || async {
        guards
            .limiter
            .check()
            .map_err(|_| BoxError::from("rate limited"))?;
        let body = guards.breaker.call(bare(input));
        let out = if timed {
            tokio::time::timeout(Duration::from_secs(30), body)
                .await
                .map_err(BoxError::from)?
        } else {
            body.await
        };
        out.map_err(|error| match error {
            failsafe::Error::Inner(error) => error,
            failsafe::Error::Rejected => BoxError::from("circuit open"),
        })
    };
    attempt
        .retry(ExponentialBuilder::default().with_max_times(2))
        .await
}

fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    name: &str,
    mut call: impl AsyncFnMut(&u64),
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            runtime.block_on(async {
                let started = std::time::Instant::now();
                for input in 0..iterations {
                    call(&input).await;
                }
                started.elapsed()
            })
        });
    });
}

fn overhead(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut group = criterion.benchmark_group("overhead");

    macro_rules! measure {
        ($($name:ident),*) => {$(
            bench(&mut group, &runtime, stringify!($name), async |input| {
                let _ = black_box($name(input).await);
            });
        )*};
    }
    measure!(
        bare,
        nothing_on,
        retry_alone,
        breaker_alone,
        breaker_by_rate
    );
    measure!(limiter_alone, bulkhead_alone, timeout_alone);
    measure!(full_stack, full_stack_with_bulkhead);

    let guards = by_hand();
    bench(&mut group, &runtime, "by_hand", async |input| {
        let _ = black_box(guarded_by_hand(&guards, input, false).await);
    });
    bench(
        &mut group,
        &runtime,
        "by_hand_with_timeout",
        async |input| {
            let _ = black_box(guarded_by_hand(&guards, input, true).await);
        },
    );

    runtime.block_on(async {
        let _ = open_circuit(&0).await;
        let _ = no_tokens(&0).await;
    });
    for service in Registry::global().services() {
        if *service.name() == "open" {
            service.circuit_breaker().force_open();
        }
    }
    measure!(open_circuit, no_tokens);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .sample_size(30);
    targets = overhead
}
criterion_main!(benches);
