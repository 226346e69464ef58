//! A future that waits for a place in a bulkhead and is not polled does not hold up the others.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;

use resilience_runtime::{Bulkhead, BulkheadConfig};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};

use crate::kept::{bound, keep, ms, poll};

const OTHERS: u32 = 200;

/// One place, which is taken.
fn full() -> (
    Arc<Bulkhead>,
    resilience_runtime::bulkhead::OwnedBulkheadPermit,
) {
    let config = BulkheadConfig::default()
        .max_concurrent(1)
        .max_wait(ms(60_000));
    let bulkhead = Arc::new(Bulkhead::new("places", config).expect("valid"));
    let permit = bulkhead.try_acquire_owned().expect("a place");
    (bulkhead, permit)
}

fn acquire(bulkhead: &Arc<Bulkhead>) -> impl Future<Output = bool> + Send + use<> {
    let bulkhead = Arc::clone(bulkhead);
    async move { bulkhead.acquire().await.is_ok() }
}

#[tokio::test(start_paused = true)]
async fn unpolled_waiters_cost_others_5_ms_for_each_doubling() {
    for unpolled in [1, 2, 3, 6, 7, 8, 64, 200, 1_000] {
        let (bulkhead, permit) = full();
        let kept: Vec<_> = (0..unpolled).map(|_| keep(acquire(&bulkhead))).collect();
        let mut others = JoinSet::new();
        for _ in 0..OTHERS {
            others.spawn(acquire(&bulkhead));
        }
        sleep(ms(100)).await;
        let start = Instant::now();
        drop(permit);
        assert!(others.join_all().await.into_iter().all(|passed| passed));
        let cost = start.elapsed();
        assert!(cost <= bound(unpolled), "{unpolled} unpolled cost {cost:?}");
        drop(kept);
        drop(bulkhead.try_acquire().expect("nobody is left"));
        assert_eq!(bulkhead.in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn unpolled_waiters_between_others_cost_them_no_more() {
    let (bulkhead, permit) = full();
    let (mut kept, mut others) = (Vec::new(), JoinSet::new());
    for _ in 0..8 {
        kept.push(keep(acquire(&bulkhead)));
        others.spawn(acquire(&bulkhead));
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    drop(permit);
    assert!(others.join_all().await.into_iter().all(|passed| passed));
    assert!(start.elapsed() <= bound(8), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn call_that_does_not_wait_passes_unpolled_waiters_after_5_ms() {
    let (bulkhead, permit) = full();
    let _kept: Vec<_> = (0..8).map(|_| keep(acquire(&bulkhead))).collect();
    drop(permit);
    advance(ms(4)).await;
    bulkhead.try_acquire().map(drop).expect_err("it is theirs");
    // Nobody polls those that were to watch the first one either.
    advance(ms(1)).await;
    drop(bulkhead.try_acquire().expect("nobody takes it"));
}

#[tokio::test(start_paused = true)]
async fn passed_over_waiter_that_is_polled_gets_its_turn() {
    let (bulkhead, permit) = full();
    let mut kept = keep(acquire(&bulkhead));
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let second = tokio::spawn({
        let bulkhead = Arc::clone(&bulkhead);
        async move {
            let _permit = bulkhead.acquire().await.expect("its turn comes");
            let _ = receiver.await;
        }
    });
    tokio::task::yield_now().await;
    drop(permit);
    sleep(ms(6)).await;
    assert_eq!(bulkhead.in_flight(), 1, "the second one's");
    let mut third = keep(acquire(&bulkhead));
    assert!(poll(&mut kept).is_pending(), "there is no place");
    drop(sender);
    second.await.expect("no panic");
    assert!(poll(&mut third).is_pending(), "it is the first one's turn");
    assert!(matches!(poll(&mut kept), Poll::Ready(true)));
    assert!(matches!(poll(&mut third), Poll::Ready(true)));
}

/// Beside unpolled ones at every place from which somebody watches the first, everybody looks once a second.
#[tokio::test(start_paused = true)]
async fn unpolled_guards_cost_others_a_second() {
    let (bulkhead, permit) = full();
    let watching = |place: usize| place < 15 || (place + 2).is_power_of_two();
    let (mut kept, mut others) = (Vec::new(), JoinSet::new());
    for place in 0..100 {
        if watching(place) || place == 99 {
            kept.push(keep(acquire(&bulkhead)));
        } else {
            others.spawn(acquire(&bulkhead));
            tokio::task::yield_now().await;
        }
    }
    let start = Instant::now();
    drop(permit);
    assert!(others.join_all().await.into_iter().all(|passed| passed));
    assert!(
        start.elapsed() <= ms(1_000) + bound(20),
        "{:?}",
        start.elapsed()
    );
}
