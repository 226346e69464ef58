//! The conditions of injected faults: rates, scripts, order, guards and scope.

use std::time::Duration;

use resilience_runtime::chaos::Step::{Fail, Pass};
use resilience_runtime::chaos::{Chaos, Fault, Script};
use resilience_runtime::{Registry, ResilienceError, Verdict, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(service = "api", retry = off, circuit_breaker = off)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "other", retry = off, circuit_breaker = off)]
async fn ask_another(remote: &Remote) -> Answer {
    remote.answer()
}

const SECOND: Duration = Duration::from_secs(1);

fn down() -> Fault {
    Fault::error(Verdict::transient())
}

/// Which of so many calls fail.
async fn failures(registry: &Registry, calls: usize) -> Vec<usize> {
    let remote = Remote::healthy();
    let mut failed = Vec::new();
    for call in 1..=calls {
        if registry.scope(ask(&remote)).await.is_err() {
            failed.push(call);
        }
    }
    failed
}

#[tokio::test(start_paused = true)]
async fn fault_acts_n_times_every_kth_and_by_script() {
    let registry = Registry::new();
    let next = registry.inject("api", down().times(3));
    assert_eq!(failures(&registry, 10).await, [1, 2, 3]);
    drop(next);
    let every = registry.inject("api", down().every(4));
    assert_eq!(failures(&registry, 10).await, [4, 8]);
    drop(every);
    let script = Script::new([Fail, Fail, Pass, Fail]);
    let _scripted = registry.inject("api", down().script(script));
    assert_eq!(failures(&registry, 10).await, [1, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn rate_is_reproducible_by_seed() {
    let run = async |seed| {
        let registry = Registry::new();
        registry.chaos(Chaos::seed(seed));
        let _flaky = registry.inject("api", down().rate(0.3));
        failures(&registry, 200).await
    };
    let first = run(42).await;
    assert_eq!(first, run(42).await);
    assert!((40..80).contains(&first.len()), "{}", first.len());
    assert_ne!(first, run(43).await);
    // Written down, so that no new version changes it.
    assert_eq!(first[..8], [4, 5, 6, 9, 10, 20, 28, 34]);

    // Silence is seed 0, and a new seed begins anew.
    let registry = Registry::new();
    drop(registry.inject("api", down().rate(0.3)));
    registry.chaos(Chaos::seed(42));
    let flaky = registry.inject("api", down().rate(0.3));
    assert_eq!(failures(&registry, 200).await, first);
    drop(flaky);
    registry.chaos(Chaos::seed(0));
    let _flaky = registry.inject("api", down().rate(0.3));
    assert_eq!(failures(&registry, 200).await, run(0).await);
}

#[tokio::test(start_paused = true)]
async fn each_fault_has_its_own_random_sequence() {
    let registry = Registry::new();
    let first = registry.inject("api", down().rate(0.5));
    let of_first = failures(&registry, 50).await;
    drop(first);
    let second = registry.inject("api", down().rate(0.5));
    assert_ne!(failures(&registry, 50).await, of_first);
    drop(second);

    // What another service is asked, and what is injected there, changes nothing.
    let registry = Registry::new();
    let _there = registry.inject("other", down().rate(0.5));
    let _here = registry.inject("api", down().rate(0.5));
    let remote = Remote::healthy();
    let mut failed = Vec::new();
    for call in 1..=50 {
        let _ = registry.scope(ask_another(&remote)).await;
        if registry.scope(ask(&remote)).await.is_err() {
            failed.push(call);
        }
    }
    assert_eq!(failed, of_first);
}

#[tokio::test(start_paused = true)]
async fn random_latency_is_reproducible_by_seed() {
    let run = async |seed| {
        let registry = Registry::new();
        registry.chaos(Chaos::seed(seed));
        let slow = Fault::latency_between(SECOND, 5 * SECOND);
        let _slow = registry.inject("api", slow);
        let mut took = Vec::new();
        for _ in 0..20 {
            let began = Instant::now();
            registry.scope(ask(&Remote::healthy())).await.unwrap();
            took.push(began.elapsed());
        }
        took
    };
    let took = run(7).await;
    assert_eq!(took, run(7).await);
    assert_ne!(took, run(8).await);
    assert!(took.iter().all(|it| (SECOND..=5 * SECOND).contains(it)));
}

#[tokio::test(start_paused = true)]
async fn dropped_fault_ends_unless_it_is_kept_forever() {
    let registry = Registry::new();
    let outage = registry.inject("api", down());
    assert_eq!(failures(&registry, 2).await, [1, 2]);
    assert_eq!(outage.hits(), 2);
    assert!(format!("{outage:?}").contains("hits: 2"), "{outage:?}");
    drop(outage);
    assert!(failures(&registry, 2).await.is_empty());

    registry.inject("api", down().every(2)).forever();
    // One that goes leaves the others where they were.
    drop(registry.inject("api", down().times(0)));
    assert_eq!(failures(&registry, 4).await, [2, 4]);
}

#[tokio::test(start_paused = true)]
async fn faults_act_in_the_order_of_injection() {
    let verdict_of = |out: Answer| match out {
        Err(ApiError::Resilience(ResilienceError::Injected { verdict, .. })) => verdict,
        other => panic!("{other:?}"),
    };
    let remote = Remote::healthy();

    // Latencies add up, and come before the error that is behind them.
    let registry = Registry::new();
    let _slow = registry.inject("api", Fault::latency(SECOND));
    let _slower = registry.inject("api", Fault::latency(2 * SECOND));
    let _down = registry.inject("api", down());
    let began = Instant::now();
    let out = registry.scope(ask(&remote)).await;
    assert!(verdict_of(out).is_transient());
    assert_eq!(began.elapsed(), 3 * SECOND);

    // Behind an error is nothing: no latency, and no attempt that counts.
    let registry = Registry::new();
    let down = registry.inject("api", down().times(2));
    let denied = registry.inject("api", Fault::error(Verdict::denied()).times(1));
    let slow = registry.inject("api", Fault::latency(SECOND));
    let began = Instant::now();
    for _ in 0..2 {
        let out = registry.scope(ask(&remote)).await;
        assert!(verdict_of(out).is_transient());
    }
    assert_eq!((denied.hits(), slow.hits()), (0, 0));
    assert!(verdict_of(registry.scope(ask(&remote)).await).is_permanent());
    assert_eq!((began.elapsed(), slow.hits()), (Duration::ZERO, 0));
    registry.scope(ask(&remote)).await.unwrap();
    assert_eq!(began.elapsed(), SECOND);
    assert_eq!((down.hits(), denied.hits(), slow.hits()), (2, 1, 1));

    // A caller without a reply does not get the error either.
    let registry = Registry::new();
    let _lost = registry.inject("api", Fault::lost_reply());
    let _denied = registry.inject("api", Fault::error(Verdict::denied()));
    let asked = remote.asked();
    let out = registry.scope(ask(&remote)).await;
    assert!(verdict_of(out).is_outcome_unknown());
    assert_eq!(remote.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn fault_affects_only_its_service_and_registry() {
    let (one, two) = (Registry::new(), Registry::new());
    let outage = one.inject("api", down());
    let remote = Remote::healthy();
    assert!(one.scope(ask(&remote)).await.is_err());
    one.scope(ask_another(&remote)).await.unwrap();
    two.scope(ask(&remote)).await.unwrap();
    // Also where one is within the other, and after it.
    let nested = one.scope(async {
        two.scope(ask(&remote)).await.unwrap();
        ask(&remote).await
    });
    assert!(nested.await.is_err());
    assert_eq!(outage.hits(), 2);
    assert_eq!(
        Registry::global().get("api").map(|it| it.stats().calls),
        None
    );
}

#[tokio::test]
async fn attempts_of_many_threads_share_one_sequence() {
    let registry = Registry::new();
    registry.inject("api", down().times(100)).forever();
    let half = registry.inject("api", down().every(2));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let registry = registry.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                runtime.block_on(failures(&registry, 100)).len()
            })
        })
        .collect();
    let failed: usize = threads.into_iter().map(|it| it.join().unwrap()).sum();
    assert_eq!(failed, 100 + 150);
    assert_eq!(half.hits(), 150);
}
