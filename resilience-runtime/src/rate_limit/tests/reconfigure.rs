use tokio::time::{Instant, advance};

use super::*;
use crate::config::PatternMode;

#[tokio::test(start_paused = true)]
async fn reconfigure_keeps_tokens_of_a_bucket() {
    let limiter = limiter(RateLimitConfig::per_minute(10));
    assert_eq!(limiter.check_n("a", 7).remaining, 3);
    limiter
        .reconfigure(RateLimitConfig::per_minute(100))
        .expect("valid");
    let decision = limiter.peek("a");
    assert_eq!((decision.limit, decision.remaining), (100, 3));
    assert_eq!(limiter.peek("b").remaining, 100);
    limiter
        .reconfigure(RateLimitConfig::per_minute(2))
        .expect("valid");
    assert_eq!(limiter.peek("a").remaining, 2);
    assert_eq!(limiter.config(), RateLimitConfig::per_minute(2));
}

#[tokio::test(start_paused = true)]
async fn reconfigure_keeps_admissions_of_a_window() {
    for window in [
        RateLimitConfig::sliding_window,
        RateLimitConfig::fixed_window,
    ] {
        let limiter = limiter(window(RateLimitConfig::per_minute(10)));
        assert!(limiter.check_n("a", 7).allowed);
        limiter
            .reconfigure(window(RateLimitConfig::per_minute(5)))
            .expect("valid");
        let decision = limiter.check("a");
        assert_eq!((decision.allowed, decision.remaining), (false, 0));
        assert_eq!(decision.retry_after, Some(60 * SECOND));
        limiter
            .reconfigure(window(RateLimitConfig::per_minute(20)))
            .expect("valid");
        assert_eq!(limiter.peek("a").remaining, 13);
        limiter
            .reconfigure(window(RateLimitConfig::per_second(20)))
            .expect("valid");
        advance(SECOND).await;
        assert_eq!(limiter.peek("a").remaining, 20);
    }
}

#[tokio::test(start_paused = true)]
async fn reconfigure_to_another_strategy_keeps_what_remains() {
    let base = RateLimitConfig::per_minute(10);
    let all = [
        base.clone(),
        base.clone().sliding_window(),
        base.fixed_window(),
    ];
    for from in &all {
        for to in &all {
            let limiter = limiter(from.clone());
            assert!(limiter.check_n("used", 8).allowed);
            assert!(limiter.check_n("rested", 1).allowed);
            limiter.settle("debtor", 0, 15);
            limiter.refund("rested", 1);
            limiter.reconfigure(to.clone()).expect("valid");
            assert_eq!(limiter.peek("used").remaining, 2, "{from:?} to {to:?}");
            assert_eq!(limiter.peek("rested").remaining, 10);
            assert_eq!(limiter.peek("debtor").remaining, 0);
            assert!(!limiter.check_n("used", 3).allowed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reconfigure_rechecks_waiters_at_once() {
    let limiter = limiter(RateLimitConfig::per_minute(10));
    assert!(limiter.check_n("a", 10).allowed);
    let start = Instant::now();
    let mut first = Polled::new(limiter.acquire("a", 10, 70 * SECOND));
    let mut second = Polled::new(limiter.acquire("a", 1, 70 * SECOND));
    let mut third = Polled::new(limiter.acquire("a", 1, 90 * SECOND));
    for waiter in [&mut first, &mut second, &mut third] {
        assert!(waiter.poll().is_pending());
    }
    // Too small for the first waiter, and the second one is the head now.
    limiter
        .reconfigure(RateLimitConfig::new(5, 300 * SECOND))
        .expect("valid");
    let Poll::Ready(outcome) = first.poll() else {
        panic!("it waits for ever");
    };
    assert_eq!(rejected(outcome), None);
    assert!(second.poll().is_pending());
    let Poll::Ready(outcome) = third.poll() else {
        panic!("the wait cannot succeed");
    };
    assert_eq!(rejected(outcome), Some(120 * SECOND));
    // Faster again: the head re-arms its timer.
    limiter
        .reconfigure(RateLimitConfig::new(5, SECOND))
        .expect("valid");
    second.future.await.expect("in time");
    assert_eq!(start.elapsed(), ms(200));
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_when_the_limit_is_removed() {
    for cooldown in [false, true] {
        let limiter = limiter(RateLimitConfig::per_hour(1));
        assert!(limiter.check("a").allowed);
        if cooldown {
            limiter.cool_down("a", 10 * SECOND);
        }
        let mut waiting = Polled::new(limiter.acquire("a", 1, 4_000 * SECOND));
        assert!(waiting.poll().is_pending());
        limiter.set_limit(None);
        assert_eq!(waiting.woken(), 1);
        if cooldown {
            assert!(
                waiting.poll().is_pending(),
                "the server's wish still counts"
            );
            advance(12 * SECOND).await;
        }
        assert!(matches!(waiting.poll(), Poll::Ready(Ok(_))));
        assert!(limiter.is_bypassed());
        limiter.set_limit(Some(RateLimitConfig::per_hour(1)));
        assert!(!limiter.is_bypassed() && limiter.is_limited());
        assert!(limiter.check("a").allowed);
        assert!(!limiter.check("a").allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn lower_max_cooldown_shortens_a_cooldown() {
    let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
    limiter.cool_down("a", 50 * SECOND);
    limiter.set_limit(Some(
        RateLimitConfig::per_second(1).max_cooldown(5 * SECOND),
    ));
    assert_eq!(limiter.cooldown("a"), Some(5 * SECOND));
    limiter.set_cooldown_bounds(10, SECOND, PatternMode::Enforce);
    assert_eq!(limiter.cooldown("a"), Some(SECOND));
    advance(SECOND).await;
    assert!(limiter.check("a").allowed);
    assert!(limiter.is_bypassed());
}

#[test]
fn reconfigure_with_invalid_config_changes_nothing() {
    let limiter = limiter(RateLimitConfig::per_second(3));
    let error = limiter
        .reconfigure(RateLimitConfig::per_second(0))
        .expect_err("no limit at all");
    assert_eq!(error.problems()[0].key(), "rate_limit.limit");
    assert_eq!(limiter.config(), RateLimitConfig::per_second(3));
    assert!(RateLimiter::new("test", RateLimitConfig::per_second(1).max_keys(0)).is_err());
}

#[test]
fn clock_that_goes_backwards_stands_still() {
    for config in [
        RateLimitConfig::per_second(1),
        RateLimitConfig::per_second(1).sliding_window(),
        RateLimitConfig::per_second(1).fixed_window(),
    ] {
        let limiter = limiter(config);
        let key = limiter.hash_key("a");
        let late = Moment::now().after(1_000 * SECOND);
        assert_eq!(
            limiter.try_take(key, Amount::units(1), Priority::Normal, late),
            Take::Taken { at: late }
        );
        let early = Moment(late.0 - 900_000_000_000);
        let rejected = Take::Rejected {
            retry_after: Some(SECOND),
        };
        assert_eq!(
            limiter.try_take(key, Amount::units(1), Priority::Normal, early),
            rejected
        );
        let next = late.after(SECOND);
        assert_eq!(
            limiter.try_take(key, Amount::units(1), Priority::Normal, next),
            Take::Taken { at: next }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn extreme_limits_do_not_overflow() {
    for config in [
        RateLimitConfig::new(u32::MAX, Duration::MAX),
        RateLimitConfig::new(u32::MAX, Duration::MAX).sliding_window(),
        RateLimitConfig::new(u32::MAX, Duration::MAX).fixed_window(),
        RateLimitConfig::new(1, Duration::MAX).burst(u32::MAX),
    ] {
        let limiter = limiter(config.max_keys(usize::MAX).max_cooldown(Duration::MAX));
        let decision = limiter.check_n("a", u32::MAX);
        assert!(decision.allowed);
        assert_eq!(decision.remaining, 0);
        assert!(!limiter.check("a").allowed);
        limiter.settle("a", 0, u32::MAX);
        limiter.settle("a", u32::MAX, 0);
        limiter.refund("a", u32::MAX);
        let mut waiting = Polled::new(limiter.acquire("a", u32::MAX, Duration::MAX));
        let _ = waiting.poll();
        drop(waiting);
        limiter.cool_down("a", Duration::MAX);
        let mut waiting = Polled::new(limiter.acquire("a", 1, Duration::MAX));
        assert!(waiting.poll().is_pending());
        assert!(limiter.check("b").allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn decision_has_what_ratelimit_headers_need() {
    let limiter = limiter(RateLimitConfig::per_minute(60).burst(10));
    let decision = limiter.check_n("a", 4);
    assert_eq!(
        decision,
        Decision {
            allowed: true,
            limit: 10,
            remaining: 6,
            short: None,
            retry_after: None,
            reset_after: 4 * SECOND,
        }
    );
    let decision = limiter.check_n("a", 7);
    assert_eq!(decision.remaining, 6, "all or nothing");
    assert_eq!(decision.retry_after, Some(SECOND));
    // An estimate that was too low is a debt.
    limiter.settle("a", 4, 14);
    let decision = limiter.peek("a");
    assert_eq!(
        (decision.remaining, decision.retry_after),
        (0, Some(5 * SECOND))
    );
    assert_eq!(decision.reset_after, 14 * SECOND);
    limiter.settle("a", 14, 2);
    assert_eq!(limiter.peek("a").remaining, 8);
}

#[tokio::test(start_paused = true)]
async fn reservation_settles_what_the_window_still_counts() {
    let limiter = limiter(RateLimitConfig::per_minute(10).fixed_window());
    let early = limiter
        .acquire("a", 10, Duration::ZERO)
        .await
        .expect("free");
    advance(60 * SECOND).await;
    let late = limiter
        .acquire("a", 6, Duration::ZERO)
        .await
        .expect("a new window");
    early.settle(1);
    assert_eq!(limiter.peek("a").remaining, 4, "it was another window's");
    late.settle(5);
    assert_eq!(limiter.peek("a").remaining, 5);
    let dropped = limiter.acquire("a", 2, Duration::ZERO).await.expect("free");
    drop(dropped);
    assert_eq!(limiter.peek("a").remaining, 3);
}

#[test]
fn only_cools_down_within_compares_the_bounds() {
    let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
    assert!(limiter.only_cools_down_within(10, 60 * SECOND, PatternMode::Enforce));
    assert!(!limiter.only_cools_down_within(11, 60 * SECOND, PatternMode::Enforce));
    assert!(!limiter.only_cools_down_within(10, 61 * SECOND, PatternMode::Enforce));
    limiter.set_cooldown_bounds(11, 61 * SECOND, PatternMode::Enforce);
    assert!(limiter.only_cools_down_within(11, 61 * SECOND, PatternMode::Enforce));
    let limit = RateLimitConfig::per_second(1);
    limiter.set_limit(Some(limit.max_keys(11).max_cooldown(61 * SECOND)));
    assert!(
        !limiter.only_cools_down_within(11, 61 * SECOND, PatternMode::Enforce),
        "it is limited"
    );
}
