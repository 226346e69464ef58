use tokio::time::advance;

use super::*;

fn keys(limiter: &RateLimiter) -> (usize, usize) {
    limiter
        .shared
        .with(KeyHash::NONE, Moment::now(), |state, _, _| {
            (state.keys(), state.bytes())
        })
}

#[tokio::test(start_paused = true)]
async fn max_keys_bounds_a_million_keys() {
    let limiter = limiter(RateLimitConfig::per_hour(1).max_keys(100_000));
    let now = Moment::now();
    for user in 0..1_000_000_u32 {
        limiter.try_take(
            limiter.hash_key(&user),
            Amount::units(1),
            Priority::Normal,
            now,
        );
    }
    let (count, bytes) = keys(&limiter);
    assert_eq!(count, 100_000);
    assert!(bytes <= 64 * 100_000, "{bytes} bytes");
    assert!(
        !limiter.check(&3).allowed,
        "who came first is still counted"
    );
}

#[tokio::test(start_paused = true)]
async fn key_takes_at_most_64_bytes() {
    let limiter = limiter(RateLimitConfig::per_hour(1).max_keys(1_000_000));
    let now = Moment::now();
    for user in 0..1_000_000_u32 {
        assert!(matches!(
            limiter.try_take(
                limiter.hash_key(&user),
                Amount::units(1),
                Priority::Normal,
                now
            ),
            Take::Taken { .. }
        ));
    }
    let (count, bytes) = keys(&limiter);
    assert_eq!(count, 1_000_000);
    assert!(bytes <= 64 * 1_000_000, "{bytes} bytes");
}

#[tokio::test(start_paused = true)]
async fn idle_key_is_evicted_under_every_strategy() {
    let requests = || RateLimitConfig::per_second(1).max_keys(2);
    let both = || requests().tokens_per_second(1);
    for config in [
        requests(),
        requests().sliding_window(),
        requests().fixed_window(),
        both(),
        both().sliding_window(),
        both().fixed_window(),
    ] {
        let limiter = limiter(config);
        assert!(limiter.check("a").allowed && limiter.check("b").allowed);
        advance(SECOND).await;
        // One more, which would leave the third key nothing if they had to share.
        assert!(limiter.check("c").allowed && limiter.check("d").allowed);
        assert_eq!(keys(&limiter).0, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn idle_keys_are_evicted_before_the_table_grows() {
    let limiter = limiter(RateLimitConfig::per_second(1_000));
    for user in 0..200_000_u32 {
        if user % 100 == 0 {
            advance(ms(1)).await;
        }
        assert!(limiter.check(&user).allowed);
    }
    let (count, bytes) = keys(&limiter);
    assert!(count < 1_000, "{count}");
    assert!(bytes < 64_000, "{bytes}");
}

#[tokio::test(start_paused = true)]
async fn busy_keys_stay_and_new_keys_share_the_overflow_state() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(2).max_keys(2));
    assert!(limiter.check("a").allowed);
    assert!(limiter.check("b").allowed);
    // c and d share the overflow state.
    assert!(limiter.check("c").allowed);
    assert!(limiter.check("d").allowed);
    assert!(!limiter.check("c").allowed);
    assert!(!limiter.check("d").allowed);
    assert_eq!(limiter.peek("e").remaining, 0);
    assert_eq!(limiter.peek("a").remaining, 1);
    // a and b are idle; c evicts one of them, and begins with what it may have used before.
    advance(SECOND).await;
    assert!(limiter.check("c").allowed);
    assert!(!limiter.check("c").allowed);
    assert_eq!(keys(&limiter).0, 2);
    // Every key is idle.
    advance(2 * SECOND).await;
    assert_eq!(limiter.check_n("e", 2).remaining, 0);
    assert!(limiter.check_n("f", 2).allowed);
}

#[tokio::test(start_paused = true)]
async fn key_moved_from_overflow_never_gets_more() {
    let limiter = limiter(RateLimitConfig::per_minute(3).sliding_window().max_keys(1));
    assert!(limiter.check("a").allowed);
    advance(59 * SECOND).await;
    assert!(limiter.check_n("b", 3).allowed);
    advance(SECOND).await;
    assert!(
        !limiter.check("b").allowed,
        "it has room now, and what it used"
    );
    assert_eq!(limiter.peek("b").retry_after, Some(59 * SECOND));
    advance(59 * SECOND).await;
    assert!(limiter.check_n("b", 3).allowed);
}

#[tokio::test(start_paused = true)]
async fn keys_with_cooldown_or_waiters_are_not_evicted() {
    let limiter = limiter(RateLimitConfig::per_second(10).max_keys(2));
    limiter.cool_down("a", 30 * SECOND);
    assert!(limiter.check_n("b", 10).allowed);
    let mut waiting = Polled::new(limiter.acquire("b", 10, 10 * SECOND));
    assert!(waiting.poll().is_pending());
    advance(5 * SECOND).await;
    // The bucket of b is full again, but it has a waiter.
    for user in 0..100 {
        let _ = limiter.check(&user);
    }
    assert_eq!(limiter.cooldown("a"), Some(25 * SECOND));
    assert!(matches!(waiting.poll(), Poll::Ready(Ok(_))));
    // A cooldown of the overflow state holds for all keys that share it.
    limiter.cool_down("c", 10 * SECOND);
    assert_eq!(limiter.cooldown("d"), Some(10 * SECOND));
    advance(5 * SECOND).await;
    assert_eq!(
        limiter.cooldown("c"),
        Some(5 * SECOND),
        "in its own key_state by now"
    );
    assert!(!limiter.check("c").allowed);
    advance(25 * SECOND).await;
    assert!(limiter.check_n("c", 10).allowed);
    assert_eq!(limiter.cooldown("a"), None);
}

#[tokio::test(start_paused = true)]
async fn lower_max_keys_is_reached_as_keys_become_idle() {
    let limiter = limiter(RateLimitConfig::per_second(10).max_keys(100));
    for user in 0..100 {
        assert!(limiter.check_n(&user, 10).allowed);
    }
    limiter
        .reconfigure(RateLimitConfig::per_second(10).max_keys(10))
        .expect("valid");
    assert_eq!(keys(&limiter).0, 100, "they are all busy");
    assert!(limiter.check_n("new", 10).allowed);
    assert!(
        !limiter.check("other").allowed,
        "it shares with the new one"
    );
    for round in 1..20 {
        advance(SECOND).await;
        for user in 0..10 {
            assert!(limiter.check(&(round, user)).allowed);
        }
    }
    assert_eq!(keys(&limiter).0, 10);
}

#[tokio::test(start_paused = true)]
async fn key_does_not_overtake_its_own_waiter_in_overflow() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(1).max_keys(1));
    assert!(limiter.check("a").allowed);
    assert!(limiter.check("b").allowed);
    let mut waiting = Polled::new(limiter.acquire("b", 1, 10 * SECOND));
    assert!(waiting.poll().is_pending());
    advance(SECOND).await;
    // There is room now, but b waits in the overflow queue.
    assert!(!limiter.check("b").allowed);
    assert!(matches!(waiting.poll(), Poll::Ready(Ok(_))));
    assert!(!limiter.check("b").allowed);
    advance(SECOND).await;
    assert!(limiter.check("b").allowed);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn callers_without_a_key_share_one_state() {
    let limiter = limiter(RateLimitConfig::per_second(2));
    let now = Moment::now();
    assert!(matches!(
        limiter.try_take(KeyHash::NONE, Amount::units(2), Priority::Normal, now),
        Take::Taken { .. }
    ));
    assert!(matches!(
        limiter.try_take(KeyHash::NONE, Amount::units(1), Priority::Normal, now),
        Take::Rejected { .. }
    ));
    assert!(limiter.check("a").allowed);
    assert_eq!(keys(&limiter).0, 1);
    let later = now.after(SECOND);
    assert!(
        limiter.shared.fast_path.try_take(1, later),
        "without the lock"
    );
}

#[tokio::test(start_paused = true)]
async fn peek_does_not_insert_a_key() {
    let limiter = limiter(RateLimitConfig::per_second(2));
    assert!(limiter.peek("a").allowed);
    assert!(limiter.check_n("a", 0).allowed);
    assert_eq!(limiter.cooldown("a"), None);
    limiter.refund("a", 5);
    assert_eq!(
        limiter.earliest(
            limiter.hash_key("a"),
            Amount::units(2),
            Priority::Normal,
            Moment::now()
        ),
        Some(Duration::ZERO)
    );
    assert_eq!(keys(&limiter), (0, 0));
}

#[test]
fn debug_does_not_print_keys() {
    let limiter = limiter(RateLimitConfig::per_second(2));
    let _ = limiter.check("secret");
    let text = format!("{limiter:?} {:?}", limiter.acquire("secret", 1, SECOND));
    assert!(!text.contains("secret") && text.contains("test"), "{text}");
}
