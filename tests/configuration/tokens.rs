//! `rate_limit.tokens_per_minute`, beside a rate of requests and alone.

use std::time::Duration;

use resilience_runtime::{
    RateLimitConfig, Registry, ServiceKind, ServiceSettings, Settings, llm_resilient,
    rate_limit::RateLimitStrategy,
};
use tokio::time::advance;

use crate::by_key::changes;
use crate::poll::started;
use crate::remote::Answer;

const HOUR: Duration = Duration::from_secs(3_600);

#[llm_resilient(
    service = "api",
    retry = off,
    rate_limit(requests_per_minute = 4, tokens_per_minute = 100, cost = tokens)
)]
async fn limited(tokens: u32) -> Answer {
    Ok(0)
}

#[llm_resilient(service = "api", retry = off, rate_limit(cost = tokens))]
async fn silent(tokens: u32) -> Answer {
    Ok(0)
}

fn tokens(tokens: u32) -> Settings {
    let mut settings = ServiceSettings::default();
    settings.rate_limit.tokens_per_minute = Some(tokens);
    Settings::new().service("api", settings)
}

/// How many calls of that cost pass at once, and when the next one could, in milliseconds.
async fn at_once(cost: u32) -> (u32, Option<u128>) {
    advance(5 * HOUR).await;
    let mut passed = 0;
    loop {
        match limited(cost).await {
            Ok(_) => passed += 1,
            Err(error) => {
                let wait = error.local().retry_after();
                return (passed, wait.map(|wait| wait.as_millis()));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_tokens() {
    changes(
        |api| api.rate_limit.tokens_per_minute = Some(60),
        ("RATE_LIMIT_API_TOKENS_PER_MINUTE", "60"),
        ((2, Some(12_000)), (1, Some(20_000))),
        async |_: &Registry| at_once(40).await,
    )
    .await;
    // More of them, and it is the requests that run out; fewer, and it can never pass.
    changes(
        |api| api.rate_limit.tokens_per_minute = Some(1_000),
        ("RATE_LIMIT_API_TOKENS_PER_MINUTE", "1000"),
        ((2, Some(12_000)), (4, Some(15_000))),
        async |_: &Registry| at_once(40).await,
    )
    .await;
    changes(
        |api| api.rate_limit.tokens_per_minute = Some(39),
        ("RATE_LIMIT_API_TOKENS_PER_MINUTE", "39"),
        ((2, Some(12_000)), (0, None)),
        async |_: &Registry| at_once(40).await,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn strategy_is_about_all_limits_and_burst_about_requests() {
    changes(
        |api| api.rate_limit.strategy = Some(RateLimitStrategy::SlidingWindow),
        ("RATE_LIMIT_API_STRATEGY", "sliding_window"),
        ((4, Some(15_000)), (4, Some(60_000))),
        async |_: &Registry| at_once(1).await,
    )
    .await;
    changes(
        |api| api.rate_limit.burst = Some(1),
        ("RATE_LIMIT_API_BURST", "1"),
        ((4, Some(15_000)), (1, Some(15_000))),
        async |_: &Registry| at_once(1).await,
    )
    .await;
    changes(
        |api| api.rate_limit.strategy = Some(RateLimitStrategy::FixedWindow),
        ("RATE_LIMIT_API_STRATEGY", "fixed_window"),
        ((1, Some(36_000)), (1, Some(60_000))),
        async |_: &Registry| at_once(80).await,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn without_a_rate_only_tokens_are_counted() {
    #[llm_resilient(service = "api", retry = off, rate_limit(cost = 1))]
    async fn unlimited() -> Answer {
        Ok(0)
    }
    changes(
        |api| api.rate_limit.tokens_per_minute = Some(7),
        ("RATE_LIMIT_API_TOKENS_PER_MINUTE", "7"),
        (100, 7),
        async |_: &Registry| {
            let mut passed = 0;
            for _ in 0..100 {
                passed += u32::from(unlimited().await.is_ok());
            }
            passed
        },
    )
    .await;
    let registry = Registry::new();
    registry.configure(tokens(7)).unwrap();
    let api = registry.service("api", ServiceKind::Llm).unwrap();
    let alone = RateLimitConfig::per_minute(u32::MAX).tokens_per_minute(7);
    assert_eq!(api.config().rate_limit, Some(alone.clone()));
    assert_eq!(api.rate_limiter().unwrap().config(), alone);
}

#[tokio::test(start_paused = true)]
async fn stronger_level_decides_on_tokens() {
    let weak = |n: &str| ("RATE_LIMIT_LLM_TOKENS_PER_MINUTE".to_owned(), n.to_owned());
    let strong = |n: &str| ("RATE_LIMIT_API_TOKENS_PER_MINUTE".to_owned(), n.to_owned());
    for (settings, expected) in [
        // The kind is beneath the attribute, the service above it.
        (Settings::from_vars([weak("7")]).unwrap(), 100),
        (tokens(50), 50),
        (Settings::from_vars([strong("30"), weak("7")]).unwrap(), 30),
    ] {
        let registry = Registry::new();
        registry.configure(settings).unwrap();
        registry.scope(limited(1)).await.unwrap();
        let api = registry.service("api", ServiceKind::Llm).unwrap();
        let limit = api.config().rate_limit.unwrap();
        assert_eq!((limit.limit, limit.tokens_per_minute), (4, Some(expected)));
    }
}

#[tokio::test(start_paused = true)]
async fn two_functions_that_disagree() {
    #[llm_resilient(service = "api", retry = off, rate_limit(tokens_per_minute = 200, cost = 1))]
    async fn says_more() -> Answer {
        Ok(0)
    }
    let registry = Registry::new();
    let calls = async {
        limited(1).await.unwrap();
        says_more().await.unwrap();
        let message = registry.check().unwrap_err().to_string();
        for part in [
            "rate_limit.tokens_per_minute",
            "`200`",
            "`100`",
            "says_more",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert!(silent(1).await.is_ok());
        registry.configure(tokens(300)).unwrap();
        assert!(says_more().await.is_ok());
        assert!(registry.check().is_ok());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn off_in_the_code_is_final() {
    #[llm_resilient(service = "api", retry = off, rate_limit = off)]
    async fn bypassing() -> Answer {
        Ok(0)
    }
    let registry = Registry::new();
    registry.configure(tokens(1)).unwrap();
    let calls = async {
        silent(1).await.unwrap();
        silent(1).await.unwrap_err();
        bypassing().await.unwrap();
    };
    registry.scope(calls).await;
}

/// What a running call reserved must not become a debt of as many requests.
#[tokio::test(start_paused = true)]
async fn a_running_call_settles_in_what_it_reserved() {
    #[llm_resilient(
        service = "api",
        retry = off,
        rate_limit(requests_per_minute = 4, key = "user", cost = 1_000, usage = |_| 5_000)
    )]
    async fn running(done: &tokio::sync::Notify) -> Answer {
        done.notified().await;
        Ok(0)
    }
    let registry = Registry::new();
    registry.configure(tokens(10_000)).unwrap();
    let calls = async {
        let done = tokio::sync::Notify::new();
        let (first, second) = (started(running(&done)), started(running(&done)));
        let api = registry.service("api", ServiceKind::Llm).unwrap();
        let limiter = api.rate_limiter().unwrap();
        let requests = RateLimitConfig::per_minute(4);
        limiter.reconfigure(requests.clone()).unwrap();
        done.notify_one();
        first.await.unwrap();
        assert_eq!(limiter.peek("user").remaining, 2);
        let tokens = requests.tokens_per_minute(10_000);
        limiter.reconfigure(tokens).unwrap();
        done.notify_one();
        second.await.unwrap();
        assert_eq!(limiter.peek("user").remaining, 6_000, "of fresh ones");
    };
    registry.scope(calls).await;
}
