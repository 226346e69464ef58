//! Several limits together, under paused time.

use tokio::time::{Instant, advance};

use super::*;
use crate::rate_limit::RateLimitStrategy as Counting;

/// The first tier of a provider that limits both sorts of tokens.
fn sorts() -> RateLimitConfig {
    RateLimitConfig::per_minute(50)
        .input_tokens_per_minute(30_000)
        .output_tokens_per_minute(8_000)
}

#[tokio::test(start_paused = true)]
async fn check_cost_takes_all_or_nothing_and_names_the_short_one() {
    for &strategy in Counting::ALL {
        let limiter = limiter(sorts().strategy(strategy));
        assert!(limiter.check_cost("a", Cost::new(20_000, 1_000)).allowed);
        let rejected = limiter.check_cost("a", Cost::new(12_000, 500));
        assert!(!rejected.allowed);
        assert_eq!(rejected.short, Some(LimitName::INPUT_TOKENS_PER_MINUTE));
        // Nothing was taken of the others.
        assert!(limiter.check_cost("a", Cost::new(10_000, 7_000)).allowed);
        let rejected = limiter.check_cost("a", Cost::new(0, 1));
        assert_eq!(rejected.short, Some(LimitName::OUTPUT_TOKENS_PER_MINUTE));
        // What can never pass names the limit that it is above.
        let never = limiter.check_cost("a", Cost::new(1, 8_001));
        assert_eq!((never.allowed, never.retry_after), (false, None));
        assert_eq!(never.short, Some(LimitName::OUTPUT_TOKENS_PER_MINUTE));
        for _ in 2..50 {
            assert!(
                limiter.check_cost("a", Cost::new(0, 0)).allowed,
                "{strategy}"
            );
        }
        let rejected = limiter.check_cost("a", Cost::new(0, 0));
        assert_eq!(rejected.short, Some(LimitName::REQUESTS_PER_MINUTE));
        assert_eq!(limiter.peek("b").short, None);
    }
}

#[tokio::test(start_paused = true)]
async fn several_periods_of_one_dimension_hold_together() {
    let config = RateLimitConfig::per_minute(60)
        .burst(3)
        .requests_per_second(5)
        .requests_per_hour(70);
    let limiter = limiter(config);
    let mut passed = 0;
    let start = Instant::now();
    // Burst belongs to the shortest one.
    for _ in 0..3 {
        assert!(limiter.check("a").allowed);
    }
    assert_eq!(
        limiter.check("a").short,
        Some(LimitName::REQUESTS_PER_SECOND)
    );
    while start.elapsed() < 200 * SECOND {
        passed += u32::from(limiter.check("a").allowed);
        advance(ms(100)).await;
    }
    // A bucket of 70 an hour, and what came in 200 s; the minute's 60 and one each second would have allowed more.
    assert_eq!(passed + 3, 70 + 3);
    assert_eq!(limiter.check("a").short, Some(LimitName::REQUESTS_PER_HOUR));
}

#[tokio::test(start_paused = true)]
async fn day_is_a_fixed_window_unless_a_strategy_is_set() {
    let config = RateLimitConfig::per_second(1_000).requests_per_day(10);
    let day = Duration::from_secs(86_400);
    for (config, next) in [
        (config.clone(), day),
        (config.clone().sliding_window(), day),
        (config.strategy(Counting::TokenBucket), day / 10),
    ] {
        let limiter = limiter(config);
        for _ in 0..10 {
            assert!(limiter.check("a").allowed);
        }
        let rejected = limiter.check("a");
        assert_eq!(rejected.retry_after, Some(next));
        assert_eq!(rejected.short, Some(LimitName::REQUESTS_PER_DAY));
    }
}

#[tokio::test(start_paused = true)]
async fn settle_usage_corrects_each_sort() {
    for &strategy in Counting::ALL {
        let config = sorts().tokens_per_minute(35_000).strategy(strategy);
        let limiter = limiter(config);
        let cost = Cost::new(10_000, 4_000);
        let tokens = limiter.acquire_cost("a", cost, Duration::ZERO).await;
        let tokens = tokens.expect("free");
        assert_eq!(tokens.tokens(), 14_000);
        // More was received than reserved, and most of what was sent was cached and costs nothing.
        tokens.settle_usage(Usage::new(2_000, 5_000));
        let fits = |input, output| limiter.check_cost("a", Cost::new(input, output)).allowed;
        assert!(!fits(0, 3_001), "{strategy}");
        assert!(!fits(28_001, 0), "{strategy}");
        assert!(fits(25_000, 3_000), "{strategy}: 28,000 of 35,000 are left");
        assert!(!fits(1, 0), "{strategy}");
    }
}

#[tokio::test(start_paused = true)]
async fn settle_by_a_number_leaves_the_sorts_as_reserved() {
    let limiter = limiter(sorts().tokens_per_minute(35_000));
    let cost = Cost::new(10_000, 4_000);
    let tokens = limiter.acquire_cost("a", cost, Duration::ZERO).await;
    tokens.expect("free").settle(1_000);
    assert!(!limiter.check_cost("a", Cost::new(20_001, 0)).allowed);
    assert!(limiter.check_cost("a", Cost::new(20_000, 4_000)).allowed);
}

#[tokio::test(start_paused = true)]
async fn number_of_tokens_is_an_error_where_sorts_alone_are_limited() {
    let limiter = limiter(sorts());
    let rejected = limiter.check_n("a", 10);
    assert_eq!((rejected.allowed, rejected.retry_after), (false, None));
    let error = limiter.acquire("a", 10, SECOND).await.expect_err("unclear");
    let ResilienceError::InvalidConfig(error) = error else {
        panic!("{error}");
    };
    assert!(error.to_string().contains("Cost::new(input, output)"));
    // One of whatever is counted is a request with one token.
    assert!(limiter.check("a").allowed);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_says_lowers_the_shortest_limit_of_each_dimension() {
    let limiter = limiter(
        sorts()
            .requests_per_day(1_000)
            .input_tokens_per_day(1_000_000),
    );
    let remaining = Remaining {
        requests: Some(3),
        input_tokens: Some(100),
        output_tokens: Some(50),
        tokens: Some(0),
    };
    let key = limiter.hash_key("a");
    limiter.cap_remaining(key, CooldownScope::Service, remaining, Moment::now());
    assert!(!limiter.check_cost("a", Cost::new(101, 0)).allowed);
    assert!(!limiter.check_cost("a", Cost::new(0, 51)).allowed);
    for _ in 0..3 {
        assert!(limiter.check_cost("a", Cost::new(10, 10)).allowed);
    }
    assert!(!limiter.check_cost("a", Cost::new(0, 0)).allowed);
    // The limits of a day are not those that it spoke of.
    advance(60 * SECOND).await;
    assert!(limiter.check_cost("a", Cost::new(29_000, 0)).allowed);
}

#[tokio::test(start_paused = true)]
async fn scarcer_sort_holds_for_tokens_where_sorts_are_not_limited() {
    let limiter = limiter(RateLimitConfig::per_minute(50).tokens_per_minute(10_000));
    let remaining = Remaining {
        input_tokens: Some(400),
        output_tokens: Some(90),
        ..Remaining::default()
    };
    limiter.cap_remaining(
        limiter.hash_key("a"),
        CooldownScope::Service,
        remaining,
        Moment::now(),
    );
    assert_eq!(limiter.peek("a").remaining, 90);
}

#[tokio::test(start_paused = true)]
async fn reconfigure_keeps_each_limit_by_its_name() {
    let small = RateLimitConfig::per_minute(10).tokens_per_minute(1_000);
    for &strategy in Counting::ALL {
        let small = small.clone().strategy(strategy);
        let large = small
            .clone()
            .requests_per_day(500)
            .input_tokens_per_minute(900)
            .output_tokens_per_minute(300)
            .tokens_per_hour(9_000);
        let limiter = limiter(small.clone());
        assert!(limiter.check_cost("a", Cost::new(500, 100)).allowed);
        limiter.reconfigure(large).expect("valid");
        assert!(
            !limiter.check_cost("a", Cost::new(301, 100)).allowed,
            "{strategy}"
        );
        assert!(
            limiter.check_cost("a", Cost::new(300, 100)).allowed,
            "{strategy}"
        );
        limiter.reconfigure(small.clone()).expect("valid");
        assert_eq!(limiter.peek("a").remaining, 0, "{strategy}");
        // A period that changes goes on with what remains.
        let requests = RateLimitConfig::per_hour(10).strategy(strategy);
        limiter.reconfigure(requests).expect("valid");
        assert_eq!(limiter.peek("a").remaining, 8, "{strategy}");
    }
}

#[tokio::test(start_paused = true)]
async fn line_waits_for_all_limits_of_the_head() {
    let limiter = limiter(sorts());
    assert!(limiter.check_cost("a", Cost::new(30_000, 0)).allowed);
    let mut large = Polled::new(limiter.acquire_cost("a", Cost::new(15_000, 1), 60 * SECOND));
    let mut small = Polled::new(limiter.acquire_cost("a", Cost::new(0, 10), 60 * SECOND));
    assert!(large.poll().is_pending() && small.poll().is_pending());
    advance(29 * SECOND).await;
    assert!(large.poll().is_pending() && small.poll().is_pending());
    advance(SECOND).await;
    assert!(large.poll().is_ready() && small.poll().is_ready());
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn rejection_by_a_cooldown_names_no_limit() {
    let limiter = limiter(sorts());
    limiter.cool_down("a", SECOND);
    let rejected = limiter.check_cost("a", Cost::new(1, 1));
    assert_eq!((rejected.short, rejected.retry_after), (None, Some(SECOND)));
    let error = limiter
        .acquire_cost("a", Cost::new(1, 1), Duration::ZERO)
        .await;
    let text = error.expect_err("cooling down").to_string();
    assert_eq!(text, "rate limit of service `test` exceeded, retry in 1s");
}

#[tokio::test(start_paused = true)]
async fn error_names_the_limit() {
    let limiter = limiter(RateLimitConfig::per_minute(1));
    assert!(limiter.check("a").allowed);
    let error = limiter.acquire("a", 1, Duration::ZERO).await;
    let error = error.expect_err("used up");
    assert_eq!(
        error.to_string(),
        "rate limit of service `test` exceeded (requests_per_minute), retry in 60s"
    );
    let ResilienceError::RateLimitExceeded { limit, .. } = error else {
        panic!("another error");
    };
    assert_eq!(limit, Some(LimitName::REQUESTS_PER_MINUTE));
}

#[test]
fn two_limits_of_one_period_are_refused() {
    let config = RateLimitConfig::per_minute(60).requests_per_minute(50);
    let error = config.validate().expect_err("two of one period");
    assert_eq!(
        error.to_string(),
        "`rate_limit.requests_per_minute` is `50` (given in code): is a second limit of the same period; keep one"
    );
    assert!(
        RateLimitConfig::per_hour(60)
            .requests_per_minute(50)
            .validate()
            .is_ok()
    );
    let zero = RateLimitConfig::default().output_tokens_per_day(0);
    assert!(zero.validate().is_err());
}

#[test]
fn key_of_four_buckets_takes_at_most_128_bytes() {
    let config = sorts().tokens_per_minute(35_000);
    for keys in [1_000, 10_000, 100_000] {
        let limiter = limiter(config.clone().max_keys(keys));
        for key in 0..keys {
            assert!(limiter.check_cost(&key, Cost::new(1, 1)).allowed);
        }
        let bytes =
            (limiter.shared).with(KeyHash::NONE, Moment::now(), |state, _, _| state.bytes());
        assert!(bytes <= 128 * keys, "{} for each of {keys}", bytes / keys);
    }
}
