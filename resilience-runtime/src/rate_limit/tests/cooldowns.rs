use tokio::time::{Instant, advance, sleep};

use super::*;

#[tokio::test(start_paused = true)]
async fn cool_down_keeps_the_longest_and_respects_max_cooldown() {
    let limiter = limiter(RateLimitConfig::per_second(10).max_cooldown(60 * SECOND));
    limiter.cool_down("a", 20 * SECOND);
    limiter.cool_down("a", 5 * SECOND);
    assert_eq!(limiter.cooldown("a"), Some(20 * SECOND));
    assert_eq!(limiter.cooldown("b"), None);
    let decision = limiter.check("a");
    assert!(!decision.allowed);
    assert_eq!(decision.retry_after, Some(20 * SECOND));
    assert_eq!(decision.reset_after, 20 * SECOND);
    assert!(
        !limiter.check_n("a", 0).allowed,
        "not even what costs nothing"
    );
    assert!(limiter.check("b").allowed);
    limiter.cool_down("a", Duration::MAX);
    assert_eq!(limiter.cooldown("a"), Some(60 * SECOND));
    advance(60 * SECOND).await;
    assert_eq!(limiter.cooldown("a"), None);
    assert!(limiter.check("a").allowed);
    limiter.cool_down("a", Duration::ZERO);
    assert_eq!(limiter.cooldown("a"), None);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn acquire_rejects_at_once_when_cooldown_exceeds_max_wait() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(1));
    assert!(limiter.check("a").allowed);
    let mut impatient = Polled::new(limiter.acquire("a", 1, 2 * SECOND));
    let mut patient = Polled::new(limiter.acquire("a", 1, 30 * SECOND));
    assert!(impatient.poll().is_pending() && patient.poll().is_pending());
    limiter.cool_down("a", 10 * SECOND);
    let Poll::Ready(outcome) = impatient.poll() else {
        panic!("the wait cannot succeed");
    };
    assert_eq!(rejected(outcome), Some(10 * SECOND));
    assert!(patient.poll().is_pending());
    assert_eq!(
        rejected(limiter.acquire("a", 1, 9 * SECOND).await),
        Some(11 * SECOND)
    );
    let start = Instant::now();
    patient.future.await.expect("in time");
    assert!((10 * SECOND..=11 * SECOND + ms(1)).contains(&start.elapsed()));
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_in_order_with_jitter_after_cooldown() {
    for (cooldown, jitter) in [(4 * SECOND, ms(400)), (50 * SECOND, SECOND)] {
        let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
        limiter.cool_down("a", cooldown);
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for turn in 0..100 {
            let limiter = limiter.clone();
            tasks.spawn(async move {
                sleep(ms(turn)).await;
                limiter.acquire("a", 1, 55 * SECOND).await.expect("in time");
                (turn, start.elapsed())
            });
        }
        let mut last = Duration::ZERO;
        for turn in 0..100 {
            let (passed, at) = tasks
                .join_next()
                .await
                .expect("100 of them")
                .expect("no panic");
            assert_eq!(passed, turn);
            assert!(at >= cooldown && at >= last);
            last = at;
        }
        assert!(last <= cooldown + jitter + ms(1), "{last:?}");
        // 100 draws add up to half the spread, give or take 3 %.
        assert!(last >= cooldown + jitter / 4, "{last:?}");
        assert!(limiter.is_bypassed());
    }
}

#[tokio::test(start_paused = true)]
async fn release_jitter_never_exceeds_max_wait() {
    for _ in 0..20 {
        let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
        limiter.cool_down("a", 10 * SECOND);
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..10 {
            tasks.spawn(limiter.acquire("a", 1, 10 * SECOND));
        }
        while let Some(outcome) = tasks.join_next().await {
            outcome
                .expect("no panic")
                .expect("their time is just enough");
        }
        assert_eq!(start.elapsed(), 10 * SECOND);
        assert!(limiter.is_bypassed());
    }
}

#[tokio::test(start_paused = true)]
async fn release_jitter_ends_when_a_later_waiter_is_out_of_time() {
    for (cost, patience, ends) in [
        (1, 60 * SECOND, false),
        // It passes, and leaves the head alone.
        (0, 60 * SECOND, true),
        (1, 4 * SECOND, true),
    ] {
        let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
        limiter.cool_down("a", 4 * SECOND);
        let mut head = Polled::new(limiter.acquire("a", 1, 60 * SECOND));
        let mut behind = Polled::new(limiter.acquire("a", cost, patience));
        assert!(head.poll().is_pending() && behind.poll().is_pending());
        advance(4 * SECOND).await;
        // What costs nothing passes at once, the others let the head be first.
        assert_eq!(behind.poll().is_ready(), cost == 0);
        assert_eq!(head.poll().is_ready(), ends, "{cost} {patience:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_stay_when_cooldown_ends_with_max_wait() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(1));
    assert!(limiter.check("a").allowed);
    let start = Instant::now();
    let mut waiting = Polled::new(limiter.acquire("a", 1, 10 * SECOND));
    assert!(waiting.poll().is_pending());
    limiter.cool_down("a", 10 * SECOND);
    assert!(waiting.poll().is_pending(), "it is enough");
    waiting.future.await.expect("in time");
    assert_eq!(start.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn key_is_evictable_after_cooldown_without_a_limit() {
    let limiter = RateLimiter::unlimited("test", 2, 60 * SECOND);
    limiter.cool_down("a", SECOND);
    limiter.cool_down("b", 60 * SECOND);
    advance(2 * SECOND).await;
    limiter.cool_down("c", 5 * SECOND);
    assert_eq!(limiter.cooldown("c"), Some(5 * SECOND));
    assert_eq!(limiter.cooldown("d"), None, "no key had to share");
}

#[tokio::test(start_paused = true)]
async fn only_cooldown_rejects_without_a_limit() {
    let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
    assert!(limiter.is_bypassed() && !limiter.is_limited());
    assert!(!limiter.is_cooling_down(KeyHash::NONE, Moment::now()));
    assert_eq!(limiter.check_n("a", u32::MAX), Decision::UNLIMITED);
    limiter.cool_down_key(KeyHash::NONE, CooldownScope::Service, SECOND, Moment::now());
    assert!(!limiter.is_bypassed());
    assert!(limiter.is_cooling_down(KeyHash::NONE, Moment::now()));
    assert!(
        limiter.check("a").allowed,
        "keys are cooling down one by one"
    );
    assert_eq!(
        limiter
            .shared
            .with(KeyHash::NONE, Moment::now(), |state, _, _| state.keys()),
        0
    );
    let rejected = Take::Rejected {
        retry_after: Some(SECOND),
    };
    assert_eq!(
        limiter.try_take(
            KeyHash::NONE,
            Amount::units(1),
            Priority::Normal,
            Moment::now()
        ),
        rejected
    );
    advance(SECOND).await;
    assert!(matches!(
        limiter.try_take(
            KeyHash::NONE,
            Amount::units(1),
            Priority::Normal,
            Moment::now()
        ),
        Take::Taken { .. }
    ));
    assert!(limiter.is_bypassed(), "nothing is left to remember");
    assert_eq!(limiter.config().limit, u32::MAX);
}

#[tokio::test(start_paused = true)]
async fn acquire_zero_waits_for_cooldown_alone() {
    let limiter = limiter(RateLimitConfig::per_minute(60).burst(1));
    limiter.settle("a", 0, 5);
    assert!(limiter.check_n("a", 0).allowed, "in debt as well");
    let at_once = limiter.earliest(
        limiter.hash_key("a"),
        Amount::units(0),
        Priority::Normal,
        Moment::now(),
    );
    assert_eq!(at_once, Some(Duration::ZERO));
    limiter.cool_down("a", SECOND);
    let start = Instant::now();
    let mut behind = Polled::new(limiter.acquire("a", 1, 60 * SECOND));
    assert!(behind.poll().is_pending());
    limiter.acquire("a", 0, 60 * SECOND).await.expect("in time");
    assert_eq!(start.elapsed(), SECOND);
    behind.future.await.expect("in time");
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn acquire_dropped_during_cooldown_leaves_no_waiter() {
    let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
    limiter.cool_down("a", SECOND);
    let mut waiting = Polled::new(limiter.acquire("a", 1, 2 * SECOND));
    assert!(waiting.poll().is_pending());
    // The cooldown is over, but there is still a waiter.
    advance(SECOND).await;
    assert!(!limiter.check("a").allowed);
    drop(waiting);
    assert!(limiter.check("a").allowed);
    assert!(limiter.is_bypassed());
}

#[tokio::test(start_paused = true)]
async fn retry_after_counts_the_line_that_drains_after_a_cooldown() {
    for _ in 0..10 {
        let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
        limiter.cool_down("a", 10 * SECOND);
        assert_eq!(limiter.check("a").retry_after, Some(10 * SECOND));
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            tasks.spawn(limiter.acquire("a", 1, 60 * SECOND));
        }
        sleep(SECOND).await;
        let after = |decision: Decision| start.elapsed() + decision.retry_after.expect("rejected");
        let told = after(limiter.check("a"));
        assert!(
            (10 * SECOND + ms(950)..=11 * SECOND).contains(&told),
            "{told:?}"
        );
        for _ in 0..20 {
            assert_eq!(after(limiter.check("a")), told);
            assert_eq!(after(limiter.peek("a")), told);
            let at_once = limiter.acquire("a", 1, Duration::ZERO).await;
            assert_eq!(
                rejected(at_once).map(|wait| start.elapsed() + wait),
                Some(told)
            );
            let Take::Rejected { .. } = limiter.try_take(
                limiter.hash_key("a"),
                Amount::units(1),
                Priority::Normal,
                Moment::now(),
            ) else {
                panic!("there is a line");
            };
            let by_call = limiter
                .refusal(
                    limiter.hash_key("a"),
                    Amount::units(1),
                    Priority::Normal,
                    Moment::now(),
                )
                .retry_after;
            assert_eq!(by_call.map(|wait| start.elapsed() + wait), Some(told));
            tasks
                .join_next()
                .await
                .expect("20")
                .expect("no panic")
                .expect("in time");
            if tasks.is_empty() {
                break;
            }
        }
        assert!(start.elapsed() >= told && start.elapsed() <= told + ms(1));
        assert!(limiter.check("a").allowed);
    }
}
