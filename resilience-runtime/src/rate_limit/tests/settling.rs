//! What was taken, corrected: by the one who took it, and by a server that knows better.

use tokio::time::advance;

use super::*;

fn both() -> RateLimitConfig {
    RateLimitConfig::per_minute(3).tokens_per_minute(1_000)
}

/// Requests that could still be made now.
fn requests_left(limiter: &RateLimiter) -> usize {
    let taken: Vec<_> = std::iter::from_fn(|| {
        let now = Moment::now();
        match limiter.try_take(limiter.hash_key("a"), 1, now) {
            Take::Taken { at } => Some(took(limiter.hash_key("a"), 1, Some(at))),
            Take::Refused { .. } => None,
        }
    })
    .collect();
    let left = taken.len();
    for taken in taken {
        limiter.give_back(taken, Moment::now());
    }
    left
}

#[tokio::test(start_paused = true)]
async fn what_was_not_used_comes_back_and_what_was_used_beyond_is_a_debt() {
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
        assert_eq!(decision.retry_after, Some(301 * ms(60)));
        limiter.settle("a", 400, 0);
        assert_eq!(limiter.peek("a").remaining, 100);
        assert_eq!(requests_left(&limiter), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_request_that_was_not_made_both_come_back() {
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
async fn who_waits_for_tokens_passes_when_they_come_back() {
    let limiter = limiter(both());
    let tokens = limiter
        .acquire("a", 900, Duration::ZERO)
        .await
        .expect("free");
    let mut waiting = ByHand::new(limiter.acquire("a", 500, 60 * SECOND));
    assert!(waiting.poll().is_pending());
    tokens.settle(100);
    assert_eq!(waiting.woken(), 1);
    assert!(matches!(waiting.poll(), Poll::Ready(Ok(_))));
    assert_eq!(limiter.peek("a").remaining, 400);
    // A debt makes the wait of another one in vain.
    let mut waiting = ByHand::new(limiter.acquire("a", 460, 5 * SECOND));
    assert!(waiting.poll().is_pending());
    limiter.settle("a", 0, 400);
    let Poll::Ready(outcome) = waiting.poll() else {
        panic!("it still waits");
    };
    assert_eq!(refused(outcome), Some(460 * ms(60)));
    assert_nobody_waits(&limiter);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_in_tokens_is_no_number_of_requests() {
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
async fn a_server_that_counts_more_is_believed() {
    for config in [both(), both().sliding_window(), both().fixed_window()] {
        let limiter = limiter(config);
        let key = limiter.hash_key("a");
        let lower = |requests, tokens| limiter.lower(key, requests, tokens, Moment::now());
        lower(None, None);
        lower(Some(3), Some(1_000));
        lower(Some(u32::MAX), Some(u32::MAX));
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (3, 1_000)
        );
        lower(None, Some(600));
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (3, 600)
        );
        lower(Some(1), None);
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (1, 600)
        );
        lower(Some(2), Some(900));
        assert_eq!(
            (requests_left(&limiter), limiter.peek("a").remaining),
            (1, 600)
        );
        lower(Some(0), Some(0));
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
async fn a_server_that_counts_as_much_changes_nothing() {
    let limiter = limiter(RateLimitConfig::per_second(5).sliding_window());
    assert!(limiter.check_n("a", 3).allowed);
    advance(ms(100)).await;
    limiter.lower(limiter.hash_key("a"), Some(2), None, Moment::now());
    assert_eq!(limiter.peek("a").remaining, 2);
    advance(ms(900)).await;
    assert!(limiter.check_n("a", 5).allowed);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_end_of_a_park_alone_takes_no_request() {
    let limiter = limiter(both());
    limiter.cool_down("a", SECOND);
    let mut free: Vec<_> = (0..3)
        .map(|_| ByHand::new(limiter.acquire("a", 0, 60 * SECOND)))
        .collect();
    assert!(free.iter_mut().all(|it| it.poll().is_pending()));
    assert_eq!(limiter.check("a").retry_after, Some(SECOND));
    let mut behind = ByHand::new(limiter.acquire("a", 1, 2 * SECOND));
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
async fn a_server_says_nothing_of_what_is_not_limited() {
    let key = KeyHash::NONE;
    let now = Moment::now();
    let free = RateLimiter::unlimited("test", 10, 60 * SECOND);
    free.lower(key, Some(0), Some(0), now);
    assert!(free.is_free());
    free.cool_down_key(key, SECOND, now);
    free.lower(key, Some(0), Some(0), now);
    advance(2 * SECOND).await;
    let taken = free.try_take(key, 5, Moment::now());
    assert!(matches!(taken, Take::Taken { .. }));

    let requests = limiter(RateLimitConfig::per_minute(3));
    requests.lower(key, None, Some(0), now);
    assert_eq!(requests.earliest(key, 3, now), Some(Duration::ZERO));
    requests.lower(key, Some(2), Some(0), now);
    assert_eq!(requests.earliest(key, 3, now), Some(20 * SECOND));

    let tokens = limiter(RateLimitConfig::tokens_alone(60));
    tokens.lower(key, Some(0), None, now);
    assert_eq!(tokens.earliest(key, 60, now), Some(Duration::ZERO));
    tokens.lower(key, None, Some(50), now);
    assert_eq!(tokens.earliest(key, 60, now), Some(10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn who_waits_hears_what_the_server_says() {
    let limiter = limiter(both());
    assert!(limiter.check_n("a", 900).allowed);
    let mut waiting = ByHand::new(limiter.acquire("a", 200, 7 * SECOND));
    assert!(waiting.poll().is_pending());
    limiter.lower(limiter.hash_key("a"), None, Some(50), Moment::now());
    let Poll::Ready(outcome) = waiting.poll() else {
        panic!("it waits in vain");
    };
    assert_eq!(refused(outcome), Some(9 * SECOND));
}
