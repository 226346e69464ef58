//! Each injected fault, and the patterns around the body when it acts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::chaos::{Fault, Script, Step};
use resilience_runtime::{
    BoxError, CircuitState, Classify, Fallback, Registry, ResilienceError, Service, ServiceKind,
    Verdict, database_resilient, llm_resilient, resilient,
};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

#[resilient(
    service = "api",
    timeout = "5s",
    deadline = "12s",
    retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(
        failure_threshold = 3,
        recovery_timeout = "10s",
        success_threshold = 1,
        half_open_max_calls = 1
    ),
    rate_limit(requests_per_hour = 100),
    bulkhead(max_concurrent = 1)
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(
    service = "api",
    idempotent,
    retry(max_attempts = 3, base_delay = "1s", jitter = "none")
)]
async fn ask_again(remote: &Remote) -> Answer {
    remote.answer()
}

fn api(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

fn injected(error: &ApiError) -> Verdict {
    match error.local() {
        ResilienceError::Injected { verdict, .. } => *verdict,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn injected_error_is_retried_without_running_the_body() {
    let registry = Registry::new();
    let down = registry.inject("api", Fault::error(Verdict::transient()).times(2));
    let remote = Remote::healthy();
    registry.scope(ask(&remote)).await.unwrap();
    assert_eq!(remote.asked_at(), [2 * SECOND]);
    assert_eq!(down.hits(), 2);
}

#[tokio::test(start_paused = true)]
async fn injected_errors_open_the_breaker_until_they_end() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let outage = registry.inject("api", Fault::error(Verdict::transient()));
        let error = ask(&remote).await.unwrap_err();
        assert_eq!(injected(&error), Verdict::transient());
        let breaker = api(&registry).circuit_breaker();
        assert_eq!(breaker.state(), CircuitState::Open);
        assert!(ask(&remote).await.unwrap_err().is_open_circuit());
        assert_eq!(outage.hits(), 3, "what is turned away meets no fault");
        advance(10 * SECOND).await;
        drop(outage);
        ask(&remote).await.unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(remote.asked(), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn injected_latency_delays_the_body_within_the_timeout() {
    let registry = Registry::new();
    let calls = async {
        let slow = registry.inject("api", Fault::latency(4 * SECOND));
        let remote = Remote::healthy();
        ask(&remote).await.unwrap();
        assert_eq!(remote.asked_at(), [4 * SECOND]);
        drop(slow);

        let _slower = registry.inject("api", Fault::latency(6 * SECOND));
        let remote = Remote::healthy();
        let began = Instant::now();
        assert!(ask(&remote).await.unwrap_err().is_timeout());
        assert_eq!(began.elapsed(), 5 * SECOND);
        assert_eq!(remote.asked(), 0);
        assert_eq!(api(&registry).stats().timeouts, 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn hang_ends_at_the_timeout_and_is_retried_until_the_deadline() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "5s",
        deadline = "12s",
        retry(max_attempts = 9, base_delay = "1s", multiplier = 1.0, jitter = "none")
    )]
    async fn patient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let hung = registry.inject("api", Fault::hang().times(1));
    let remote = Remote::healthy();
    registry.scope(patient(&remote)).await.unwrap();
    assert_eq!(remote.asked_at(), [6 * SECOND]);
    drop(hung);

    let hung = registry.inject("api", Fault::hang());
    let began = Instant::now();
    let out = registry.scope(patient(&remote)).await;
    // The third attempt would have begun when the deadline was not far: 5 + 1 + 5 + 1 = 12.
    assert!(out.unwrap_err().is_timeout());
    assert_eq!((began.elapsed(), hung.hits()), (11 * SECOND, 2));

    #[resilient(service = "api", timeout = off, deadline = "3s")]
    async fn without_timeout(remote: &Remote) -> Answer {
        remote.answer()
    }
    let began = Instant::now();
    let out = registry.scope(without_timeout(&remote)).await;
    assert!(out.unwrap_err().is_deadline());
    assert_eq!(began.elapsed(), 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn injected_throttling_starts_a_cooldown() {
    let registry = Registry::new();
    let calls = async {
        let verdict = Verdict::throttled(Some(Duration::from_secs(40)));
        let _busy = registry.inject("api", Fault::error(verdict).times(1));
        let remote = Remote::healthy();
        let error = ask(&remote).await.unwrap_err();
        assert_eq!(error.local().retry_after(), Some(40 * SECOND));
        let error = ask(&remote).await.unwrap_err();
        assert!(matches!(
            error.local(),
            ResilienceError::RateLimitExceeded { retry_after: Some(wait), .. } if *wait == 40 * SECOND
        ));
        advance(42 * SECOND).await;
        ask(&remote).await.unwrap();
        assert_eq!(remote.asked(), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cache_serves_stale_value_except_on_denied() {
    #[resilient(
        service = "api",
        retry = off,
        cache(key = (), ttl = "1s", stale_if_error = "1h", refresh_ahead = off)
    )]
    async fn cached(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        cached(&remote).await.unwrap();
        advance(2 * SECOND).await;
        let outage = registry.inject("api", Fault::error(Verdict::transient()));
        cached(&remote).await.unwrap();
        assert_eq!(api(&registry).stats().cache.stale, 1);
        drop(outage);

        advance(60 * SECOND).await;
        let _revoked = registry.inject("api", Fault::error(Verdict::denied()));
        let error = cached(&remote).await.unwrap_err();
        assert!(injected(&error).is_permanent());
        assert_eq!(remote.asked(), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn lost_reply_runs_the_body_with_unknown_outcome() {
    let registry = Registry::new();
    let lost = registry.inject("api", Fault::lost_reply().times(1));
    let remote = Remote::healthy();
    let error = registry.scope(ask(&remote)).await.unwrap_err();
    assert!(injected(&error).is_outcome_unknown());
    assert_eq!(remote.asked(), 1, "not sent twice");
    drop(lost);

    let _lost = registry.inject("api", Fault::lost_reply().times(1));
    let remote = Remote::healthy();
    registry.scope(ask_again(&remote)).await.unwrap();
    assert_eq!(remote.asked(), 2, "idempotent");

    // An error is a reply as well.
    let registry = Registry::new();
    let _lost = registry.inject("api", Fault::lost_reply());
    let remote = Remote::always(|| Err(ApiError::Permanent));
    let error = registry.scope(ask(&remote)).await.unwrap_err();
    assert!(injected(&error).is_outcome_unknown());
}

#[tokio::test(start_paused = true)]
async fn verify_runs_without_faults() {
    async fn found(booked: &AtomicU32) -> Result<Option<u32>, ApiError> {
        let booked = booked.load(Ordering::SeqCst);
        Ok((booked > 0).then_some(booked))
    }
    #[database_resilient(service = "bank", timeout = "2s", verify = found)]
    async fn book(booked: &AtomicU32) -> Answer {
        Ok(booked.fetch_add(1, Ordering::SeqCst) + 1)
    }
    let registry = Registry::new();
    let lost = registry.inject("bank", Fault::lost_reply());
    let booked = AtomicU32::new(0);
    assert_eq!(registry.scope(book(&booked)).await.unwrap(), 1);
    assert_eq!((booked.load(Ordering::SeqCst), lost.hits()), (1, 1));
    drop(lost);

    // What did not happen is sent again, whatever hid it.
    for hidden in [
        Fault::error(Verdict::outcome_unknown()),
        Fault::hang(),
        Fault::latency(3 * SECOND),
    ] {
        let hidden = registry.inject("bank", hidden.times(1));
        let booked = AtomicU32::new(0);
        assert_eq!(registry.scope(book(&booked)).await.unwrap(), 1);
        assert_eq!(hidden.hits(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn reconnect_runs_without_faults() {
    static RENEWED: AtomicU32 = AtomicU32::new(0);
    async fn connect(_: &Remote) -> Result<(), ApiError> {
        RENEWED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    #[resilient(service = "api", reconnect = connect)]
    async fn over_a_session(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let script = Script::new([Step::Fail, Step::Pass]);
    let lost = registry.inject("api", Fault::error(Verdict::session_lost()).script(script));
    let remote = Remote::healthy();
    registry.scope(over_a_session(&remote)).await.unwrap();
    assert_eq!(RENEWED.load(Ordering::SeqCst), 1);
    assert_eq!((remote.asked(), lost.hits()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn service_call_meets_faults_and_fallbacks_answer() {
    let registry = Registry::new();
    let docs = registry.service("docs", ServiceKind::Custom).unwrap();
    let _gone = registry.inject("docs", Fault::error(Verdict::not_found()));
    let out = docs.call(|| async { Ok::<_, ApiError>("a page") }).await;
    assert!(injected(&out.unwrap_err()).is_permanent());

    let fallback = Fallback::new().value("nothing found");
    let out = docs.fallback(&fallback);
    let out = out.call(|| async { Ok::<_, BoxError>("a page") }).await;
    assert_eq!(out.unwrap(), "nothing found");
    assert_eq!(docs.stats().fallbacks.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn injected_error_keeps_its_verdict_in_any_error_type() {
    #[llm_resilient(service = "api", retry = off)]
    async fn anyhow(remote: &Remote) -> anyhow::Result<u32> {
        Ok(remote.answer()?)
    }
    #[llm_resilient(service = "api", retry = off)]
    async fn io(remote: &Remote) -> std::io::Result<u32> {
        remote.answer().map_err(std::io::Error::other)
    }
    let registry = Registry::new();
    let wait = Some(3 * SECOND);
    let _busy = registry.inject("api", Fault::error(Verdict::throttled(wait)));
    let remote = Remote::healthy();
    let error = registry.scope(anyhow(&remote)).await.unwrap_err();
    let error: &ResilienceError = error.downcast_ref().unwrap();
    assert_eq!(error.classify(), Verdict::throttled(wait));
    assert_eq!(
        error.to_string(),
        "fault injected into service `api` (throttled)"
    );
    assert_eq!(error.service().map(|name| name.as_str()), Some("api"));
    assert!(!error.is_rejection());

    let registry = Registry::new();
    let _busy = registry.inject("api", Fault::error(Verdict::throttled(wait)));
    let error = registry.scope(io(&remote)).await.unwrap_err();
    assert_eq!(error.classify(), Verdict::throttled(wait));
}

#[tokio::test(start_paused = true)]
async fn rejected_call_meets_no_fault() {
    #[resilient(service = "small", retry = off, rate_limit(requests_per_hour = 2), bulkhead(max_concurrent = 1))]
    async fn small(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let hung = registry.inject("small", Fault::hang().times(1));
        let running = started(small(&remote));
        for _ in 0..3 {
            assert!(small(&remote).await.unwrap_err().local().is_rejection());
        }
        drop(running);
        small(&remote).await.unwrap();
        assert!(small(&remote).await.unwrap_err().local().is_rejection());
        assert_eq!(hung.hits(), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn faults_act_with_all_patterns_off() {
    #[resilient(
        service = "bare", retry = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off,
        deadline = off, fallback = off
    )]
    async fn bare(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let _slow = registry.inject("bare", Fault::latency(SECOND));
    let _down = registry.inject("bare", Fault::error(Verdict::transient()).every(2));
    let began = Instant::now();
    let remote = Remote::healthy();
    assert!(registry.scope(bare(&remote)).await.is_ok());
    assert!(registry.scope(bare(&remote)).await.is_err());
    assert_eq!(began.elapsed(), 2 * SECOND);
}
