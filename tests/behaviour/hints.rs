//! Hints: what a body records about its server where the error lacks it.

use std::time::Duration;

use resilience_runtime::{Registry, ResilienceError, hint, llm_resilient};
use tokio::time::{Instant, advance, sleep};

use crate::errors::ApiError;

const SECONDS: fn(u64) -> Duration = Duration::from_secs;

/// Receives headers, records hints and returns its result.
async fn respond(headers: &[(&str, &str)], out: Result<(), ApiError>) -> Result<(), ApiError> {
    sleep(Duration::from_millis(1)).await;
    hint::headers(headers);
    // A hint of one poll is kept in the next.
    sleep(Duration::from_millis(1)).await;
    out
}

fn limited(out: Result<(), ApiError>) -> Option<Duration> {
    match out.unwrap_err().local() {
        ResilienceError::RateLimitExceeded { retry_after, .. } => *retry_after,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_that_the_error_dropped_is_obeyed() {
    #[llm_resilient(service = "hinted", retry(base_delay = "1s", jitter = "none"))]
    async fn ask(left: &std::cell::Cell<u32>) -> Result<(), ApiError> {
        if left.get() == 0 {
            return respond(&[], Ok(())).await;
        }
        left.set(left.get() - 1);
        respond(&[("Retry-After", "7")], Err(ApiError::Throttled(None))).await
    }
    let began = Instant::now();
    let left = std::cell::Cell::new(1);
    Registry::new().scope(ask(&left)).await.unwrap();
    let elapsed = began.elapsed();
    assert!(elapsed > SECONDS(7) && elapsed < SECONDS(8), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn hint_of_a_successful_call_starts_a_cooldown() {
    #[llm_resilient(service = "hinted", retry = off)]
    async fn last_one() -> Result<(), ApiError> {
        respond(
            &[
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "20s"),
            ],
            Ok(()),
        )
        .await
    }
    #[llm_resilient(service = "hinted", retry = off)]
    async fn another() -> Result<(), ApiError> {
        Ok(())
    }
    let calls = async {
        last_one().await.unwrap();
        let left = limited(another().await).unwrap();
        assert!(left <= SECONDS(20) && left > SECONDS(19), "{left:?}");
        advance(SECONDS(23)).await;
        another().await.unwrap();
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn hint_of_a_cut_body_is_applied() {
    #[llm_resilient(service = "hinted", retry = off, timeout = "9s", deadline = "5s")]
    async fn cut_by_deadline() -> Result<(), ApiError> {
        hint::headers(&[("Retry-After", "30")]);
        std::future::pending().await
    }
    #[llm_resilient(service = "hinted", retry = off, timeout = "5s", deadline = "9s")]
    async fn cut_by_timeout() -> Result<(), ApiError> {
        hint::headers(&[("Retry-After", "30")]);
        std::future::pending().await
    }
    let calls = async {
        assert!(cut_by_timeout().await.unwrap_err().is_timeout());
        assert_eq!(limited(cut_by_timeout().await), Some(SECONDS(30)));
        advance(SECONDS(31)).await;
        assert!(cut_by_deadline().await.unwrap_err().is_deadline());
        assert_eq!(limited(cut_by_deadline().await), Some(SECONDS(30)));
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn reset_header_delays_until_the_next_call_can_pass() {
    #[llm_resilient(service = "hinted", retry = off)]
    async fn ask(headers: &[(&str, &str)]) -> Result<(), ApiError> {
        respond(headers, Ok(())).await
    }
    #[llm_resilient(
        service = "counted",
        retry = off,
        rate_limit(requests_per_minute = 600, tokens_per_minute = 6_000, cost = 100)
    )]
    async fn counted(headers: &[(&str, &str)]) -> Result<(), ApiError> {
        respond(headers, Ok(())).await
    }
    // All of it is back after a minute, but one request after a second.
    let no_request = [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1m0s"),
    ];
    let calls = async {
        ask(&no_request).await.unwrap();
        assert!(limited(ask(&[]).await).unwrap() <= SECONDS(1));
    };
    Registry::new().scope(calls).await;
    let no_token = [
        ("x-ratelimit-limit-tokens", "6000"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "1m0s"),
    ];
    let calls = async {
        // Nobody knows how many the next one needs, ...
        ask(&no_token).await.unwrap();
        assert!(limited(ask(&[]).await).unwrap() > SECONDS(59));
        // ... except the limiter.
        counted(&no_token).await.unwrap();
        assert!(limited(counted(&[]).await).unwrap() <= SECONDS(1));
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn used_up_quota_of_a_window_lowers_the_limit_and_stops_nobody() {
    const DAY: [(&str, &str); 2] = [
        ("RateLimit-Policy", "\"daily\";q=1000;w=86400"),
        ("RateLimit", "\"daily\";r=0;t=80000"),
    ];
    const HOUR: [(&str, &str); 2] = [
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "3600"),
    ];
    #[llm_resilient(service = "hinted", retry = off)]
    async fn ask(headers: &[(&str, &str)]) -> Result<(), ApiError> {
        respond(headers, Ok(())).await
    }
    #[llm_resilient(service = "counted", retry = off, rate_limit(requests_per_minute = 60))]
    async fn counted(headers: &[(&str, &str)]) -> Result<(), ApiError> {
        respond(headers, Ok(())).await
    }
    for headers in [&DAY, &HOUR] {
        let calls = async {
            ask(headers).await.unwrap();
            ask(&[]).await.unwrap();
            // Of 60 none is left, and the next one comes as fast as ever.
            counted(headers).await.unwrap();
            assert!(limited(counted(&[]).await).unwrap() <= SECONDS(1));
            advance(SECONDS(1)).await;
            counted(&[]).await.unwrap();
        };
        Registry::new().scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_of_a_window_lower_the_limit_of_tokens() {
    #[llm_resilient(
        service = "counted",
        retry = off,
        rate_limit(requests_per_minute = 600, tokens_per_minute = 6_000, cost = 100)
    )]
    async fn counted(headers: &[(&str, &str)]) -> Result<(), ApiError> {
        respond(headers, Ok(())).await
    }
    let calls = async {
        let left = [("RateLimit", "\"requests\";r=9;t=9, \"tokens\";r=50;t=9")];
        counted(&left).await.unwrap();
        // 50 more come in half a second.
        let wait = limited(counted(&[]).await).unwrap();
        assert!(wait <= SECONDS(1) / 2, "{wait:?}");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn refusal_waits_until_the_quota_is_there_again() {
    #[llm_resilient(service = "hinted", retry(base_delay = "1s", jitter = "none"))]
    async fn ask(left: &std::cell::Cell<u32>, reset: &str) -> Result<(), ApiError> {
        if left.get() == 0 {
            return respond(&[], Ok(())).await;
        }
        left.set(left.get() - 1);
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)];
        respond(&headers, Err(ApiError::Throttled(None))).await
    }
    let began = Instant::now();
    let left = std::cell::Cell::new(1);
    Registry::new().scope(ask(&left, "7")).await.unwrap();
    let elapsed = began.elapsed();
    assert!(elapsed > SECONDS(7) && elapsed < SECONDS(8), "{elapsed:?}");

    // Nobody waits until tomorrow, and the cooldown is no longer than it may be.
    let began = Instant::now();
    let calls = async {
        left.set(1);
        let out = ask(&left, "80000").await;
        assert!(matches!(out, Err(ApiError::Throttled(None))));
        assert!(began.elapsed() < SECONDS(1), "{:?}", began.elapsed());
        let wait = limited(ask(&left, "0").await).unwrap();
        assert!(wait > SECONDS(59) && wait <= SECONDS(60), "{wait:?}");
        advance(SECONDS(61)).await;
        ask(&left, "0").await.unwrap();
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_stays_permanent() {
    #[llm_resilient(service = "hinted")]
    async fn ask(attempts: &std::cell::Cell<u32>) -> Result<(), ApiError> {
        attempts.set(attempts.get() + 1);
        hint::retry_after(SECONDS(1));
        Err(ApiError::Permanent)
    }
    let attempts = std::cell::Cell::new(0);
    let out = Registry::new().scope(ask(&attempts)).await;
    assert!(matches!(out, Err(ApiError::Permanent)));
    assert_eq!(attempts.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn hint_delays_a_retry_requested_by_retry_if() {
    #[llm_resilient(
        service = "hinted",
        rate_limit = off,
        retry(base_delay = "1s", jitter = "none", retry_if = |_: &ApiError| true)
    )]
    async fn ask(left: &std::cell::Cell<u32>) -> Result<(), ApiError> {
        if left.get() == 0 {
            return Ok(());
        }
        left.set(left.get() - 1);
        respond(&[("Retry-After", "7")], Err(ApiError::Permanent)).await
    }
    let began = Instant::now();
    let left = std::cell::Cell::new(1);
    Registry::new().scope(ask(&left)).await.unwrap();
    assert!(began.elapsed() > SECONDS(7), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_hint_belongs_to_the_innermost_call() {
    #[llm_resilient(service = "inner", retry = off)]
    async fn inner() -> Result<(), ApiError> {
        hint::retry_after(SECONDS(30));
        Ok(())
    }
    #[llm_resilient(service = "outer", retry = off)]
    async fn outer() -> Result<(), ApiError> {
        inner().await
    }
    let calls = async {
        outer().await.unwrap();
        assert!(limited(inner().await).is_some());
        // The outer service has no cooldown: its call reaches the inner one, which has.
        let error = outer().await.unwrap_err();
        assert_eq!(error.local().service().unwrap().as_str(), "inner");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn hint_above_max_retry_after_ends_the_call() {
    #[llm_resilient(service = "hinted", retry(max_retry_after = "10s"))]
    async fn ask() -> Result<(), ApiError> {
        hint::retry_after(SECONDS(11));
        Err(ApiError::Throttled(None))
    }
    let began = Instant::now();
    let out = Registry::new().scope(ask()).await;
    assert!(matches!(out, Err(ApiError::Throttled(None))));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn hint_outside_a_call_has_no_effect() {
    hint::retry_after(SECONDS(30));
    hint::headers(&[("retry-after", "30")]);
    #[llm_resilient(service = "hinted", retry = off)]
    async fn ask() -> Result<(), ApiError> {
        Ok(())
    }
    let calls = async {
        ask().await.unwrap();
        ask().await.unwrap();
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn remaining_header_lowers_the_limiter() {
    #[llm_resilient(
        service = "hinted",
        retry = off,
        rate_limit(requests_per_minute = 60, tokens_per_minute = 6_000, cost = tokens)
    )]
    async fn ask(tokens: u32, left: [&str; 2]) -> Result<(), ApiError> {
        let headers = [
            ("x-ratelimit-remaining-requests", left[0]),
            ("x-ratelimit-remaining-tokens", left[1]),
        ];
        respond(&headers, Ok(())).await
    }
    let requests = async {
        ask(1, ["2", "5000"]).await.unwrap();
        ask(1, ["50", "5000"]).await.unwrap();
        ask(1, ["50", "5000"]).await.unwrap();
        assert!(limited(ask(1, ["50", "5000"]).await).is_some());
    };
    Registry::new().scope(requests).await;
    let tokens = async {
        ask(1, ["50", "500"]).await.unwrap();
        assert!(limited(ask(600, ["50", "5000"]).await).is_some());
        ask(400, ["50", "5000"]).await.unwrap();
    };
    Registry::new().scope(tokens).await;
}
