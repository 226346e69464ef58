//! Targets that change while calls run, and calls that end in every way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use resilience_runtime::chaos::Fault;
use resilience_runtime::config::{CircuitBreakerSettings, PatternMode};
use resilience_runtime::verdict::{Reason, Verdict};
use resilience_runtime::{Registry, ServiceSettings, Settings, TargetPool, resilient};
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Hangs, Place, Refuses, asked, pool, stats};

#[resilient(
    service = "chat",
    idempotent,
    retry(max_attempts = 4, base_delay = "1ms"),
    retry_budget = off,
    timeout = "1s",
    targets = pool
)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

fn in_flight(registry: &Registry) -> u32 {
    let services = registry.services();
    let targets = services.iter().filter_map(|it| it.stats().target);
    targets.map(|target| target.in_flight).sum()
}

#[test]
fn targets_are_set_from_many_threads_while_calls_run() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let registry = Registry::new();
    let shared: Vec<Arc<Place>> = (0..6)
        .map(|number| {
            Arc::new(Place::new(
                number,
                if number == 5 { Refuses } else { Answers(0) },
            ))
        })
        .collect();
    let named = |from: usize| -> Vec<(String, Arc<Place>)> {
        (0..4)
            .map(|at| (from + at) % 6)
            .map(|at| (format!("t{at}"), Arc::clone(&shared[at])))
            .collect()
    };
    let set = |places: &TargetPool<Place>, from| {
        let targets = named(from).into_iter();
        let targets =
            targets.map(|(name, place)| resilience_runtime::targets::Target::new(name, place));
        places.set(targets).unwrap();
    };
    let places: &'static TargetPool<Place> = Box::leak(Box::new(TargetPool::new()));
    set(places, 0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (is_over, set) = (&is_over, &set);
            scope.spawn(move || {
                for round in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    set(places, thread + round);
                    std::thread::yield_now();
                }
            });
        }
        runtime.block_on(async {
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let registry = registry.clone();
                    tokio::spawn(async move {
                        for _ in 0..500 {
                            registry.scope(ask(places)).await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        is_over.store(true, Ordering::Relaxed);
    });
    let chat = stats(&registry, "chat");
    assert_eq!((chat.calls, chat.successes, chat.failed), (2_000, 2_000, 0));
    assert_eq!(chat.attempts, 2_000 + chat.retries);
    assert_eq!(asked_of(&shared), chat.attempts as usize);
    assert_eq!(in_flight(&registry), 0);
    assert!(registry.services().len() <= 5, "what is gone has left");
}

fn asked_of(places: &[Arc<Place>]) -> usize {
    places.iter().map(|place| place.asked()).sum()
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_sets_leave_no_service_behind() {
    let registry = Registry::new();
    let places = TargetPool::new();
    for round in 0..10_000_u32 {
        places
            .set([(format!("t{round}"), Place::new(round, Answers(0)))])
            .unwrap();
        if round % 10 == 0 {
            let answer = registry.scope(ask(&places)).await;
            assert_eq!(answer.unwrap(), round);
        }
    }
    registry.scope(async { ask(&places).await.unwrap() }).await;
    assert_eq!(registry.services().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn drops_and_panics_leave_their_target() {
    #[resilient(service = "panics", targets = pool)]
    async fn panics(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await?;
        panic!("on purpose")
    }
    let registry = Registry::new();
    let places: &'static TargetPool<Place> = Box::leak(Box::new(pool([Answers(5), Answers(5)])));
    for _ in 0..10 {
        let registry = registry.clone();
        let call = tokio::spawn(async move { registry.scope(panics(places)).await });
        assert!(call.await.unwrap_err().is_panic());
    }
    for after in 0..10 {
        tokio::select! {
            _ = registry.scope(ask(places)) => {}
            () = sleep(Duration::from_millis(after)) => {}
        }
    }
    assert_eq!(in_flight(&registry), 0);
}

#[tokio::test(start_paused = true)]
async fn hedges_whose_targets_vanish_end_as_they_began() {
    #[resilient(service = "hedged", idempotent, targets = pool, pick = "ordered", hedge(delay = "10ms", max_hedges = 2))]
    async fn hedged(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places: &'static TargetPool<Place> =
        Box::leak(Box::new(pool([Hangs, Answers(30), Answers(50)])));
    let call = tokio::spawn(registry.scope(hedged(places)));
    sleep(Duration::from_millis(15)).await;
    places.set([("x", Place::new(7, Answers(0)))]).unwrap();
    registry
        .scope(async { assert_eq!(hedged(places).await.unwrap(), 7) })
        .await;
    assert!(registry.get("hedged/a").is_none());
    assert_eq!(call.await.unwrap().unwrap(), 1);
    let all = stats(&registry, "hedged");
    assert_eq!((all.hedges, all.hedge_cancelled, all.successes), (2, 2, 2));
    assert_eq!(in_flight(&registry), 0);
}

#[tokio::test(start_paused = true)]
async fn faults_are_injected_at_one_target() {
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    let _fault = registry.inject("chat/a", Fault::error(Verdict::transient()));
    for _ in 0..20 {
        registry
            .scope(async { assert_eq!(ask(&places).await.unwrap(), 1) })
            .await;
    }
    assert!(stats(&registry, "chat/a").failures.transient > 0);
    assert_eq!(stats(&registry, "chat/b").failures.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn used_up_quota_of_one_account_is_not_that_of_the_next() {
    fn classify(_: &ApiError) -> Verdict {
        Verdict::permanent().because(Reason::QuotaExhausted)
    }
    #[resilient(
        service = "quota",
        retry(max_attempts = 3, base_delay = "10s", jitter = "none"),
        classify = classify,
        targets = pool,
        pick = "ordered"
    )]
    async fn complete(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Answers(0)]);
    let began = Instant::now();
    registry
        .scope(async { assert_eq!(complete(&places).await.unwrap(), 1) })
        .await;
    let alone = pool([Refuses]);
    registry
        .scope(async { complete(&alone).await.unwrap_err() })
        .await;
    assert_eq!(asked(&alone), [1], "there is no other account");
    let all = pool([Refuses, Refuses]);
    registry
        .scope(async { complete(&all).await.unwrap_err() })
        .await;
    assert_eq!(asked(&all), [1, 1]);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn shadow_breaker_does_not_keep_a_target_from_calls() {
    let registry = Registry::new();
    let breaker = CircuitBreakerSettings::new()
        .failure_threshold(1)
        .mode(PatternMode::Shadow);
    let settings = ServiceSettings::new().circuit_breaker(breaker);
    registry
        .configure(Settings::new().service("chat", settings))
        .unwrap();
    #[resilient(service = "chat", retry = off, targets = pool, pick = "ordered")]
    async fn once(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let places = pool([Refuses, Answers(0)]);
    for _ in 0..5 {
        registry
            .scope(async { once(&places).await.unwrap_err() })
            .await;
    }
    assert_eq!(asked(&places), [5, 0]);
    assert!(stats(&registry, "chat").shadow_rejected.circuit_breaker > 0);
}

#[tokio::test(start_paused = true)]
async fn limits_per_key_and_costs_hold_at_each_target() {
    #[resilient(
        service = "keyed",
        retry = off,
        rate_limit(tokens_per_hour = 10, per_key(key = user, requests_per_hour = 2), cost = 4),
        targets = pool,
        pick = "ordered"
    )]
    async fn keyed(#[target] to: &Place, pool: &TargetPool<Place>, user: u32) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    let mut answers = Vec::new();
    for user in [1, 1, 1, 2, 2] {
        answers.push(registry.scope(keyed(&places, user)).await.ok());
    }
    // Each target has 10 tokens, of which a call takes 4.
    assert_eq!(answers, [Some(0), Some(0), Some(1), Some(1), None]);
}

#[tokio::test(start_paused = true)]
async fn nested_call_of_the_same_pool_has_a_target_and_permits_of_its_own() {
    #[resilient(service = "nested", idempotent, bulkhead(max_concurrent = 1), targets = pool, pick = "ordered")]
    async fn nested(#[target] to: &Place, pool: &TargetPool<Place>, depth: u32) -> Answer {
        let own = to.ask().await?;
        match depth {
            0 => Ok(own),
            _ => Ok(own * 10 + Box::pin(nested(pool, depth - 1)).await?),
        }
    }
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    let answer = registry.scope(nested(&places, 1)).await;
    assert_eq!(
        answer.unwrap(),
        0,
        "the inner call borrows the place of the outer one"
    );
    assert_eq!(in_flight(&registry), 0);
    assert_eq!(stats(&registry, "nested").calls, 2);
}

#[tokio::test(start_paused = true)]
async fn registries_come_and_go_beside_a_static_pool() {
    let places = pool([Refuses, Answers(0)]);
    for _ in 0..50 {
        let registry = Registry::new();
        registry.scope(async { ask(&places).await.unwrap() }).await;
        assert_eq!(registry.services().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn two_functions_of_one_service_have_pools_of_their_own() {
    #[resilient(service = "both", targets = pool)]
    async fn one(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    #[resilient(service = "both", targets = pool)]
    async fn other(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let (first, second) = (
        pool([Answers(0), Answers(0)]),
        pool([Answers(0), Answers(0), Answers(0)]),
    );
    for _ in 0..5 {
        registry.scope(async { one(&first).await.unwrap() }).await;
        registry
            .scope(async { other(&second).await.unwrap() })
            .await;
    }
    assert_eq!(
        registry.services().len(),
        4,
        "they share those of the same name"
    );
    second.set([("z", Place::new(1, Answers(0)))]).unwrap();
    registry
        .scope(async { other(&second).await.unwrap() })
        .await;
    let names: Vec<_> = registry
        .services()
        .iter()
        .map(|it| it.name().to_string())
        .collect();
    assert_eq!(names, ["both", "both/a", "both/b", "both/z"]);
    assert_eq!(stats(&registry, "both").calls, 11);
}

#[tokio::test(start_paused = true)]
async fn callers_that_share_a_load_share_its_target() {
    #[resilient(service = "loads", idempotent, targets = pool, cache(key = word, ttl = "1m"))]
    async fn load(#[target] to: &Place, pool: &TargetPool<Place>, word: u32) -> Answer {
        Ok(to.ask().await? + word)
    }
    let registry = Registry::new();
    let places: &'static TargetPool<Place> = Box::leak(Box::new(pool([Answers(50), Answers(50)])));
    let calls: Vec<_> = (0..10)
        .map(|_| tokio::spawn(registry.scope(load(places, 5))))
        .collect();
    // The leader goes, and another caller loads.
    sleep(Duration::from_millis(10)).await;
    calls[0].abort();
    for call in calls.into_iter().skip(1) {
        call.await.unwrap().unwrap();
    }
    assert_eq!(asked(places).iter().sum::<usize>(), 2);
    assert_eq!(in_flight(&registry), 0);
}

#[tokio::test(start_paused = true)]
async fn deadline_ends_a_wait_at_a_target() {
    #[resilient(
        service = "waits",
        deadline = "5s",
        rate_limit(requests_per_minute = 6, burst = 1, max_wait = "1m"),
        targets = pool
    )]
    async fn once(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(0)]);
    registry.scope(async { once(&places).await.unwrap() }).await;
    let began = Instant::now();
    registry
        .scope(async { once(&places).await.unwrap_err() })
        .await;
    assert_eq!(
        began.elapsed(),
        Duration::ZERO,
        "it is known that it would be in vain"
    );
    // Configured live, while a call waits.
    let longer = ServiceSettings::new().deadline(Duration::from_secs(30));
    registry
        .configure(Settings::new().service("waits", longer))
        .unwrap();
    registry.scope(async { once(&places).await.unwrap() }).await;
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    assert_eq!(in_flight(&registry), 0);
}
