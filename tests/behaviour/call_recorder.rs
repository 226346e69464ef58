//! The calls that a `CallRecorder` returns to a test.

use std::time::Duration;

use resilience_runtime::chaos::Fault;
use resilience_runtime::{
    BoxError, CircuitState, Registry, Verdict, llm_resilient, telemetry::CallRecorder,
    telemetry::CallResult, verdict::Class,
};
use tokio::time::sleep;

use crate::poll::started;

#[llm_resilient(
    retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 3, recovery_timeout = "1m"),
    fallback(cache(key = prompt, ttl = "1h"), call = smaller)
)]
async fn complete(prompt: &str) -> Result<String, BoxError> {
    sleep(Duration::from_millis(500)).await;
    Ok(format!("an answer to {prompt}"))
}

async fn smaller(prompt: &str) -> Result<String, BoxError> {
    match prompt {
        "too hard" => Err("this one neither".into()),
        _ => Ok("a shorter answer".to_owned()),
    }
}

#[tokio::test(start_paused = true)]
async fn recorder_reports_attempts_waits_breaker_and_fallback() {
    let registry = Registry::new();
    let recorder = CallRecorder::new(&registry);
    let test = async {
        complete("hello").await.unwrap();
        assert_eq!(
            recorder.last_call("llm").to_string(),
            "llm: 1 attempt, success"
        );

        let _down = registry.inject("llm", Fault::error(Verdict::transient()));
        complete("hello").await.unwrap();
        let call = recorder.last_call("llm");
        assert_eq!(call.attempts, 3);
        assert_eq!(call.failures, [Class::Transient; 3]);
        assert_eq!(call.waits, [Duration::from_secs(1), Duration::from_secs(2)]);
        assert_eq!(call.elapsed, Some(Duration::from_secs(3)));
        assert_eq!(call.result, Some(CallResult::Failure));
        assert_eq!(call.fallback, Some("cache"));
        assert_eq!(recorder.circuit("llm"), [CircuitState::Open]);

        complete("something else").await.unwrap();
        assert_eq!(
            recorder.last_call("llm").to_string(),
            "llm: 0 attempts, rejected by circuit_breaker, fallback smaller"
        );
        complete("too hard").await.unwrap_err();
        assert_eq!(
            recorder.last_call("llm").to_string(),
            "llm: 0 attempts, rejected by circuit_breaker, fallback call failed"
        );
    };
    registry.scope(test).await;
    assert_eq!(recorder.calls("llm").len(), 4);
    assert!(recorder.calls("database").is_empty());
    recorder.clear();
    assert!(recorder.events().is_empty() && recorder.circuit("llm").is_empty());
}

#[tokio::test(start_paused = true)]
async fn recorder_separates_concurrent_calls() {
    let registry = Registry::new();
    let recorder = CallRecorder::new(&registry);
    let _fault = registry.inject("llm", Fault::error(Verdict::throttled(None)).every(2));
    let both = async { tokio::join!(complete("one"), complete("two"), complete("three")) };
    let (one, two, three) = registry.scope(both).await;
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let mut attempts: Vec<u32> = recorder
        .calls("llm")
        .iter()
        .map(|call| call.attempts)
        .collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn recorder_shows_running_and_abandoned_calls() {
    let registry = Registry::new();
    let recorder = CallRecorder::new(&registry);
    let test = async {
        let fault = registry.inject("llm", Fault::error(Verdict::transient()).times(1));
        let call = started(complete("hello"));
        assert_eq!(
            recorder.last_call("llm").to_string(),
            "llm: 1 attempt (transient), a wait of 1s, still running"
        );
        drop((call, fault));
        assert_eq!(
            recorder.last_call("llm").to_string(),
            "llm: 1 attempt (transient), a wait of 1s, abandoned"
        );
    };
    registry.scope(test).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "no call of service `database`")]
async fn last_call_panics_without_a_call() {
    let registry = Registry::new();
    let recorder = CallRecorder::new(&registry);
    registry.scope(complete("hello")).await.unwrap();
    let _ = recorder.last_call("database");
}

#[tokio::test(start_paused = true)]
async fn dropped_recorder_does_not_affect_others() {
    let registry = Registry::new();
    let first = CallRecorder::new(&registry);
    let second = CallRecorder::new(&registry);
    registry.scope(complete("hello")).await.unwrap();
    drop(first);
    registry.scope(complete("hello")).await.unwrap();
    assert_eq!(second.calls("llm").len(), 2);
}
