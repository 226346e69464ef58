//! A future that stands in a line of the rate limiter and is not polled does not hold up the others.

use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use resilience_runtime::{RateLimitConfig, RateLimiter, Registry, ResilienceError, resilient};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep, timeout};

use crate::kept::{bound, keep, ms, poll};

const OTHERS: u32 = 200;

/// One token every 10 ms, and none now.
fn empty_limiter() -> RateLimiter {
    let limiter = RateLimiter::new("llm", RateLimitConfig::per_second(100).burst(1));
    let limiter = limiter.expect("a valid configuration");
    assert!(limiter.check("a").allowed);
    limiter
}

/// Lets all others pass, and returns the time that it took. They pass in their order.
async fn others_pass(limiter: &RateLimiter) -> Duration {
    let start = Instant::now();
    let passed = Arc::new(Mutex::new(Vec::new()));
    let mut others = JoinSet::new();
    for turn in 0..OTHERS {
        let (acquire, passed) = (limiter.acquire("a", 1, ms(60_000)), Arc::clone(&passed));
        others.spawn(async move {
            acquire.await.expect("its turn comes");
            passed.lock().expect("no panic").push(turn);
        });
    }
    others.join_all().await;
    assert!(
        passed
            .lock()
            .expect("no panic")
            .iter()
            .copied()
            .eq(0..OTHERS)
    );
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn unpolled_acquire_costs_others_5_ms_for_each_doubling() {
    let alone = others_pass(&empty_limiter()).await;
    assert_eq!(alone, ms(2_000));
    for unpolled in [1, 2, 3, 8, 64, 200] {
        let limiter = empty_limiter();
        let kept: Vec<_> = (0..unpolled)
            .map(|_| keep(limiter.acquire("a", 1, ms(60_000))))
            .collect();
        let cost = others_pass(&limiter).await - alone;
        assert!(cost <= bound(unpolled), "{unpolled} unpolled cost {cost:?}");
        // Without a trace.
        drop(kept);
        advance(ms(10)).await;
        assert!(limiter.check("a").allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn unpolled_acquire_costs_others_the_same_in_windows() {
    for strategy in [
        RateLimitConfig::sliding_window,
        RateLimitConfig::fixed_window,
    ] {
        for unpolled in [1, 8, 64] {
            let config = strategy(RateLimitConfig::new(10, ms(100)));
            let limiter = RateLimiter::new("llm", config).expect("a valid configuration");
            assert!(limiter.check_n("a", 10).allowed);
            let kept: Vec<_> = (0..unpolled)
                .map(|_| keep(limiter.acquire("a", 1, ms(60_000))))
                .collect();
            let took = others_pass(&limiter).await;
            // In 20 windows; the first one is late, and with it the others.
            assert!(took <= ms(2_000) + bound(unpolled), "{unpolled}: {took:?}");
            drop(kept);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unpolled_acquire_between_others_costs_them_no_more() {
    let limiter = empty_limiter();
    let start = Instant::now();
    let (mut kept, mut others) = (Vec::new(), JoinSet::new());
    for _ in 0..8 {
        kept.push(keep(limiter.acquire("a", 1, ms(60_000))));
        others.spawn(limiter.acquire("a", 1, ms(60_000)));
        tokio::task::yield_now().await;
    }
    others.join_all().await;
    assert!(
        start.elapsed() <= ms(80) + bound(8),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn check_passes_unpolled_waiters_after_5_ms() {
    let limiter = empty_limiter();
    let _kept = keep(limiter.acquire("a", 1, ms(60_000)));
    advance(ms(14)).await;
    assert!(!limiter.check("a").allowed && !limiter.peek("a").allowed);
    advance(ms(1)).await;
    assert!(limiter.peek("a").allowed && limiter.check("a").allowed);
    assert!(!limiter.check("a").allowed, "it was one token");
}

#[tokio::test(start_paused = true)]
async fn refund_to_unpolled_waiters_reaches_the_others() {
    for unpolled in [1, 3, 8] {
        let limiter = RateLimiter::new("llm", RateLimitConfig::per_hour(10)).expect("valid");
        assert!(limiter.check_n("a", 10).allowed);
        let _kept: Vec<_> = (0..unpolled)
            .map(|_| keep(limiter.acquire("a", 1, ms(60 * 60_000))))
            .collect();
        let other = tokio::spawn(limiter.acquire("a", 1, ms(60 * 60_000)));
        sleep(ms(100)).await;
        let start = Instant::now();
        limiter.refund("a", 1);
        other.await.expect("no panic").expect("its turn comes");
        assert!(start.elapsed() <= bound(unpolled), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn passed_over_acquire_that_is_polled_gets_its_turn() {
    let limiter = empty_limiter();
    let mut kept = keep(limiter.acquire("a", 1, ms(60_000)));
    let mut second = keep(limiter.acquire("a", 1, ms(60_000)));
    advance(ms(15)).await;
    assert!(
        poll(&mut second).is_ready(),
        "it does not wait for the first"
    );
    let mut third = keep(limiter.acquire("a", 1, ms(60_000)));
    assert!(poll(&mut kept).is_pending(), "there is no token");
    advance(ms(10)).await;
    assert!(
        poll(&mut third).is_pending(),
        "it is the turn of the first again"
    );
    let Poll::Ready(Ok(reservation)) = poll(&mut kept) else {
        panic!("its turn has come");
    };
    // Polled again, and left alone again: once more it costs 5 ms.
    assert_eq!(reservation.tokens(), 1);
    advance(ms(10)).await;
    assert!(poll(&mut third).is_ready());
}

#[tokio::test(start_paused = true)]
async fn cooldown_ends_for_others_beside_unpolled_waiters() {
    let limiter = empty_limiter();
    limiter.cool_down("a", ms(1_000));
    let _kept: Vec<_> = (0..8)
        .map(|_| keep(limiter.acquire("a", 1, ms(60_000))))
        .collect();
    let start = Instant::now();
    limiter
        .acquire("a", 1, ms(60_000))
        .await
        .expect("its turn comes");
    // The end of a cooldown is spread over a tenth of it.
    assert!(
        start.elapsed() <= ms(1_100) + bound(8),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unpolled_acquire_lets_others_pass_in_real_time() {
    let limiter = RateLimiter::new("llm", RateLimitConfig::per_second(2_000).burst(1));
    let limiter = limiter.expect("a valid configuration");
    assert!(limiter.check("a").allowed);
    let _kept: Vec<_> = (0..8)
        .map(|_| keep(limiter.acquire("a", 1, ms(60_000))))
        .collect();
    let mut others = JoinSet::new();
    for _ in 0..OTHERS {
        others.spawn(limiter.acquire("a", 1, ms(60_000)));
    }
    let all = timeout(ms(30_000), others.join_all()).await;
    let all = all.expect("nobody waits for the unpolled ones");
    assert!(all.into_iter().all(|outcome| outcome.is_ok()));
}

#[resilient(
    service = "lines",
    retry = off,
    timeout = off,
    rate_limit(requests_per_second = 100, burst = 1, max_wait = "60s")
)]
async fn annotated() -> Result<(), ResilienceError> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn unpolled_call_costs_other_calls_5_ms_for_each_doubling() {
    for unpolled in [1, 8, 64] {
        let registry = Registry::new();
        let test = async {
            annotated().await.expect("a token is there");
            let _kept: Vec<_> = (0..unpolled).map(|_| keep(annotated())).collect();
            let start = Instant::now();
            let mut others = JoinSet::new();
            for _ in 0..OTHERS {
                others.spawn(registry.clone().scope(annotated()));
            }
            let all = others.join_all().await;
            assert!(all.into_iter().all(|outcome| outcome.is_ok()));
            let cost = start.elapsed() - ms(2_000);
            assert!(cost <= bound(unpolled), "{unpolled} unpolled cost {cost:?}");
        };
        registry.scope(test).await;
    }
}
