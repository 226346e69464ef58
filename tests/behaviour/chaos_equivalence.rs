//! An injected error acts like the body's own error of the same verdict, whatever its type.

use std::cell::Cell;
use std::time::Duration;

use resilience_runtime::chaos::{Fault, Script, Step};
use resilience_runtime::{
    Classify, Registry, ResilienceError, Verdict, database_resilient, llm_resilient, resilient,
};
use tokio::time::{Instant, advance};

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the body's own")]
    Own(Verdict),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::Own(verdict) => *verdict,
            Self::Resilience(error) => error.classify(),
        }
    }
}

impl Error {
    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Own(verdict) => Some(*verdict),
            Self::Resilience(ResilienceError::Injected { verdict, .. }) => Some(*verdict),
            Self::Resilience(_) => None,
        }
    }
}

/// A body that fails with the verdict where the script contains a failure.
struct Body {
    verdict: Verdict,
    attempt: Cell<usize>,
    fails: fn(usize) -> bool,
}

impl Body {
    fn answer(&self) -> Result<u32, Error> {
        let attempt = self.attempt.get();
        self.attempt.set(attempt + 1);
        if (self.fails)(attempt) {
            Err(Error::Own(self.verdict))
        } else {
            Ok(1)
        }
    }
}

/// Twice at first, then five times, then every other time.
fn fails(attempt: usize) -> bool {
    matches!(attempt, 1 | 2 | 5..=9) || (attempt > 12 && attempt.is_multiple_of(2))
}

#[resilient(
    service = "api",
    retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(
        failure_threshold = 4,
        recovery_timeout = "5s",
        success_threshold = 1,
        half_open_max_calls = 1
    ),
    bulkhead(max_concurrent = 1)
)]
async fn plain(body: &Body) -> Result<u32, Error> {
    body.answer()
}

#[resilient(
    service = "api",
    idempotent,
    retry(max_attempts = 2, base_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 100),
    rate_limit(
        requests_per_minute = 600,
        tokens_per_minute = 100_000,
        cost = 100,
        max_wait = "1m"
    )
)]
async fn limited(body: &Body) -> Result<u32, Error> {
    body.answer()
}

// Answers are fresh for a tenth more or less, by chance; nothing is asked for at those times.
#[database_resilient(
    service = "api",
    retry(max_attempts = 2, base_delay = "1s", max_delay = "1s", jitter = "none"),
    cache(key = (), ttl = "1500ms", stale_if_error = "5s", negative_ttl = "1500ms", refresh_ahead = off)
)]
async fn cached(body: &Body) -> Result<u32, Error> {
    body.answer()
}

async fn bigger(_: &Body) -> Result<u32, Error> {
    Ok(2)
}

async fn other(_: &Body) -> Result<u32, Error> {
    Ok(3)
}

#[llm_resilient(
    service = "api",
    retry(max_attempts = 2, base_delay = "1s", jitter = "none"),
    fallback(on_context_too_large = bigger, on_throttled = other, value = 4, on = "transient")
)]
async fn rescued(body: &Body) -> Result<u32, Error> {
    body.answer()
}

/// The results of twenty calls, and the statistics of the service after them.
async fn twenty<F>(registry: &Registry, body: &Body, call: F) -> Vec<String>
where
    F: AsyncFn(&Body) -> Result<u32, Error>,
{
    let mut seen = Vec::new();
    let calls = async {
        for _ in 0..20 {
            let began = Instant::now();
            let out = call(body).await;
            let out = match out {
                Ok(answer) => format!("answer {answer}"),
                Err(error) => match error.verdict() {
                    Some(verdict) => format!("{:?} {:?}", verdict, verdict.reason()),
                    None => format!("{error:?}"),
                },
            };
            seen.push(format!("{out} after {:?}", began.elapsed()));
            advance(Duration::from_secs(1)).await;
        }
    };
    registry.scope(calls).await;
    let service = registry.get("api").unwrap();
    seen.push(format!("{:#?}", service.stats()));
    seen.push(format!("{:?}", service.circuit_breaker().state()));
    seen
}

async fn compare(verdict: Verdict, call: impl AsyncFn(&Body) -> Result<u32, Error>) {
    let body = |fails| Body {
        verdict,
        attempt: Cell::new(0),
        fails,
    };
    let real = twenty(&Registry::new(), &body(fails), &call).await;

    let registry = Registry::new();
    let steps = (0..1_000).map(|attempt| match fails(attempt) {
        true => Step::Fail,
        false => Step::Pass,
    });
    let fault = Fault::error(verdict).script(Script::new(steps));
    let injected = registry.inject("api", fault);
    let body = body(|_| false);
    let seen = twenty(&registry, &body, &call).await;
    assert_eq!(seen, real, "{verdict:?}");
    assert!(injected.hits() > 0, "{verdict:?}");
    let stats = registry.get("api").unwrap().stats();
    let ran = u64::try_from(body.attempt.get()).unwrap();
    assert_eq!(ran, stats.attempts - injected.hits(), "{verdict:?}");
}

fn verdicts() -> Vec<Verdict> {
    let second = Duration::from_secs(1);
    vec![
        Verdict::transient(),
        Verdict::outcome_unknown(),
        Verdict::throttled(None),
        Verdict::permanent(),
        Verdict::not_found(),
        Verdict::denied(),
        Verdict::context_too_large(),
        Verdict::quota_exhausted(),
        Verdict::unclassified(),
        Verdict::session_lost(),
        Verdict::transient().ignored_by_breaker(),
        Verdict::permanent().counts_as_failure(),
        Verdict::outcome_unknown().needs_reconnect(),
        Verdict::permanent().with_retry_after(second),
    ]
}

#[tokio::test(start_paused = true)]
async fn injected_error_equals_own_for_retry_breaker_and_stats() {
    for verdict in verdicts() {
        compare(verdict, async |body| plain(body).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn injected_error_equals_own_for_the_rate_limit() {
    // Where callers wait for the end of a cooldown, they are let go spread by chance, so their times are not compared.
    let cools_down = |verdict: &Verdict| verdict.retry_after().is_some();
    for verdict in verdicts().into_iter().filter(|it| !cools_down(it)) {
        compare(verdict, async |body| limited(body).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn injected_error_equals_own_for_the_cache() {
    for verdict in verdicts() {
        compare(verdict, async |body| cached(body).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn injected_error_equals_own_for_fallbacks() {
    for verdict in verdicts() {
        compare(verdict, async |body| rescued(body).await).await;
    }
}
