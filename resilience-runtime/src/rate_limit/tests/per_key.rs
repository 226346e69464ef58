//! Limits per key beside those of the service, under paused time.

use tokio::time::{Instant, advance};

use super::*;

/// So many in 10 s for all, and so many for each key, by sliding window: exact.
fn both(service: u32, key: u32) -> RateLimitConfig {
    let span = 10 * SECOND;
    let of_key = RateLimitConfig::new(key, span);
    RateLimitConfig::new(service, span)
        .sliding_window()
        .per_key(of_key)
}

fn join(limiter: &RateLimiter, key: &str) -> Polled<Acquire> {
    let mut joined = Polled::new(limiter.acquire(key, 1, Duration::MAX));
    assert!(joined.poll().is_pending());
    joined
}

#[tokio::test(start_paused = true)]
async fn both_are_taken_or_neither() {
    let limiter = limiter(both(3, 2));
    assert!(limiter.check("a").allowed && limiter.check("a").allowed);
    // The service keeps its token where the key has none, and the key where the service has none.
    let rejected = limiter.check("a");
    assert_eq!((rejected.allowed, rejected.remaining), (false, 0));
    assert_eq!(rejected.retry_after, Some(10 * SECOND));
    advance(SECOND).await;
    assert_eq!(limiter.peek("b").remaining, 1);
    assert!(limiter.check("b").allowed);
    for _ in 0..5 {
        let rejected = limiter.check("b");
        assert!(!rejected.allowed);
        assert_eq!(rejected.retry_after, Some(9 * SECOND));
    }
    advance(9 * SECOND).await;
    assert!(limiter.check("b").allowed, "it has used one of two");
    assert!(!limiter.check("b").allowed);
    assert!(limiter.check("a").allowed);
    assert!(!limiter.check("a").allowed, "the third in the window");
}

#[tokio::test(start_paused = true)]
async fn names_say_whose_limit_is_short() {
    let config = RateLimitConfig::per_minute(4).tokens_per_day(900);
    let config = config.per_key(RateLimitConfig::per_minute(2).tokens_per_hour(500));
    let limiter = limiter(config);
    let minute = LimitName::REQUESTS_PER_MINUTE;
    assert!(limiter.check_n("a", 300).allowed);
    let tokens = LimitName::TOKENS_PER_HOUR.per_key();
    assert_eq!(limiter.check_n("a", 300).short, Some(tokens));
    assert!(limiter.check_n("a", 100).allowed);
    assert_eq!(limiter.check_n("a", 1).short, Some(minute.per_key()));
    assert!(limiter.check_n("b", 400).allowed);
    let day = LimitName::TOKENS_PER_DAY;
    assert_eq!(limiter.check_n("b", 101).short, Some(day));
    assert!(limiter.check_n("c", 1).allowed);
    assert_eq!(limiter.check_n("c", 1).short, Some(minute));
    // What no key can ever take is never there.
    let never = limiter.check_n("d", 501);
    assert_eq!((never.short, never.retry_after), (Some(tokens), None));
    let error = limiter.acquire("a", 1, ms(1)).await.expect_err("short");
    let ResilienceError::RateLimitExceeded { limit, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(limit, Some(minute.per_key()));
}

#[tokio::test(start_paused = true)]
async fn call_is_one_request_where_the_others_count_tokens() {
    let tokens = || RateLimitConfig::NONE.tokens_per_minute(1_000);
    let requests = || RateLimitConfig::per_minute(2);
    for config in [tokens().per_key(requests()), requests().per_key(tokens())] {
        let limiter = limiter(config);
        assert_eq!(limiter.config().capacity(), 1_000);
        let first = limiter.acquire("a", 400, SECOND).await.expect("there");
        assert_eq!(limiter.peek("a").remaining, 600);
        first.settle(100);
        assert_eq!(
            (limiter.peek("a").remaining, limiter.peek("a").limit),
            (900, 1_000)
        );
        let second = limiter.acquire("a", 800, SECOND).await.expect("there");
        assert!(!limiter.check_n("a", 1).allowed, "the third request");
        second.refund();
        assert!(limiter.check_n("a", 900).allowed);
        assert!(!limiter.check_n("a", 1).allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn debt_is_that_of_both() {
    let tokens = |limit| RateLimitConfig::NONE.tokens_per_minute(limit);
    let limiter = limiter(tokens(6_000).per_key(tokens(600)));
    limiter
        .acquire("a", 100, SECOND)
        .await
        .expect("there")
        .settle(700);
    let a = limiter.check_n("a", 60);
    // 100 missing and 60 asked for, at 10 a second.
    assert_eq!(a.retry_after, Some(16 * SECOND));
    assert_eq!(limiter.peek("b").remaining, 600);
    limiter.settle("b", 0, 5_400);
    assert_eq!(limiter.check_n("c", 10).retry_after, Some(SECOND * 11 / 10));
    // A call of that key waits for one period at most; what is above is forgiven.
    assert_eq!(limiter.forgiven_debt(), 4_201);
    assert_eq!(limiter.check_n("b", 1).retry_after, Some(60 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn pause_stops_the_service_or_the_key_alone() {
    let limiter = limiter(both(100, 50));
    let (a, now) = (limiter.hash_per_key("a"), Moment::now());
    limiter.cool_down_key(a, CooldownScope::Key, 5 * SECOND, now);
    assert_eq!(limiter.check("a").retry_after, Some(5 * SECOND));
    assert_eq!(limiter.check("a").short, None);
    assert!(limiter.check("b").allowed);
    limiter.cool_down_key(a, CooldownScope::Service, 7 * SECOND, now);
    assert_eq!(limiter.check("b").retry_after, Some(7 * SECOND));
    assert_eq!(limiter.cooldown("a"), Some(7 * SECOND));
    advance(7 * SECOND).await;
    assert!(limiter.check("a").allowed && limiter.check("b").allowed);
    // By hand it is the key that is named.
    limiter.cool_down("a", SECOND);
    assert!(!limiter.check("a").allowed);
    assert!(limiter.check("b").allowed);
}

#[tokio::test(start_paused = true)]
async fn pause_of_a_key_holds_where_nothing_is_limited() {
    let limiter = RateLimiter::unlimited("test", 10, 60 * SECOND);
    let (a, b) = (limiter.hash_per_key("a"), limiter.hash_per_key("b"));
    let take = |key| {
        let now = Moment::now();
        let taken = limiter.try_take(key, Amount::DEFAULT, Priority::Normal, now);
        matches!(taken, Take::Taken { .. })
    };
    limiter.cool_down_key(a, CooldownScope::Key, SECOND, Moment::now());
    assert!(!take(a) && take(b) && take(KeyHash::NONE));
    advance(SECOND).await;
    assert!(take(a) && take(b) && limiter.is_bypassed());
    limiter.cool_down_key(a, CooldownScope::Service, SECOND, Moment::now());
    assert!(!take(a) && !take(b) && !take(KeyHash::NONE));
}

/// Where limits per key go away, such keys take from the limits of the service alone, and not each from one of its own.
#[tokio::test(start_paused = true)]
async fn keys_of_limits_per_key_share_the_service() {
    let limiter = limiter(RateLimitConfig::per_minute(2));
    let take = |key: KeyHash| {
        let taken = limiter.try_take(key, Amount::units(1), Priority::Normal, Moment::now());
        matches!(taken, Take::Taken { .. })
    };
    assert!(take(limiter.hash_per_key("a")) && take(limiter.hash_per_key("b")));
    assert!(!take(limiter.hash_per_key("c")) && !take(KeyHash::NONE));
    assert!(take(limiter.hash_key("a")), "all limits are of this key");
}

#[tokio::test(start_paused = true)]
async fn key_that_is_short_holds_up_nobody_else() {
    let limiter = limiter(both(3, 1));
    assert!(limiter.check("a").allowed);
    let mut a = join(&limiter, "a");
    assert!(limiter.check("b").allowed, "the service has two more");
    let mut b = join(&limiter, "b");
    assert!(limiter.check("c").allowed);
    advance(10 * SECOND).await;
    assert!(a.woken() > 0 && b.woken() > 0);
    assert!(b.poll().is_ready() && a.poll().is_ready());
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn keys_take_turns() {
    let limiter = limiter(RateLimitConfig::per_second(1).per_key(RateLimitConfig::per_hour(99)));
    assert!(limiter.check("z").allowed);
    let mut waiting: Vec<_> = ["a", "a", "a", "a", "b", "b", "c"]
        .into_iter()
        .map(|key| (key, join(&limiter, key)))
        .collect();
    let mut order = String::new();
    for _ in 0..7 {
        advance(SECOND).await;
        for _ in 0..2 {
            waiting.retain_mut(|(key, waiter)| {
                let passed = waiter.poll().is_ready();
                if passed {
                    order.push_str(key);
                }
                !passed
            });
        }
    }
    assert_eq!(order, "abcabaa");
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn wait_that_is_in_vain_is_not_begun() {
    let limiter = limiter(RateLimitConfig::per_second(1).per_key(RateLimitConfig::per_hour(200)));
    assert!(limiter.check("z").allowed);
    let mut all = Vec::new();
    for key in ["a", "b", "c"] {
        all.extend((0..20).map(|_| join(&limiter, key)));
    }
    let begins = |key: &str, wait: u64| {
        let mut acquire = Polled::new(limiter.acquire(key, 1, SECOND * wait as u32));
        acquire.poll().is_pending()
    };
    // The first call of another key comes after one of each.
    assert!(!begins("d", 3) && begins("d", 4));
    // The next one of a key after 21 of each.
    assert!(!begins("a", 59) && begins("a", 63));
    let retry_after = limiter.check("d").retry_after;
    assert_eq!(retry_after, Some(4 * SECOND));
    drop(all);
    assert_no_waiters(&limiter);
}

/// A high call of a key comes before its low ones, whichever of both limits is short.
#[tokio::test(start_paused = true)]
async fn priorities_hold_within_a_key_and_between_keys() {
    for config in [
        RateLimitConfig::per_second(1).per_key(RateLimitConfig::per_second(99)),
        RateLimitConfig::per_second(99).per_key(RateLimitConfig::per_second(1)),
    ] {
        let limiter = limiter(config);
        while limiter.check("a").allowed {}
        let join = |key, priority| {
            let acquire = limiter.acquire(key, 1, Duration::MAX).priority(priority);
            let mut joined = Polled::new(acquire);
            assert!(joined.poll().is_pending());
            joined
        };
        let mut low: Vec<_> = (0..3).map(|_| join("a", Priority::Low)).collect();
        let mut high = join("a", Priority::High);
        for low in &mut low {
            assert!(low.poll().is_pending());
        }
        advance(SECOND).await;
        // Those who were there first are polled first, and give way.
        let passed = |low: &mut Vec<Polled<Acquire>>| {
            let before = low.len();
            low.retain_mut(|it| it.poll().is_pending());
            before - low.len()
        };
        assert_eq!(passed(&mut low), 0);
        assert!(high.poll().is_ready());
        assert_eq!(passed(&mut low), 0);
        advance(SECOND).await;
        assert_eq!(passed(&mut low), 1);
        drop(low);
        assert_no_waiters(&limiter);
    }
}

#[tokio::test(start_paused = true)]
async fn unpolled_ones_hold_up_their_key_and_the_others_for_a_moment_alone() {
    // Both of a pair in which the first is short: the unpolled ones wait in line, or for their key.
    for config in [
        RateLimitConfig::per_second(1).per_key(RateLimitConfig::per_second(50)),
        RateLimitConfig::per_second(50).per_key(RateLimitConfig::per_second(1)),
    ] {
        let limiter = limiter(config);
        while limiter.check("a").allowed {}
        let unpolled: Vec<_> = (0..20).map(|_| join(&limiter, "a")).collect();
        let start = Instant::now();
        limiter
            .acquire("a", 1, 900 * SECOND)
            .await
            .expect("in time");
        let late = start.elapsed().saturating_sub(SECOND);
        assert!(late <= ms(5 * (1 + 5) + 50), "{late:?}");
        limiter
            .acquire("b", 1, 900 * SECOND)
            .await
            .expect("in time");
        assert!(
            start.elapsed() <= 2 * SECOND + ms(200),
            "{:?}",
            start.elapsed()
        );
        drop(unpolled);
        assert_no_waiters(&limiter);
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_poll_leaves_no_trace() {
    for polls in 0..6 {
        for (service, key) in [(1, 5), (5, 1), (1, 1)] {
            let limiter = limiter(both(service, key));
            while limiter.check("a").allowed {}
            let mut waiting: Vec<_> = ["a", "a", "b", "a"]
                .into_iter()
                .map(|key| Polled::new(limiter.acquire(key, 1, Duration::MAX)))
                .collect();
            for _ in 0..polls {
                for waiter in &mut waiting {
                    if waiter.woken() < 99 {
                        let _ = waiter.poll();
                    }
                }
                advance(ms(3_300)).await;
                if polls > 3 {
                    break;
                }
            }
            drop(waiting);
            assert_no_waiters(&limiter);
            advance(10 * SECOND).await;
            assert_eq!(limiter.peek("a").remaining, service.min(key));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn limits_per_key_come_and_go_while_calls_wait() {
    let of_service = || RateLimitConfig::per_second(1);
    let limiter = limiter(of_service().per_key(RateLimitConfig::per_hour(1)));
    assert!(limiter.check("a").allowed);
    let key = limiter.hash_per_key("a");
    let mut first = join(&limiter, "a");
    let mut second = join(&limiter, "a");
    advance(SECOND).await;
    assert!(first.poll().is_pending(), "the key has one in an hour");
    limiter.reconfigure(of_service()).expect("valid");
    assert!(first.woken() > 0);
    assert!(first.poll().is_ready());
    assert!(second.poll().is_pending());
    // It is back, and the key begins with all of it.
    limiter
        .reconfigure(of_service().per_key(RateLimitConfig::per_hour(1)))
        .expect("valid");
    advance(SECOND).await;
    assert!(second.poll().is_ready());
    assert_no_waiters(&limiter);
    advance(SECOND).await;
    let taken = limiter.try_take(key, Amount::DEFAULT, Priority::Normal, Moment::now());
    assert!(matches!(taken, Take::Rejected { .. }));
    limiter.set_limit(None);
    assert!(limiter.check("a").allowed && limiter.is_bypassed());
}

/// Keys beyond `max_keys` share one state, never more than one key's limit.
#[tokio::test(start_paused = true)]
async fn keys_without_a_slot_share_one() {
    let limiter = limiter(both(100, 2).max_keys(1));
    assert!(limiter.check("a").allowed);
    let others = (0..50).filter(|key| limiter.check(key).allowed).count();
    assert_eq!(others, 2);
    assert!(limiter.check("a").allowed, "it has its own");
    advance(10 * SECOND).await;
    for key in 0..100_000 {
        let _ = limiter.check(&key);
    }
    assert!(limiter.shared.read(|state| state.keys()) <= 1);
}

#[tokio::test(start_paused = true)]
async fn shadow_takes_nothing_of_either() {
    use crate::config::PatternMode;
    let limiter = limiter(both(3, 1).mode(PatternMode::Shadow));
    assert!(limiter.check("a").allowed);
    let rejected = limiter.check("a");
    assert!(rejected.allowed && limiter.shadow_rejected() == 1);
    assert_eq!(
        rejected.short,
        Some(LimitName::of_requests_in(10 * SECOND).per_key())
    );
    assert!(
        limiter
            .acquire("a", 1, SECOND)
            .await
            .expect("passes")
            .is_shadow_rejected()
    );
    assert_eq!(limiter.peek("b").remaining, 1);
    limiter.reconfigure(both(3, 1)).expect("valid");
    assert!(limiter.check("b").allowed && limiter.check("c").allowed);
    assert!(!limiter.check("d").allowed);
}
