//! Fallbacks by cause: for a prompt that is too large, and for a provider that throttles.

use std::time::Duration;

use resilience_runtime::{
    Classify, Registry, ResilienceError, Verdict, llm_resilient, verdict::Reason,
};

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
enum Failure {
    #[error("too large")]
    TooLarge,
    #[error("quota")]
    Quota,
    #[error("throttled")]
    Throttled,
    #[error("throttled, without a Retry-After")]
    ThrottledBriefly,
    #[error("bad request")]
    Permanent,
    #[error("refused")]
    Transient,
}

#[derive(Debug, thiserror::Error)]
enum LlmError {
    #[error(transparent)]
    Api(#[from] Failure),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for LlmError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Api(Failure::TooLarge) => Verdict::context_too_large(),
            Self::Api(Failure::Quota) => Verdict::permanent().because(Reason::QuotaExhausted),
            Self::Api(Failure::Throttled) => Verdict::throttled(Some(Duration::from_secs(3600))),
            Self::Api(Failure::ThrottledBriefly) => Verdict::throttled(None),
            Self::Api(Failure::Permanent) => Verdict::permanent(),
            Self::Api(Failure::Transient) => Verdict::transient(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

type Answer = Result<String, LlmError>;

async fn bigger(prompt: Option<Failure>) -> Answer {
    let _ = prompt;
    Ok("bigger".to_owned())
}

fn other(_: Option<Failure>) -> Answer {
    Ok("other".to_owned())
}

fn last(_: Option<Failure>) -> Answer {
    Ok("last".to_owned())
}

#[llm_resilient(
    retry(max_attempts = 2),
    fallback(on_context_too_large = bigger, on_throttled = other, call = last)
)]
async fn complete(failure: Option<Failure>) -> Answer {
    failure.map_or_else(|| Ok("model".to_owned()), |failure| Err(failure.into()))
}

#[tokio::test(start_paused = true)]
async fn each_cause_goes_to_its_own() {
    for (failure, answer) in [
        (None, "model"),
        (Some(Failure::TooLarge), "bigger"),
        (Some(Failure::Throttled), "other"),
        (Some(Failure::Quota), "other"),
        (Some(Failure::Permanent), "last"),
        (Some(Failure::Transient), "last"),
    ] {
        let out = Registry::new().scope(complete(failure)).await;
        assert_eq!(out.unwrap(), answer, "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_reached_here_counts_as_throttled() {
    #[llm_resilient(
        rate_limit(requests_per_minute = 1),
        fallback(on_throttled = other)
    )]
    async fn limited(failure: Option<Failure>) -> Answer {
        let _ = failure;
        Ok("model".to_owned())
    }
    let calls = async {
        assert_eq!(limited(None).await.unwrap(), "model");
        assert_eq!(limited(None).await.unwrap(), "other");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn an_error_that_no_step_answers_is_the_callers() {
    #[llm_resilient(retry = off, fallback(on_context_too_large = bigger))]
    async fn only(failure: Option<Failure>) -> Answer {
        failure.map_or_else(|| Ok("model".to_owned()), |failure| Err(failure.into()))
    }
    let registry = Registry::new();
    let out = registry.scope(only(Some(Failure::TooLarge))).await;
    assert_eq!(out.unwrap(), "bigger");
    let out = registry.scope(only(Some(Failure::Permanent))).await;
    assert!(matches!(out, Err(LlmError::Api(Failure::Permanent))));
}

#[tokio::test(start_paused = true)]
async fn on_is_about_the_other_steps_alone() {
    #[llm_resilient(
        retry = off,
        fallback(on_context_too_large = bigger, value = "try later".to_owned(), on = "transient")
    )]
    async fn careful(failure: Option<Failure>) -> Answer {
        failure.map_or_else(|| Ok("model".to_owned()), |failure| Err(failure.into()))
    }
    let registry = Registry::new();
    let ask = |failure| registry.scope(careful(Some(failure)));
    assert_eq!(ask(Failure::TooLarge).await.unwrap(), "bigger");
    assert_eq!(ask(Failure::Transient).await.unwrap(), "try later");
    let out = ask(Failure::Permanent).await;
    assert!(matches!(out, Err(LlmError::Api(Failure::Permanent))));
}

#[tokio::test(start_paused = true)]
async fn failed_fallback_for_a_cause_is_followed_by_the_next_step() {
    fn fails(_: Option<Failure>) -> Answer {
        Err(Failure::Transient.into())
    }
    #[llm_resilient(retry = off, fallback(on_context_too_large = fails, call = last))]
    async fn then_last(failure: Option<Failure>) -> Answer {
        failure.map_or_else(|| Ok("model".to_owned()), |failure| Err(failure.into()))
    }
    let out = Registry::new()
        .scope(then_last(Some(Failure::TooLarge)))
        .await;
    assert_eq!(out.unwrap(), "last");

    #[llm_resilient(retry = off, fallback(call = fails, on_throttled = other))]
    async fn told(failure: Option<Failure>) -> Answer {
        failure.map_or_else(|| Ok("model".to_owned()), |failure| Err(failure.into()))
    }
    let out = Registry::new().scope(told(Some(Failure::Throttled))).await;
    assert_eq!(out.unwrap(), "other");
    let out = Registry::new().scope(told(Some(Failure::Permanent))).await;
    let Err(LlmError::Resilience(ResilienceError::FallbackFailed { strategy, .. })) = out else {
        panic!("{out:?}");
    };
    assert_eq!(strategy, "fails");
}

/// Throttled at first, silent then.
#[llm_resilient(
    retry(max_attempts = 2, base_delay = "10ms", jitter = "none"),
    timeout = "1s",
    fallback(on_throttled = still_answers)
)]
async fn throttled_then_silent(attempts: &std::cell::Cell<u32>) -> Answer {
    attempts.set(attempts.get() + 1);
    if attempts.get() == 1 {
        return Err(Failure::ThrottledBriefly.into());
    }
    std::future::pending().await
}

fn still_answers(_: &std::cell::Cell<u32>) -> Answer {
    Ok("other".to_owned())
}

#[tokio::test(start_paused = true)]
async fn on_throttled_answers_where_the_attempt_after_a_throttling_times_out() {
    let attempts = std::cell::Cell::new(0);
    let answer = Registry::new()
        .scope(throttled_then_silent(&attempts))
        .await;
    assert_eq!(answer.unwrap(), "other");
    assert_eq!(attempts.get(), 2);
}
