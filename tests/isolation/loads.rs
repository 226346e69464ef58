//! Those who wait for the load of a cache do not depend on the caller that makes it.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use resilience_runtime::{Cache, CacheConfig, Registry, ResilienceError, resilient};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::kept::{keep, ms, poll};

const OTHERS: u32 = 100;

#[derive(Clone, Default)]
struct Asked(Arc<AtomicU32>);

impl Asked {
    fn times(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    async fn answer(&self) -> Result<u32, ResilienceError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        sleep(ms(10)).await;
        Ok(7)
    }
}

/// Without any limit of time.
#[resilient(
    service = "loads",
    retry = off,
    timeout = off,
    deadline = off,
    cache(key = key)
)]
async fn ask(key: u32, asked: Asked) -> Result<u32, ResilienceError> {
    asked.answer().await
}

/// Lets all others ask, and returns how long they waited.
async fn others_ask<F>(ask: impl Fn() -> F) -> Duration
where
    F: Future<Output = Result<u32, ResilienceError>> + Send + 'static,
{
    let start = Instant::now();
    let mut others = JoinSet::new();
    for _ in 0..OTHERS {
        others.spawn(ask());
    }
    for answer in others.join_all().await {
        assert_eq!(answer.expect("nobody depends on another"), 7);
    }
    start.elapsed()
}

/// Its body is woken after 10 ms, then come 50 ms of patience for each doubling of those that are not polled, the
/// load of 10 ms, and 1 ms for each timer's resolution.
fn bound(unpolled: u32) -> Duration {
    ms(10 + 50 * u64::from(1 + unpolled.ilog2()) + 10 + 4)
}

#[tokio::test(start_paused = true)]
async fn unpolled_calls_cost_the_others_50_ms_for_each_doubling() {
    for unpolled in (1..=20).chain([64]) {
        let (registry, asked) = (Registry::new(), Asked::default());
        let call = || registry.clone().scope(ask(1, asked.clone()));
        let kept: Vec<_> = (0..unpolled).map(|_| keep(call())).collect();
        let took = others_ask(call).await;
        assert!(took <= bound(unpolled), "{unpolled}: {took:?}");
        assert_eq!(asked.times(), 2, "one rival");
        drop(kept);
    }
}

#[tokio::test(start_paused = true)]
async fn by_hand_unpolled_loads_cost_the_others_the_same() {
    for unpolled in (1..=20).chain([64]) {
        let cache = Cache::<u32>::new("loads", CacheConfig::default()).expect("valid");
        let (cache, asked) = (Arc::new(cache), Asked::default());
        let call = || {
            let (cache, asked) = (Arc::clone(&cache), asked.clone());
            async move { cache.get_or_load(&1, || asked.answer()).await }
        };
        let kept: Vec<_> = (0..unpolled).map(|_| keep(call())).collect();
        let took = others_ask(call).await;
        assert!(took <= bound(unpolled), "{unpolled}: {took:?}");
        assert_eq!(asked.times(), 2, "one rival");
        drop(kept);
    }
}

/// Polls futures whenever they are woken, until each of them loads.
#[tokio::test(start_paused = true)]
async fn rivals_that_are_not_polled_cost_the_others_50_ms_each() {
    for unpolled in 1..=20 {
        let (registry, asked) = (Registry::new(), Asked::default());
        let call = || registry.clone().scope(ask(1, asked.clone()));
        let mut kept: Vec<_> = (0..unpolled).map(|_| keep(call())).collect();
        let start = Instant::now();
        let keeper = async {
            // Each is polled until its own load has begun, and then left alone.
            for (before, kept) in kept.iter_mut().enumerate().skip(1) {
                while asked.times() <= u32::try_from(before).expect("few") {
                    sleep(ms(1)).await;
                    assert!(poll(kept).is_pending());
                }
            }
        };
        keeper.await;
        others_ask(call).await;
        let each = 10 + 50 + 3;
        assert!(
            start.elapsed() <= ms(each * unpolled + 20),
            "{unpolled}: {:?}",
            start.elapsed()
        );
        assert_eq!(asked.times(), u32::try_from(unpolled).expect("few") + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn polled_leader_has_no_rival_however_long_it_takes() {
    #[resilient(service = "loads", retry = off, timeout = off, deadline = off, cache(key = ()))]
    async fn slow(asked: Asked) -> Result<u32, ResilienceError> {
        for _ in 0..1_000 {
            sleep(ms(40)).await;
        }
        asked.answer().await
    }
    let (registry, asked) = (Registry::new(), Asked::default());
    let took = others_ask(|| registry.clone().scope(slow(asked.clone()))).await;
    assert!(took >= ms(40_000));
    assert_eq!(asked.times(), 1);
}

#[tokio::test(start_paused = true)]
async fn new_leader_that_is_not_polled_has_a_rival() {
    let (registry, asked) = (Registry::new(), Asked::default());
    let call = || registry.clone().scope(ask(1, asked.clone()));
    let leader = keep(call());
    let _heir = keep(call());
    let others = tokio::spawn(others_ask({
        let (registry, asked) = (registry.clone(), asked.clone());
        move || registry.clone().scope(ask(1, asked.clone()))
    }));
    tokio::task::yield_now().await;
    drop(leader);
    let took = others.await.expect("no panic");
    assert!(took <= bound(2), "{took:?}");
    assert_eq!(asked.times(), 2);
}

#[tokio::test(start_paused = true)]
async fn late_leader_gets_its_own_answer_and_changes_nothing() {
    let (registry, asked) = (Registry::new(), Asked::default());
    let call = || registry.clone().scope(ask(1, asked.clone()));
    let mut kept = keep(call());
    others_ask(call).await;
    assert!(matches!(poll(&mut kept), Poll::Ready(Ok(7))));
    assert_eq!(call().await.expect("it is kept"), 7);
    assert_eq!(asked.times(), 2);
}

#[tokio::test(start_paused = true)]
async fn load_that_hangs_and_is_not_woken_is_waited_for() {
    let cache = Cache::<u32>::new("loads", CacheConfig::default()).expect("valid");
    let hangs = cache.get_or_load(&1, pending::<Result<u32, ResilienceError>>);
    let waits = cache.get_or_load(&1, || async { Ok::<_, ResilienceError>(7) });
    let both = async { tokio::join!(hangs, waits) };
    timeout(ms(10_000), both).await.expect_err("it hangs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unpolled_call_lets_the_others_have_their_answer_in_real_time() {
    let (registry, asked) = (Registry::new(), Asked::default());
    let call = || registry.clone().scope(ask(1, asked.clone()));
    let _kept: Vec<_> = (0..8).map(|_| keep(call())).collect();
    let others = timeout(ms(30_000), others_ask(call)).await;
    others.expect("nobody waits for the unpolled ones");
}
