//! Corrections of what was taken: by the call that took it, and by what a server reports.

use tokio::time::advance;

use super::*;

fn both() -> RateLimitConfig {
    RateLimitConfig::per_minute(3).tokens_per_minute(1_000)
}

/// Requests that could still be made now.
fn requests_left(limiter: &RateLimiter) -> usize {
    let taken: Vec<_> = std::iter::from_fn(|| {
        let now = Moment::now();
        match limiter.try_take(
            limiter.hash_key("a"),
            Amount::units(1),
            Priority::Normal,
            now,
        ) {
            Take::Taken { at } => Some(grant(limiter.hash_key("a"), 1, Some(at))),
            Take::Rejected { .. } => None,
        }
    })
    .collect();
    let left = taken.len();
    for taken in taken {
        limiter.refund_grant(taken, Moment::now());
    }
    left
}

#[tokio::test(start_paused = true)]
async fn settle_returns_unused_and_charges_excess() {
    for config in [both(), both().sliding_window(), both().fixed_window()] {
        let limiter = limiter(config);
        let tokens = limiter
            .acquire("a", 800, Duration::ZERO)
            .await
            .expect("free");
        assert_eq!(tokens.tokens(), 800);
        tokens.settle(300);
        assert_eq!(limiter.peek("a").remaining, 700);
        assert_eq!(requests_left(&limiter), 2, "the request was made");
        let tokens = limiter
            .acquire("a", 100, Duration::ZERO)
            .await
            .expect("free");
        tokens.settle(1_000);
        let decision = limiter.peek("a");
        assert_eq!((decision.allowed, decision.remaining), (false, 0));
        let by_bucket = limiter.config().strategy == RateLimitStrategy::TokenBucket;
        let wait = if by_bucket { 301 * ms(60) } else { 60 * SECOND };
        assert_eq!(decision.retry_after, Some(wait));
        limiter.settle("a", 400, 0);
        assert_eq!(limiter.peek("a").remaining, 100);
        assert_eq!(requests_left(&limiter), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn debt_delays_a_call_of_the_same_cost_by_one_period() {
    let requests = RateLimitConfig::per_minute(1_000);
    for (config, forgiven) in [
        (both().tokens_per_minute(1_000), 4_100),
        (both().sliding_window(), 0),
        (both().fixed_window(), 0),
        (requests.clone(), 4_100),
        (requests.clone().sliding_window(), 0),
        (requests.clone().fixed_window(), 0),
    ] {
        let limiter = limiter(config);
        let answer = limiter.acquire("a", 100, Duration::ZERO).await;
        answer.expect("free").settle(6_000);
        assert_eq!(limiter.forgiven_debt(), forgiven);
        let start = tokio::time::Instant::now();
        let next = limiter.acquire("a", 100, 600 * SECOND).await;
        assert_eq!(start.elapsed(), 60 * SECOND);
        // Each answer in turn.
        next.expect("in time").settle(100_000);
        let next = limiter.acquire("a", 100, 600 * SECOND).await;
        next.expect("in time").refund();
        assert!(start.elapsed() <= 120 * SECOND, "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn reported_remainder_delays_calls_by_at_most_one_period() {
    for config in [both(), both().sliding_window(), both().fixed_window()] {
        let limiter = limiter(config);
        limiter.settle("a", 0, 6_000);
        let (key, now) = (limiter.hash_key("a"), Moment::now());
        limiter.cap_remaining(key, CooldownScope::Service, left(Some(0), Some(0)), now);
        limiter.cap_remaining(key, CooldownScope::Service, left(Some(0), Some(0)), now);
        let start = tokio::time::Instant::now();
        limiter.acquire("a", 1, 600 * SECOND).await.expect("free");
        assert!(start.elapsed() <= 60 * SECOND, "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn debt_stays_within_one_period_of_a_new_limit() {
    for before in [both(), both().tokens_per_minute(100_000).sliding_window()] {
        let limiter = limiter(before);
        limiter.settle("a", 0, 150_000);
        limiter
            .reconfigure(both().tokens_per_minute(10))
            .expect("valid");
        let wait = limiter.peek("a").retry_after.expect("there is a debt");
        assert!(wait <= 60 * SECOND, "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refund_returns_request_and_tokens() {
    for config in [both(), both().sliding_window(), both().fixed_window()] {
        let limiter = limiter(config);
        let tokens = limiter
            .acquire("a", 800, Duration::ZERO)
            .await
            .expect("free");
        tokens.refund();
        assert_eq!(limiter.peek("a").remaining, 1_000);
        assert_eq!(requests_left(&limiter), 3);
        assert!(limiter.check_n("a", 800).allowed);
        limiter.refund("a", 800);
        assert_eq!(requests_left(&limiter), 3);
        // What took nothing gives no request back.
        assert!(limiter.check_n("a", 1).allowed);
        let nothing = limiter.acquire("a", 0, Duration::ZERO).await.expect("free");
        nothing.refund();
        assert_eq!(requests_left(&limiter), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn settle_wakes_a_waiter_for_tokens() {
    let limiter = limiter(both());
    let tokens = limiter
        .acquire("a", 900, Duration::ZERO)
        .await
        .expect("free");
    let mut waiting = Polled::new(limiter.acquire("a", 500, 60 * SECOND));
    assert!(waiting.poll().is_pending());
    tokens.settle(100);
    assert_eq!(waiting.woken(), 1);
    assert!(matches!(waiting.poll(), Poll::Ready(Ok(_))));
    assert_eq!(limiter.peek("a").remaining, 400);
    // A debt lets the wait of another one fail at once.
    let mut waiting = Polled::new(limiter.acquire("a", 460, 5 * SECOND));
    assert!(waiting.poll().is_pending());
    limiter.settle("a", 0, 400);
    let Poll::Ready(outcome) = waiting.poll() else {
        panic!("it still waits");
    };
    assert_eq!(rejected(outcome), Some(460 * ms(60)));
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn grant_in_another_unit_is_not_settled() {
    let requests = RateLimitConfig::per_minute(10);
    let both = requests.clone().tokens_per_minute(10_000);
    let limiter = limiter(both.clone());
    let acquire = || limiter.acquire("a", 1_000, Duration::ZERO);
    let (more, less, not_sent) = (acquire().await, acquire().await, acquire().await);
    limiter.reconfigure(requests.clone()).expect("valid");
    more.expect("free").settle(3_000);
    assert_eq!(limiter.peek("a").remaining, 7, "no debt of 2,000 requests");
    less.expect("free").settle(10);
    not_sent.expect("free").refund();
    assert_eq!(limiter.peek("a").remaining, 7, "nor a gift");

    let request = limiter.acquire("a", 2, Duration::ZERO).await.expect("free");
    limiter.reconfigure(both).expect("valid");
    request.settle(1);
    limiter.reconfigure(requests).expect("valid");
    assert_eq!(limiter.peek("a").remaining, 5);
}

#[tokio::test(start_paused = true)]
async fn cap_remaining_lowers_what_remains() {
    for config in [both(), both().sliding_window(), both().fixed_window()] {
        let limiter = limiter(config);
        let key = limiter.hash_key("a");
        let cap_remaining = |requests, tokens| {
            limiter.cap_remaining(
                key,
                CooldownScope::Service,
                left(requests, tokens),
                Moment::now(),
            )
        };
        cap_remaining(None, None);
        cap_remaining(Some(3), Some(1_000));
        cap_remaining(Some(u32::MAX), Some(u32::MAX));
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (3, 1_000)
        );
        cap_remaining(None, Some(600));
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (3, 600)
        );
        cap_remaining(Some(1), None);
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (1, 600)
        );
        cap_remaining(Some(2), Some(900));
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (1, 600)
        );
        cap_remaining(Some(0), Some(0));
        assert!(!limiter.peek("a").allowed);
        assert_eq!(limiter.peek("b").remaining, 1_000, "one key alone");
        advance(60 * SECOND).await;
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (3, 1_000)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn cap_remaining_with_equal_counts_changes_nothing() {
    let limiter = limiter(RateLimitConfig::per_second(5).sliding_window());
    assert!(limiter.check_n("a", 3).allowed);
    advance(ms(100)).await;
    limiter.cap_remaining(
        limiter.hash_key("a"),
        CooldownScope::Service,
        left(Some(2), None),
        Moment::now(),
    );
    assert_eq!(limiter.peek("a").remaining, 2);
    advance(ms(900)).await;
    assert!(limiter.check_n("a", 5).allowed);
}

#[tokio::test(start_paused = true)]
async fn acquire_zero_after_cooldown_takes_no_request() {
    let limiter = limiter(both());
    limiter.cool_down("a", SECOND);
    let mut free: Vec<_> = (0..3)
        .map(|_| Polled::new(limiter.acquire("a", 0, 60 * SECOND)))
        .collect();
    assert!(free.iter_mut().all(|it| it.poll().is_pending()));
    assert_eq!(limiter.check("a").retry_after, Some(SECOND));
    let mut behind = Polled::new(limiter.acquire("a", 1, 2 * SECOND));
    assert!(behind.poll().is_pending());
    // Everybody is looked at again.
    limiter.cool_down("a", ms(1_500));
    assert!(behind.poll().is_pending(), "the requests are all there");
    advance(ms(1_500)).await;
    for it in &mut free {
        assert!(matches!(it.poll(), Poll::Ready(Ok(_))));
    }
    behind.future.await.expect("in time");
    assert_eq!(requests_left(&limiter), 2);
}

#[tokio::test(start_paused = true)]
async fn cap_remaining_ignores_unlimited_dimensions() {
    let key = KeyHash::NONE;
    let now = Moment::now();
    let free = RateLimiter::unlimited("test", 10, 60 * SECOND);
    free.cap_remaining(key, CooldownScope::Service, left(Some(0), Some(0)), now);
    assert!(free.is_bypassed());
    free.cool_down_key(key, CooldownScope::Service, SECOND, now);
    free.cap_remaining(key, CooldownScope::Service, left(Some(0), Some(0)), now);
    advance(2 * SECOND).await;
    let taken = free.try_take(key, Amount::units(5), Priority::Normal, Moment::now());
    assert!(matches!(taken, Take::Taken { .. }));

    let requests = limiter(RateLimitConfig::per_minute(3));
    requests.cap_remaining(key, CooldownScope::Service, left(None, Some(0)), now);
    assert_eq!(
        requests.earliest(key, Amount::units(3), Priority::Normal, now),
        Some(Duration::ZERO)
    );
    requests.cap_remaining(key, CooldownScope::Service, left(Some(2), Some(0)), now);
    assert_eq!(
        requests.earliest(key, Amount::units(3), Priority::Normal, now),
        Some(20 * SECOND)
    );

    let tokens = limiter(RateLimitConfig::default().tokens_per_minute(60));
    tokens.cap_remaining(key, CooldownScope::Service, left(Some(0), None), now);
    assert_eq!(
        tokens.earliest(key, Amount::units(60), Priority::Normal, now),
        Some(Duration::ZERO)
    );
    tokens.cap_remaining(key, CooldownScope::Service, left(None, Some(50)), now);
    assert_eq!(
        tokens.earliest(key, Amount::units(60), Priority::Normal, now),
        Some(10 * SECOND)
    );
}

#[tokio::test(start_paused = true)]
async fn cap_remaining_rechecks_waiters() {
    let limiter = limiter(both());
    assert!(limiter.check_n("a", 900).allowed);
    let mut waiting = Polled::new(limiter.acquire("a", 200, 7 * SECOND));
    assert!(waiting.poll().is_pending());
    limiter.cap_remaining(
        limiter.hash_key("a"),
        CooldownScope::Service,
        left(None, Some(50)),
        Moment::now(),
    );
    let Poll::Ready(outcome) = waiting.poll() else {
        panic!("the wait cannot succeed");
    };
    assert_eq!(rejected(outcome), Some(9 * SECOND));
}
