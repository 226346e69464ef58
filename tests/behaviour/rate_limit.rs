//! Rate limits through annotated functions, exact to the nanosecond.

use std::time::Duration;

use resilience_runtime::{
    RateLimitConfig, RateLimiter, Registry, ResilienceError, ServiceSettings, Settings,
    config::RateLimitSettings, resilient,
};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

fn is_limited(out: &Answer) -> bool {
    matches!(
        out,
        Err(ApiError::Resilience(
            ResilienceError::RateLimitExceeded { .. }
        ))
    )
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[resilient(
    service = "sliding",
    rate_limit(requests_per_second = 5, strategy = "sliding_window")
)]
async fn sliding(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn a_sliding_window_is_never_exceeded_at_any_offset() {
    let remote = Remote::healthy();
    let calls = async {
        // Steps that fit into no second: crowds, pauses, and everything in between.
        for step in 0..2_000_u64 {
            let _ = sliding(&remote).await;
            advance(millis(step * step % 97)).await;
        }
    };
    Registry::new().scope(calls).await;
    let admitted = remote.asked_at();
    assert!(admitted.len() > 300);
    for (index, first) in admitted.iter().enumerate() {
        let window = admitted[index..]
            .iter()
            .take_while(|at| **at - *first < SECOND);
        assert!(window.count() <= 5, "from {first:?}");
    }
}

#[resilient(service = "bucket", rate_limit(requests_per_second = 10, burst = 3))]
async fn bucket(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn a_bucket_gives_at_most_its_burst_and_its_rate_in_any_span() {
    let remote = Remote::healthy();
    let calls = async {
        for step in 0..1_000_u64 {
            let _ = bucket(&remote).await;
            advance(millis(step * step % 89)).await;
        }
    };
    Registry::new().scope(calls).await;
    let admitted = remote.asked_at();
    assert!(admitted.len() > 100);
    for (index, first) in admitted.iter().enumerate() {
        for (count, last) in (1_u128..).zip(&admitted[index..]) {
            // Whole tokens: 3 + 10 × t.
            let most = 3 + 10 * (*last - *first).as_nanos() / SECOND.as_nanos();
            assert!(count <= most, "{count} from {first:?} to {last:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fixed_window_begins_with_its_first_request() {
    #[resilient(
        service = "fixed",
        rate_limit(requests_per_second = 2, strategy = "fixed_window")
    )]
    async fn fixed(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let remote = Remote::healthy();
        advance(millis(700)).await;
        fixed(&remote).await.unwrap();
        advance(millis(900)).await;
        fixed(&remote).await.unwrap();
        let out = fixed(&remote).await;
        let retry_after = out.unwrap_err().local().retry_after();
        assert_eq!(retry_after, Some(millis(100)));
        advance(millis(100)).await;
        fixed(&remote).await.unwrap();
        fixed(&remote).await.unwrap();
        assert!(is_limited(&fixed(&remote).await));
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cost_above_the_capacity_is_rejected_at_once() {
    #[resilient(
        service = "api",
        rate_limit(requests_per_minute = 600, burst = 5, cost = cost, max_wait = "1h")
    )]
    async fn costly(cost: u32, remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let remote = Remote::healthy();
        let began = Instant::now();
        let error = costly(6, &remote).await.unwrap_err();
        assert!(matches!(
            error.local(),
            ResilienceError::RateLimitExceeded {
                retry_after: None,
                ..
            }
        ));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(remote.asked(), 0);
        costly(5, &remote).await.unwrap();
        costly(5, &remote).await.unwrap();
        assert_eq!(began.elapsed(), millis(500), "five tokens at ten a second");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn wait_beyond_max_wait_is_rejected_at_once() {
    #[resilient(
        service = "api",
        rate_limit(requests_per_minute = 6, burst = 1, max_wait = "9s")
    )]
    async fn patient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let remote = Remote::healthy();
        patient(&remote).await.unwrap();
        let began = Instant::now();
        let error = patient(&remote).await.unwrap_err();
        let retry_after = error.local().retry_after();
        assert_eq!(retry_after, Some(Duration::from_secs(10)));
        assert_eq!(began.elapsed(), Duration::ZERO);
        advance(SECOND).await;
        patient(&remote).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(10));
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn wait_beyond_the_deadline_is_rejected_at_once() {
    #[resilient(
        service = "api",
        deadline = "5s",
        rate_limit(requests_per_minute = 6, burst = 1, max_wait = "1m")
    )]
    async fn hurried(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let remote = Remote::healthy();
        hurried(&remote).await.unwrap();
        let began = Instant::now();
        assert!(is_limited(&hurried(&remote).await));
        assert_eq!(began.elapsed(), Duration::ZERO);
        advance(Duration::from_secs(6)).await;
        hurried(&remote).await.unwrap();
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn max_elapsed_does_not_limit_the_wait_of_a_first_attempt() {
    #[resilient(
        service = "api",
        retry(max_elapsed = "1s"),
        rate_limit(requests_per_minute = 6, burst = 1, max_wait = "1m")
    )]
    async fn patient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let remote = Remote::healthy();
        patient(&remote).await.unwrap();
        patient(&remote).await.unwrap();
        assert_eq!(remote.asked_at()[1], Duration::from_secs(10));
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn function_without_limit_does_not_wait() {
    #[resilient(service = "api", rate_limit(requests_per_minute = 1, burst = 1))]
    async fn limited(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(
        service = "api",
        rate_limit = off,
        retry(base_delay = "1s", jitter = "none")
    )]
    async fn free(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        limited(&Remote::healthy()).await.unwrap();
        let began = Instant::now();
        let remote = Remote::scripted([Err(ApiError::Transient)]);
        free(&remote).await.unwrap();
        assert_eq!(began.elapsed(), SECOND);
    };
    Registry::new().scope(calls).await;
}

#[resilient(
    service = "queue",
    rate_limit(requests_per_second = 1, burst = 1, max_wait = "1m")
)]
async fn queued(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_in_fifo_order_and_leave_no_state() {
    let calls = async {
        let (first, second, third) = (Remote::healthy(), Remote::healthy(), Remote::healthy());
        queued(&first).await.unwrap();
        let a = started(queued(&first));
        let cancelled = started(queued(&second));
        let b = started(queued(&third));
        drop(cancelled);
        let (a, b) = tokio::join!(a, b);
        assert!(a.is_ok() && b.is_ok());
        assert_eq!(first.asked_at()[1], SECOND);
        assert_eq!(third.asked_at()[0], 2 * SECOND, "the place moved up");
        assert_eq!(second.asked(), 0);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn new_call_does_not_overtake_a_waiter() {
    let calls = async {
        let (first, late) = (Remote::healthy(), Remote::healthy());
        queued(&first).await.unwrap();
        let mut waiting = started(queued(&first));
        advance(SECOND).await;
        // The token is there, and another call arrives before the waiting one is polled.
        let mut latecomer = Box::pin(queued(&late));
        assert!(poll(&mut latecomer).is_pending());
        assert!(poll(&mut waiting).is_ready());
        latecomer.await.unwrap();
        assert_eq!(late.asked_at()[0], 2 * SECOND);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn raised_limit_wakes_waiters() {
    #[resilient(
        service = "api",
        rate_limit(requests_per_hour = 1, max_wait = "2h"),
        deadline = off
    )]
    async fn slow(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        slow(&remote).await.unwrap();
        let waiting = started(slow(&remote));
        advance(SECOND).await;
        let limit = ServiceSettings::default()
            .rate_limit(RateLimitSettings::default().requests_per_hour(36_000));
        let began = Instant::now();
        registry
            .configure(Settings::new().service("api", limit))
            .unwrap();
        waiting.await.unwrap();
        assert!(began.elapsed() <= SECOND, "{:?}", began.elapsed());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn limits_of_periods_below_a_second_are_exact() {
    let limiter = RateLimiter::new("api", RateLimitConfig::new(2, millis(50)).sliding_window());
    let limiter = limiter.unwrap();
    assert!(limiter.check("a").allowed);
    advance(millis(20)).await;
    assert!(limiter.check("a").allowed);
    assert_eq!(limiter.check("a").retry_after, Some(millis(30)));
    advance(millis(30)).await;
    assert!(limiter.check("a").allowed);
    assert_eq!(limiter.check("a").retry_after, Some(millis(20)));
}

#[tokio::test(start_paused = true)]
async fn refund_returns_tokens_and_settle_corrects_the_estimate() {
    let limiter = RateLimiter::new("llm", RateLimitConfig::per_minute(6_000)).unwrap();
    let tokens = limiter.acquire("a", 4_000, Duration::ZERO).await.unwrap();
    tokens.settle(1_200);
    assert_eq!(limiter.peek("a").remaining, 4_800);
    let tokens = limiter.acquire("a", 800, Duration::ZERO).await.unwrap();
    tokens.refund();
    assert_eq!(limiter.peek("a").remaining, 4_800);
    // More than reserved: a debt that the next ones pay.
    let tokens = limiter.acquire("a", 4_800, Duration::ZERO).await.unwrap();
    tokens.settle(5_000);
    let decision = limiter.check_n("a", 1);
    assert!(!decision.allowed);
    assert_eq!(
        decision.retry_after,
        Some(millis(2_010)),
        "200 and 1 at 100/s"
    );
    // Dropped without a word, it stays spent.
    drop(limiter.acquire("b", 6_000, Duration::ZERO).await.unwrap());
    assert_eq!(limiter.peek("b").remaining, 0);
}
