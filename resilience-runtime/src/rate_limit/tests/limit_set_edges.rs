//! Live changes, lines and debts of several limits: what they must not cross.

use tokio::time::advance;

use super::*;

/// Takes the only token for a call without a key.
fn take(limiter: &RateLimiter) {
    let (none, now) = (KeyHash::NONE, Moment::now());
    let taken = limiter.try_take(none, Amount::DEFAULT, Priority::Normal, now);
    assert!(matches!(taken, Take::Taken { .. }));
}

/// The limit that refuses a call without a key.
fn refusal(limiter: &RateLimiter) -> Option<LimitName> {
    let (none, now) = (KeyHash::NONE, Moment::now());
    let refusal = limiter.refusal(none, Amount::DEFAULT, Priority::Normal, now);
    refusal.limit
}

#[tokio::test(start_paused = true)]
async fn refusal_after_a_live_change_names_the_new_limit() {
    let limiter = limiter(RateLimitConfig::per_minute(1));
    take(&limiter);
    assert_eq!(refusal(&limiter), Some(LimitName::REQUESTS_PER_MINUTE));
    limiter
        .reconfigure(RateLimitConfig::per_hour(1))
        .expect("valid");
    assert_eq!(refusal(&limiter), Some(LimitName::REQUESTS_PER_HOUR));
}

#[tokio::test(start_paused = true)]
async fn refusal_by_a_first_limit_names_it() {
    let limiter = RateLimiter::unlimited("x", 10, 60 * SECOND);
    limiter
        .reconfigure(RateLimitConfig::per_hour(1))
        .expect("valid");
    take(&limiter);
    assert_eq!(refusal(&limiter), Some(LimitName::REQUESTS_PER_HOUR));
}

/// A waiter at the end leaves, and one without a cost joins before anybody asks.
#[tokio::test(start_paused = true)]
async fn line_end_after_last_left_and_costless_joined() {
    let config = RateLimitConfig::per_second(10).tokens_per_minute(600);
    let limiter = limiter(config);
    limiter.cool_down("a", 10 * SECOND);
    let mut a = Polled::new(limiter.acquire("a", 1, 1_000 * SECOND));
    assert!(a.poll().is_pending());
    let alone = limiter.check_n("a", 600).retry_after;
    let mut b = Polled::new(limiter.acquire("a", 500, 1_000 * SECOND));
    assert!(b.poll().is_pending());
    let _ = limiter.check_n("a", 600);
    drop(b);
    let mut z = Polled::new(limiter.acquire("a", 0, 1_000 * SECOND));
    assert!(z.poll().is_pending());
    let after = limiter.check_n("a", 600).retry_after;
    assert!(after <= alone.map(|it| it + SECOND), "{after:?}");
}

/// As before, across priorities: high leaves, a costless normal one joins.
#[tokio::test(start_paused = true)]
async fn line_end_other_priority() {
    let config = RateLimitConfig::per_second(10).tokens_per_minute(600);
    let limiter = limiter(config);
    limiter.cool_down("a", 10 * SECOND);
    let empty = limiter.check_n("a", 600).retry_after;
    let mut h = Polled::new(limiter.acquire("a", 500, 1_000 * SECOND));
    assert!(h.poll().is_pending());
    let _ = limiter.check_n("a", 600);
    drop(h);
    let mut z = Polled::new(limiter.acquire("a", 0, 1_000 * SECOND));
    assert!(z.poll().is_pending());
    let after = limiter.check_n("a", 600).retry_after;
    assert_eq!(after, empty);
}

/// The name of the short limit behind a line.
#[tokio::test(start_paused = true)]
async fn short_behind_a_line() {
    let config = RateLimitConfig::per_minute(1_000).tokens_per_minute(600);
    let limiter = limiter(config);
    assert!(limiter.check_n("a", 550).allowed);
    let mut big = Polled::new(limiter.acquire("a", 500, 1_000 * SECOND));
    assert!(big.poll().is_pending());
    let rejected = limiter.check_n("a", 10);
    assert!(!rejected.allowed);
    assert_eq!(rejected.short, Some(LimitName::TOKENS_PER_MINUTE));
}

/// A debt of output tokens and calls that reserve none.
#[tokio::test(start_paused = true)]
async fn output_debt_and_calls_without_estimate_of_it() {
    let config = RateLimitConfig::per_minute(1_000).output_tokens_per_minute(100);
    let limiter = limiter(config);
    let mut used = 0;
    for _ in 0..100 {
        let mut call = Polled::new(limiter.acquire_cost("a", Cost::new(10, 0), Duration::ZERO));
        match call.poll() {
            Poll::Ready(Ok(reservation)) => {
                used += 500;
                reservation.settle_usage(Usage::new(10, 500));
            }
            _ => break,
        }
    }
    assert!(
        used <= 1_000,
        "{used} output tokens in no time, limit 100 a minute"
    );
}

/// A grant taken before a limit existed is credited to it.
#[tokio::test(start_paused = true)]
async fn old_grant_settles_new_limit() {
    let config = RateLimitConfig::per_minute(1_000).input_tokens_per_minute(10_000);
    let limiter = limiter(config.clone());
    let mut call = Polled::new(limiter.acquire_cost("a", Cost::new(900, 0), Duration::ZERO));
    let Poll::Ready(Ok(old)) = call.poll() else {
        panic!("it waits")
    };
    advance(ms(1)).await;
    limiter
        .reconfigure(config.tokens_per_minute(1_000))
        .expect("valid");
    assert!(
        limiter.check_cost("a", Cost::new(1_000, 0)).allowed,
        "new limit is full"
    );
    assert!(!limiter.check_cost("a", Cost::new(100, 0)).allowed);
    old.settle_usage(Usage::new(0, 0));
    assert!(
        !limiter.check_cost("a", Cost::new(900, 0)).allowed,
        "1,900 tokens in no time, limit 1,000"
    );
}

/// The same for requests: taken while there was no limit.
#[tokio::test(start_paused = true)]
async fn old_grant_of_no_limit_is_refunded() {
    let limiter = RateLimiter::unlimited("x", 10, 60 * SECOND);
    let mut call = Polled::new(limiter.acquire("a", 5, Duration::ZERO));
    let Poll::Ready(Ok(old)) = call.poll() else {
        panic!("it waits")
    };
    advance(ms(1)).await;
    limiter
        .reconfigure(RateLimitConfig::per_minute(5))
        .expect("valid");
    assert!(limiter.check_n("a", 5).allowed);
    old.refund();
    assert!(!limiter.check_n("a", 5).allowed, "10 at once of 5 a minute");
}

/// Set + undo does not move the day's window, nor leak.
#[tokio::test(start_paused = true)]
async fn undo_leaves_no_trace() {
    for &strategy in RateLimitStrategy::ALL {
        let config = RateLimitConfig::per_minute(5)
            .requests_per_day(10)
            .tokens_per_minute(100)
            .strategy(strategy);
        let limiter = limiter(config);
        assert!(limiter.check_n("a", 100).allowed);
        let before = limiter.peek("a");
        for _ in 0..50 {
            assert!(!limiter.check_n("a", 50).allowed);
            advance(ms(1)).await;
        }
        let mut passed = 0;
        advance(60 * SECOND).await;
        while limiter.check_n("a", 1).allowed {
            passed += 1;
        }
        assert_eq!(passed, 5, "{strategy} {before:?}");
        advance(60 * SECOND).await;
        passed = 0;
        while limiter.check_n("a", 1).allowed {
            passed += 1;
        }
        assert_eq!(passed, 4, "{strategy}: ten a day");
    }
}
