//! The store in memory.

use std::time::Duration;

use super::*;
use crate::config::RateLimitStrategy::TokenBucket;
use crate::fleet::{FleetStore as _, Grant, GrantRequest, LimitId, StoreError};
use crate::fleet::{SharedLimit, conformance};

fn request(id: u128) -> GrantRequest {
    let limit = SharedLimit::new(10, Duration::from_secs(1), 10, TokenBucket);
    GrantRequest {
        id: LimitId::from_bits(id),
        limits: [limit].into(),
        holder: 1,
        demand: 1,
        least: vec![10],
        wanted: vec![10],
        life: Duration::ZERO,
        ahead: Duration::ZERO,
        settlement: None,
        cooldown: Duration::ZERO,
    }
}

#[tokio::test(start_paused = true)]
async fn passes_the_conformance_suite() {
    let store = MemoryStore::new();
    conformance::check(|| store.clone()).await;
}

#[tokio::test(start_paused = true)]
async fn clones_share_and_the_paused_clock_drives() {
    let store = MemoryStore::new();
    let granted = |grant: Grant| grant.granted[0];
    assert_eq!(
        granted(store.grant(request(1)).await.expect("an answer")),
        10
    );
    assert_eq!(
        granted(store.clone().grant(request(1)).await.expect("an answer")),
        0
    );
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(
        granted(store.grant(request(1)).await.expect("an answer")),
        10
    );
    let other = MemoryStore::new();
    assert_eq!(
        granted(other.grant(request(1)).await.expect("an answer")),
        10
    );
}

#[tokio::test(start_paused = true)]
async fn limits_at_rest_are_dropped() {
    let store = MemoryStore::new();
    for round in 0..20 {
        for id in 0..1_000 {
            store
                .grant(request(round * 1_000 + id))
                .await
                .expect("an answer");
        }
        tokio::time::advance(Duration::from_secs(121)).await;
    }
    assert!(store.len() < 3_500, "{}", store.len());
}

#[tokio::test(start_paused = true)]
async fn faults_do_what_they_say() {
    let store = MemoryStore::new();
    store.fail_next(1);
    let failed = store.grant(request(1)).await;
    assert!(matches!(failed, Err(StoreError::Unreachable(_))));
    store.refuse_next(u64::MAX);
    for _ in 0..3 {
        let failed = store.grant(request(1)).await;
        assert!(matches!(failed, Err(StoreError::Mistake(_))));
    }
    store.refuse_next(0);
    store.lose_answers(1);
    let failed = store.grant(request(1)).await;
    assert!(matches!(failed, Err(StoreError::Unreachable(_))));
    store.delay_answers(Duration::from_secs(3));
    let begin = tokio::time::Instant::now();
    let late = store.grant(request(1)).await.expect("an answer");
    assert_eq!(begin.elapsed(), Duration::from_secs(3));
    assert_eq!(late.granted, [0], "what the lost answer granted is charged");
    assert_eq!(store.requests(), 6);
}

#[tokio::test(start_paused = true)]
async fn forgotten_limits_begin_empty_in_a_new_epoch() {
    let store = MemoryStore::new();
    let before = store.grant(request(1)).await.expect("an answer");
    store.forget();
    assert!(store.is_empty());
    let after = store.grant(request(1)).await.expect("an answer");
    assert_eq!(
        (after.granted[0], after.retry_after),
        (0, Some(Duration::from_secs(1)))
    );
    assert_ne!(after.epoch, before.epoch);
    tokio::time::advance(Duration::from_secs(1)).await;
    // One that comes later begins full: all that was granted before the loss is long back.
    for id in [1, 2] {
        assert_eq!(
            store.grant(request(id)).await.expect("an answer").granted,
            [10]
        );
    }
}
