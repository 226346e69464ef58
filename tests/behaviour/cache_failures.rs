//! Stale values, negative entries and shared failures of the read-through cache.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::{
    BoxError, Classify, Registry, ResilienceError, Service, ServiceKind, Verdict, resilient,
    verdict::Reason,
};
use tokio::time::{advance, sleep};

/// What the remote does when it is asked.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answer(u32),
    Fail(Verdict),
    Hang,
    /// Answers with what is judged a failure.
    Apologize,
}

#[derive(Debug)]
enum Error {
    Remote(Verdict),
    Ours(ResilienceError),
}

impl From<ResilienceError> for Error {
    fn from(error: ResilienceError) -> Self {
        Self::Ours(error)
    }
}

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::Remote(verdict) => *verdict,
            Self::Ours(error) => error.classify(),
        }
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        format!("{error:?}").into()
    }
}

const APOLOGY: u32 = 999;

fn judge(answer: &u32) -> Option<Verdict> {
    (*answer == APOLOGY).then(Verdict::transient)
}

#[derive(Default)]
struct Asked(AtomicU32);

impl Asked {
    fn times(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    async fn do_it(&self, does: Does) -> Result<u32, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        match does {
            Does::Answer(answer) => Ok(answer),
            Does::Fail(verdict) => Err(Error::Remote(verdict)),
            Does::Hang => std::future::pending().await,
            Does::Apologize => Ok(APOLOGY),
        }
    }
}

#[resilient(
    service = "api",
    retry = off,
    timeout = "1s",
    deadline = "2s",
    circuit_breaker(failure_threshold = 1_000),
    rate_limit(requests_per_hour = 1_000_000),
    bulkhead(max_concurrent = 1),
    classify_ok = judge,
    cache(key = key, ttl = "100s", refresh_ahead = off)
)]
async fn ask(key: u8, asked: &Asked, does: Does) -> Result<u32, Error> {
    asked.do_it(does).await
}

/// Its own deadline cuts it.
#[resilient(
    service = "api",
    retry = off,
    timeout = off,
    deadline = "2s",
    cache(key = (), ttl = "100s", refresh_ahead = off)
)]
async fn ask_by(asked: &Asked, does: Does) -> Result<u32, Error> {
    asked.do_it(does).await
}

const EXPIRY: Duration = Duration::from_secs(111);

fn api(registry: &Registry) -> std::sync::Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

/// A registry whose answer under key 1 is 1 and has expired.
async fn with_an_old_answer(asked: &Asked) -> Registry {
    let registry = Registry::new();
    let first = registry.scope(ask(1, asked, Does::Answer(1)));
    assert_eq!(first.await.unwrap(), 1);
    advance(EXPIRY).await;
    registry
}

#[tokio::test(start_paused = true)]
async fn stale_value_is_served_after_temporary_failure() {
    for does in [
        Does::Fail(Verdict::transient()),
        Does::Fail(Verdict::outcome_unknown()),
        Does::Fail(Verdict::unclassified()),
        Does::Fail(Verdict::throttled(None)),
        Does::Fail(Verdict::permanent().because(Reason::Rejected)),
        Does::Hang,
    ] {
        let asked = Asked::default();
        let registry = with_an_old_answer(&asked).await;
        let out = registry.scope(ask(1, &asked, does)).await;
        assert_eq!(out.unwrap(), 1, "{does:?}");
        let stats = api(&registry).stats();
        assert_eq!((stats.cache.stale, stats.cache.misses), (1, 2), "{does:?}");
        assert_eq!((stats.calls, stats.successes), (2, 1), "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn stale_value_is_served_after_rejection() {
    let asked = Asked::default();
    let registry = with_an_old_answer(&asked).await;
    let calls = async {
        // A full bulkhead.
        let hanging = tokio::time::timeout(Duration::from_millis(500), ask(2, &asked, Does::Hang));
        let turned_away = async {
            tokio::task::yield_now().await;
            ask(1, &asked, Does::Answer(2)).await.unwrap()
        };
        let (_, answer) = tokio::join!(hanging, turned_away);
        assert_eq!(answer, 1);
        assert_eq!(api(&registry).stats().rejections.bulkhead, 1);
        // An open circuit.
        advance(Duration::from_secs(10)).await;
        api(&registry).circuit_breaker().force_open();
        assert_eq!(ask(1, &asked, Does::Answer(2)).await.unwrap(), 1);
        assert_eq!(api(&registry).stats().rejections.circuit_breaker, 1);
        api(&registry).circuit_breaker().force_closed();
        // The deadline.
        assert_eq!(ask_by(&asked, Does::Answer(1)).await.unwrap(), 1);
        advance(EXPIRY).await;
        assert_eq!(ask_by(&asked, Does::Hang).await.unwrap(), 1);
        assert_eq!(api(&registry).stats().deadlines, 1);
    };
    registry.scope(calls).await;

    #[resilient(
        service = "limited",
        retry = off,
        rate_limit(requests_per_hour = 1),
        cache(key = (), ttl = "100s")
    )]
    async fn limited(asked: &Asked) -> Result<u32, Error> {
        asked.do_it(Does::Answer(asked.times())).await
    }
    let registry = Registry::new();
    let calls = async {
        assert_eq!(
            limited(&asked).await.unwrap(),
            limited(&asked).await.unwrap()
        );
        advance(EXPIRY).await;
        limited(&asked).await.unwrap();
        let limited = registry.service("limited", ServiceKind::Custom).unwrap();
        let stats = limited.stats();
        assert_eq!((stats.rejections.rate_limit, stats.cache.stale), (1, 1));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn stale_value_is_not_served_after_permanent_error() {
    let no_headers: [(&str, &str); 0] = [];
    for (status, forgotten) in [(400, false), (401, true), (403, true), (404, true)] {
        let verdict = Verdict::from_http(status, &no_headers);
        let asked = Asked::default();
        let registry = with_an_old_answer(&asked).await;
        let calls = async {
            let out = ask(1, &asked, Does::Fail(verdict)).await;
            assert!(matches!(out, Err(Error::Remote(_))), "{status}");
            // Not now, and what was refused not later either.
            advance(Duration::from_secs(20)).await;
            let later = ask(1, &asked, Does::Fail(Verdict::transient())).await;
            assert_eq!(later.is_err(), forgotten, "{status}");
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_forgotten_by_another_attempt() {
    #[resilient(
        service = "api",
        retry(max_attempts = 2, base_delay = "1ms", retry_if = |_| true),
        circuit_breaker = off,
        cache(key = (), ttl = "100s")
    )]
    async fn ask(attempts: &AtomicU32) -> Result<u32, Error> {
        let denied = Verdict::permanent().because(Reason::Denied);
        match attempts.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(1),
            1 => Err(Error::Remote(denied)),
            _ => Err(Error::Remote(Verdict::transient())),
        }
    }
    let attempts = AtomicU32::new(0);
    let calls = async {
        assert_eq!(ask(&attempts).await.unwrap(), 1);
        advance(EXPIRY).await;
        assert!(ask(&attempts).await.is_err());
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_gets_too_old() {
    let asked = Asked::default();
    let registry = with_an_old_answer(&asked).await;
    advance(Duration::from_secs(3_600)).await;
    let out = registry.scope(ask(1, &asked, Does::Fail(Verdict::transient())));
    assert!(out.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn failing_load_is_retried_only_after_backoff() {
    let asked = Asked::default();
    let registry = with_an_old_answer(&asked).await;
    let down = Does::Fail(Verdict::transient());
    let calls = async {
        let mut tried = Vec::new();
        for millis in 0..8_000_u64 {
            let before = asked.times();
            assert_eq!(ask(1, &asked, down).await.unwrap(), 1);
            if asked.times() > before {
                tried.push(millis);
            }
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!(tried, [0, 1_000, 3_000, 7_000]);
        let stats = api(&registry).stats();
        assert_eq!((stats.cache.stale, stats.calls), (8_000, 1 + 4));
        // Another key is not affected.
        assert_eq!(ask(2, &asked, Does::Answer(2)).await.unwrap(), 2);
        advance(Duration::from_secs(8)).await;
        assert_eq!(ask(1, &asked, Does::Answer(3)).await.unwrap(), 3);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn failing_load_without_stale_value_is_tried_by_each_call() {
    let asked = Asked::default();
    let calls = async {
        for _ in 0..5 {
            let out = ask(1, &asked, Does::Fail(Verdict::transient())).await;
            assert!(matches!(out, Err(Error::Remote(_))));
        }
    };
    Registry::new().scope(calls).await;
    assert_eq!(asked.times(), 5);
}

#[tokio::test(start_paused = true)]
async fn not_found_is_cached_for_negative_ttl() {
    let no_headers: [(&str, &str); 0] = [];
    let gone = Does::Fail(Verdict::from_http(404, &no_headers));
    let asked = Asked::default();
    let registry = Registry::new();
    let calls = async {
        assert!(matches!(ask(1, &asked, gone).await, Err(Error::Remote(_))));
        advance(Duration::from_secs(9)).await;
        let error = ask(1, &asked, gone).await.unwrap_err();
        let Error::Ours(error) = error else {
            panic!("{error:?}");
        };
        assert_eq!(
            error.to_string(),
            "call to service `api` was not sent: a call whose answer it shares failed 9s ago \
             (permanent, http:404)"
        );
        assert_eq!(asked.times(), 1);
        assert_eq!(ask(2, &asked, Does::Answer(2)).await.unwrap(), 2);
        advance(Duration::from_secs(1)).await;
        assert_eq!(ask(1, &asked, Does::Answer(1)).await.unwrap(), 1);
    };
    registry.scope(calls).await;
    assert_eq!(api(&registry).stats().cache.negative, 1);
}

#[tokio::test(start_paused = true)]
async fn ok_classified_as_failure_is_shared_and_not_cached() {
    let asked = Asked::default();
    let registry = Registry::new();
    let calls = async {
        assert_eq!(ask(1, &asked, Does::Apologize).await.unwrap(), APOLOGY);
        assert_eq!(ask(1, &asked, Does::Answer(1)).await.unwrap(), 1);
    };
    registry.scope(calls).await;
    assert_eq!(asked.times(), 2);
}

#[resilient(
    service = "api",
    retry = off,
    fallback = backup,
    cache(key = (), ttl = "100s", refresh_ahead = 0.5)
)]
async fn with_fallback(asked: &Asked, does: Does) -> Result<u32, Error> {
    sleep(Duration::from_millis(1)).await;
    asked.do_it(does).await
}

async fn backup(_: &Asked, _: Does) -> Result<u32, Error> {
    sleep(Duration::from_millis(1)).await;
    Ok(77)
}

#[tokio::test(start_paused = true)]
async fn fallback_answer_is_shared_and_not_cached() {
    let asked = Asked::default();
    let registry = Registry::new();
    let down = Does::Fail(Verdict::transient());
    let calls = async {
        let both = tokio::join!(with_fallback(&asked, down), with_fallback(&asked, down));
        assert_eq!((both.0.unwrap(), both.1.unwrap()), (77, 77));
        assert_eq!(asked.times(), 1);
        assert_eq!(with_fallback(&asked, Does::Answer(1)).await.unwrap(), 1);
        // A refresh that needed it leaves the fresh answer.
        advance(Duration::from_secs(60)).await;
        assert_eq!(with_fallback(&asked, down).await.unwrap(), 1);
        // It comes before an expired one.
        advance(EXPIRY).await;
        assert_eq!(with_fallback(&asked, down).await.unwrap(), 77);
    };
    registry.scope(calls).await;
    let stats = api(&registry).stats();
    assert_eq!((stats.fallbacks.call, stats.cache.shared), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn waiter_gets_the_stale_value() {
    #[resilient(service = "api", retry = off, cache(key = (), ttl = "100s"))]
    async fn ask(asked: &Asked, does: Does) -> Result<u32, Error> {
        sleep(Duration::from_secs(1)).await;
        asked.do_it(does).await
    }
    let asked = Asked::default();
    let registry = Registry::new();
    let down = Does::Fail(Verdict::transient());
    let calls = async {
        ask(&asked, Does::Answer(1)).await.unwrap();
        advance(EXPIRY).await;
        let both = tokio::join!(ask(&asked, down), ask(&asked, down));
        assert_eq!((both.0.unwrap(), both.1.unwrap()), (1, 1));
    };
    registry.scope(calls).await;
    let stats = api(&registry).stats();
    assert_eq!((stats.cache.shared, stats.cache.stale), (1, 2));
}
