//! Tokens per minute beside requests per minute: a call takes both or neither.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{RateLimiter, Registry, ResilienceError, ServiceKind, llm_resilient};
use tokio::time::{Instant, advance, sleep};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

/// What the remote answers is what it used.
#[llm_resilient(
    service = "gpt",
    retry = off,
    circuit_breaker = off,
    timeout = "10s",
    rate_limit(
        requests_per_minute = 5,
        tokens_per_minute = 6_000,
        key = user,
        cost = estimate,
        usage = |used| *used,
    )
)]
pub async fn ask(user: &str, estimate: u32, remote: &Remote) -> Answer {
    remote.answer()
}

/// Shares the limits, and takes its time.
#[llm_resilient(
    service = "gpt",
    retry = off,
    circuit_breaker = off,
    bulkhead(max_concurrent = 1),
    timeout = "10s",
    rate_limit(key = user, cost = estimate, usage = used, max_wait = "1m")
)]
pub async fn ponder(user: &str, estimate: u32, time: Duration, remote: &Remote) -> Answer {
    sleep(time).await;
    remote.answer()
}

pub fn used(answer: &u32) -> u32 {
    *answer
}

pub fn limiter(registry: &Registry, service: &str) -> Arc<RateLimiter> {
    let service = registry.service(service, ServiceKind::Llm).unwrap();
    service.rate_limiter().expect("it has a limit")
}

/// Tokens left to a key, and then requests, which looking uses up with some tokens.
pub fn left(registry: &Registry, user: &str) -> (u32, usize) {
    let limiter = limiter(registry, "gpt");
    let tokens = limiter.peek(user).remaining;
    let requests = std::iter::from_fn(|| limiter.check(user).allowed.then_some(()));
    (tokens, requests.count())
}

pub fn used_up(out: Answer) -> Option<Duration> {
    match out {
        Err(ApiError::Resilience(ResilienceError::RateLimitExceeded { retry_after, .. })) => {
            retry_after
        }
        other => panic!("it was to be refused: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn request_and_tokens_are_taken_together_or_not_at_all() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Ok(4_000), Ok(0), Ok(0), Ok(0)]);
        ask("a", 4_000, &remote).await.unwrap();
        // Requests are there, tokens are not.
        for _ in 0..20 {
            let wait = used_up(ask("a", 3_000, &remote).await);
            assert_eq!(wait, Some(10 * SECOND));
        }
        // Four requests are left, and then it is the tokens that stay.
        for _ in 0..4 {
            ask("a", 2_000, &remote).await.unwrap();
        }
        for _ in 0..20 {
            assert_eq!(used_up(ask("a", 2_000, &remote).await), Some(12 * SECOND));
        }
        assert_eq!(remote.asked(), 5);
        advance(12 * SECOND).await;
        assert_eq!(left(&registry, "a"), (3_200, 1));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cost_above_tokens_per_minute_is_rejected_at_once() {
    let registry = Registry::new();
    let calls = async {
        let (remote, began) = (Remote::healthy(), Instant::now());
        assert_eq!(used_up(ask("a", 6_001, &remote).await), None);
        let patient = ponder("a", 6_001, SECOND, &remote).await;
        assert_eq!(used_up(patient), None);
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(remote.asked(), 0);
        assert_eq!(left(&registry, "a"), (6_000, 5));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn zero_cost_still_takes_a_request() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        for _ in 0..5 {
            ask("a", 0, &remote).await.unwrap();
        }
        used_up(ask("a", 0, &remote).await);
        assert_eq!(remote.asked(), 5);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_not_sent_gives_both_back() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("a", 10, &Remote::scripted([Ok(10)])).await.unwrap();
        let running = started(ponder("b", 1_000, 5 * SECOND, &remote));
        // It has its tokens, but no place.
        let refused = ponder("a", 1_000, SECOND, &remote).await.unwrap_err();
        assert!(matches!(
            refused.local(),
            ResilienceError::BulkheadFull { .. }
        ));
        assert_eq!(left(&registry, "a"), (5_990, 4));
        drop(running);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn each_attempt_reserves_for_itself() {
    #[llm_resilient(
        service = "gpt",
        retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
        rate_limit(requests_per_minute = 600, tokens_per_minute = 60, key = user, cost = 40, usage = used)
    )]
    async fn stubborn(user: &str, remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        // Refused ones cost nothing, so that the third does not have to wait for tokens.
        let refused = || Err(ApiError::Transient);
        let remote = Remote::scripted([refused(), refused(), Ok(30)]);
        stubborn("a", &remote).await.unwrap();
        assert_eq!(remote.asked_at(), [0, 1, 2].map(Duration::from_secs));
        assert_eq!(limiter(&registry, "gpt").peek("a").remaining, 30);
        // What may have been executed is paid for, and the next attempt waits for its tokens.
        let remote = Remote::scripted([Err(ApiError::Unknown), Ok(40)]);
        stubborn("b", &remote).await.unwrap();
        assert_eq!(remote.asked_at(), [0, 20].map(Duration::from_secs));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn two_functions_of_a_service_share_both() {
    #[llm_resilient(
        service = "shared",
        retry = off,
        rate_limit(requests_per_minute = 4, tokens_per_minute = 600, cost = 100)
    )]
    async fn chat(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[llm_resilient(service = "shared", retry = off, rate_limit(cost = tokens))]
    async fn embed(tokens: u32, remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let remote = Remote::healthy();
        // The tokens of one are gone to the other, ...
        chat(&remote).await.unwrap();
        embed(450, &remote).await.unwrap();
        assert_eq!(used_up(chat(&remote).await), Some(5 * SECOND));
        advance(60 * SECOND).await;
        // ... and so are the requests.
        for _ in 0..3 {
            embed(1, &remote).await.unwrap();
        }
        chat(&remote).await.unwrap();
        assert_eq!(used_up(embed(1, &remote).await), Some(15 * SECOND));
        // Overload: never more than both limits allow.
        let (before, mut refused) = (remote.asked(), 0);
        for call in 0..600 {
            let out = if call % 2 == 0 {
                chat(&remote).await
            } else {
                embed(50, &remote).await
            };
            refused += u32::from(out.is_err());
            advance(Duration::from_millis(500)).await;
        }
        // One each 15 s, and the next one would come when this is over.
        assert_eq!(remote.asked() - before, 19);
        assert_eq!(refused, 581);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_in_order_when_tokens_are_refunded() {
    #[llm_resilient(
        service = "queue",
        retry = off,
        timeout = off,
        rate_limit(
            requests_per_minute = 60,
            tokens_per_minute = 600,
            cost = tokens,
            usage = used,
            max_wait = "1m"
        )
    )]
    async fn queued(tokens: u32, time: Duration, remote: &Remote) -> Answer {
        sleep(time).await;
        remote.answer()
    }
    let calls = async {
        let first = Remote::scripted([Ok(100)]);
        let (second, third) = (Remote::always(|| Ok(300)), Remote::always(|| Ok(1)));
        let mut running = started(queued(600, 2 * SECOND, &first));
        let mut big = started(queued(300, Duration::ZERO, &second));
        let mut small = started(queued(1, Duration::ZERO, &third));
        // Twenty tokens are there: enough for the small one, which is not the first.
        advance(2 * SECOND).await;
        assert!(poll(&mut big).is_pending() && poll(&mut small).is_pending());
        // 500 come back: both pass at once.
        assert!(poll(&mut running).is_ready());
        let (big, small) = tokio::join!(big, small);
        assert!(big.is_ok() && small.is_ok());
        assert_eq!(second.asked_at(), [2 * SECOND]);
        assert_eq!(third.asked_at(), [2 * SECOND]);
    };
    Registry::new().scope(calls).await;
}
