//! How well targets are chosen.

use std::time::Duration;

use resilience_runtime::{Registry, TargetPool, resilient};
use tokio::time::{Instant, sleep};

use crate::place::{Answer, Answers, Place, Throttles, asked, pool, stats};

#[resilient(service = "chat", idempotent, targets = pool)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

#[resilient(service = "sticky", idempotent, targets = pool, affinity = conversation)]
async fn sticky(#[target] to: &Place, pool: &TargetPool<Place>, conversation: u32) -> Answer {
    to.ask().await
}

/// So many calls, one every so many milliseconds.
async fn calls(
    registry: &Registry,
    places: &'static TargetPool<Place>,
    count: usize,
    every: u64,
) -> Vec<Duration> {
    let mut running = Vec::new();
    for _ in 0..count {
        let registry = registry.clone();
        running.push(tokio::spawn(async move {
            let began = Instant::now();
            registry.scope(ask(places)).await.unwrap();
            began.elapsed()
        }));
        sleep(Duration::from_millis(every)).await;
    }
    let mut took = Vec::new();
    for call in running {
        took.push(call.await.unwrap());
    }
    took.sort_unstable();
    took
}

#[tokio::test(start_paused = true)]
async fn target_that_slows_down_tenfold_is_left_within_ten_calls() {
    let registry = Registry::new();
    let places: &'static TargetPool<Place> =
        Box::leak(Box::new(pool([Answers(50), Answers(60), Answers(55)])));
    calls(&registry, places, 300, 10).await;
    places.targets()[1].value().does(Answers(600));
    let before = asked(places)[1];
    calls(&registry, places, 100, 10).await;
    let met = asked(places)[1] - before;
    assert!(met <= 10, "{met} calls went there");
    let before = asked(places)[1];
    let took = calls(&registry, places, 2_000, 10).await;
    let probes = asked(places)[1] - before;
    assert!(probes <= 30, "{probes} of 2,000 calls went there");
    assert!(took[took.len() * 98 / 100] <= Duration::from_millis(60));
    // It is noticed when it has recovered.
    places.targets()[1].value().does(Answers(50));
    calls(&registry, places, 4_000, 10).await;
    let before = asked(places);
    calls(&registry, places, 300, 10).await;
    let after = asked(places);
    assert!(after[1] - before[1] > 50, "{before:?} {after:?}");
}

#[tokio::test(start_paused = true)]
async fn target_that_throttles_without_saying_for_how_long_is_left() {
    let registry = Registry::new();
    let places: &'static TargetPool<Place> =
        Box::leak(Box::new(pool([Answers(50), Throttles(None), Answers(50)])));
    calls(&registry, places, 500, 10).await;
    assert!(asked(places)[1] <= 12, "{:?}", asked(places));
    assert_eq!(stats(&registry, "chat").failed, 0);
}

#[tokio::test(start_paused = true)]
async fn conversations_stay_at_their_target_while_it_is_there() {
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0), Answers(0)]);
    let mut homes = Vec::new();
    for conversation in 0..60 {
        let home = registry
            .scope(async { sticky(&places, conversation).await.unwrap() })
            .await;
        for _ in 0..3 {
            let again = registry
                .scope(async { sticky(&places, conversation).await.unwrap() })
                .await;
            assert_eq!(again, home);
        }
        homes.push(home);
    }
    for place in 0..3 {
        let count = homes.iter().filter(|home| **home == place).count();
        assert!((8..40).contains(&count), "{homes:?}");
    }
    registry
        .get("sticky/b")
        .unwrap()
        .circuit_breaker()
        .force_open();
    for conversation in 0..60 {
        let now = registry
            .scope(async { sticky(&places, conversation).await.unwrap() })
            .await;
        let home = homes[conversation as usize];
        assert!(
            now != 1 && (home == 1 || now == home),
            "only those of `b` move"
        );
    }
}
