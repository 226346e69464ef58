//! The settlement of what a call reserved, for each of its outcomes.

use std::cell::Cell;
use std::time::Duration;

use resilience_runtime::{Registry, ServiceKind, Settings, Verdict, llm_resilient, resilient};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};
use crate::tokens::{ask, left, limiter, ponder, used, used_up};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn estimate_is_reserved_and_usage_is_settled() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Ok(1_500), Ok(2_500), Ok(1_000)]);
        ask("a", 4_000, &remote).await.unwrap();
        assert_eq!(limiter(&registry, "gpt").peek("a").remaining, 4_500);
        // More than was thought is taken as well, and what is exact stays.
        ask("a", 500, &remote).await.unwrap();
        ask("a", 1_000, &remote).await.unwrap();
        assert_eq!(left(&registry, "a"), (1_000, 2));
        assert_eq!(left(&registry, "b"), (6_000, 5), "each key has its own");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn usage_above_the_capacity_delays_the_next_calls() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Ok(9_000)]);
        ask("a", 1, &remote).await.unwrap();
        let wait = used_up(ask("a", 1, &remote).await);
        assert_eq!(wait, Some(Duration::from_millis(30_010)));
        advance(Duration::from_millis(30_010)).await;
        ask("a", 1, &remote).await.unwrap();
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn usage_of_many_periods_delays_the_next_calls_by_one() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Ok(60_000)]);
        ask("a", 100, &remote).await.unwrap();
        let wait = used_up(ask("a", 100, &remote).await);
        assert_eq!(wait, Some(Duration::from_secs(60)));
        let forgiven = limiter(&registry, "gpt").forgiven_debt();
        assert_eq!(forgiven, 60_000 - 2 * 6_000 + 100);
        advance(Duration::from_secs(60)).await;
        ask("a", 100, &remote).await.unwrap();
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn transient_failure_refunds_tokens_but_not_the_request() {
    for (error, comes_back) in [
        (ApiError::Transient, true),
        (ApiError::Throttled(None), true),
        (ApiError::Throttled(Some(SECOND)), true),
        (ApiError::Unknown, false),
        (ApiError::Permanent, false),
    ] {
        let registry = Registry::new();
        let what = format!("{error:?}");
        let calls = async {
            let remote = Remote::scripted([Err(error)]);
            ask("a", 3_000, &remote).await.unwrap_err();
            // The service may have a cooldown: then it is examined after it.
            advance(SECOND).await;
            let tokens = if comes_back { 6_000 } else { 3_100 };
            assert_eq!(left(&registry, "a"), (tokens, 4), "{what}");
        };
        registry.scope(calls).await;
    }
}

/// It is repeated as if it were transient, which does not make it sure.
#[tokio::test(start_paused = true)]
async fn an_error_that_no_rule_knows_gives_nothing_back() {
    #[llm_resilient(
        service = "gpt",
        retry = off,
        classify = |_| Verdict::unclassified(),
        rate_limit(requests_per_minute = 5, tokens_per_minute = 6_000, key = user, cost = 3_000)
    )]
    async fn obscure(user: &str, remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        obscure("a", &Remote::failing()).await.unwrap_err();
        assert_eq!(left(&registry, "a"), (3_000, 4));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn call_cut_or_dropped_in_the_body_keeps_its_tokens() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("a", 10, &Remote::scripted([Ok(10)])).await.unwrap();
        drop(started(ponder("a", 1_000, 5 * SECOND, &remote)));
        assert_eq!(limiter(&registry, "gpt").peek("a").remaining, 4_990);
        let out = ponder("a", 1_000, 50 * SECOND, &remote).await;
        assert!(out.unwrap_err().is_timeout());
        // A token each 10 ms, and two of the five requests back by then.
        assert_eq!(left(&registry, "a"), (4_990, 2));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn ok_classified_as_failure_keeps_its_tokens() {
    fn judge(answer: &u32) -> Option<Verdict> {
        (*answer == 700).then(Verdict::transient)
    }
    #[llm_resilient(
        service = "gpt",
        retry(max_attempts = 2, base_delay = "3s", jitter = "none"),
        classify_ok = judge,
        rate_limit(
            requests_per_minute = 5,
            tokens_per_minute = 6_000,
            key = user,
            cost = 1_000,
            usage = used
        )
    )]
    async fn settled(user: &str, remote: &Remote) -> Answer {
        remote.answer()
    }
    #[llm_resilient(
        service = "gpt",
        retry = off,
        classify_ok = judge,
        rate_limit(key = user, cost = 1_000)
    )]
    async fn reserved(user: &str, remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Ok(700), Ok(900), Ok(700)]);
        settled("a", &remote).await.unwrap();
        // 700, three seconds, and 900.
        assert_eq!(limiter(&registry, "gpt").peek("a").remaining, 4_700);
        reserved("b", &remote).await.unwrap();
        assert_eq!(left(&registry, "b"), (5_000, 4));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn verified_as_not_executed_refunds_its_tokens() {
    fn nothing(_: &str, _: &Remote) -> Result<Option<u32>, ApiError> {
        Ok(None)
    }
    #[llm_resilient(
        service = "gpt",
        retry = off,
        verify = nothing,
        rate_limit(
            requests_per_minute = 5,
            tokens_per_minute = 6_000,
            key = user,
            cost = 3_000
        )
    )]
    async fn order(user: &str, remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Err(ApiError::Unknown)]);
        order("a", &remote).await.unwrap_err();
        assert_eq!(left(&registry, "a"), (6_000, 4));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn without_tokens_the_cost_is_settled() {
    #[resilient(
        service = "weighed",
        retry = off,
        rate_limit(requests_per_minute = 60, key = user, cost = 10, usage = used)
    )]
    async fn weighed(user: &str, remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let failures = [ApiError::Transient, ApiError::Throttled(None)].map(Err);
        let remote = Remote::scripted([Ok(3), Ok(14)].into_iter().chain(failures));
        weighed("a", &remote).await.unwrap();
        weighed("a", &remote).await.unwrap();
        let service = registry.service("weighed", ServiceKind::Custom).unwrap();
        let limiter = service.rate_limiter().unwrap();
        assert_eq!(limiter.peek("a").remaining, 60 - 17);
        // Requests that were sent are counted, also those that failed.
        weighed("a", &remote).await.unwrap_err();
        weighed("a", &remote).await.unwrap_err();
        assert_eq!(limiter.peek("a").remaining, 60 - 37);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn usage_is_not_called_without_a_reservation() {
    #[llm_resilient(
        service = "asked",
        retry = off,
        rate_limit(tokens_per_minute = 100, cost = 10, usage = |_| { asked.set(asked.get() + 1); 1 })
    )]
    async fn counted(asked: &Cell<u32>, remote: &Remote) -> Answer {
        remote.answer()
    }
    let asked = Cell::new(0);
    let registry = Registry::new();
    let (healthy, failing) = (Remote::healthy(), Remote::failing());
    let call = counted(&asked, &healthy);
    registry.scope(call).await.unwrap();
    assert_eq!(asked.get(), 1);
    let call = counted(&asked, &failing);
    registry.scope(call).await.unwrap_err();
    assert_eq!(asked.get(), 1, "there was no answer");
    registry.configure(Settings::new().enabled(false)).unwrap();
    let call = counted(&asked, &healthy);
    registry.scope(call).await.unwrap();
    assert_eq!(asked.get(), 1);
}
