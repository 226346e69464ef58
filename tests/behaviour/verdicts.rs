//! Which rule classifies an error, and an `Ok`.

use std::io;
use std::time::Duration;

use resilience_runtime::{
    BoxError, CircuitState, Registry, ResilienceError, ServiceKind, Verdict, llm_resilient,
    resilient, secret_resilient,
};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

fn all_permanent(_: &ApiError) -> Verdict {
    Verdict::permanent()
}

#[resilient(service = "api", circuit_breaker(failure_threshold = 1), classify = all_permanent)]
async fn overruled(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn classify_argument_precedes_the_classify_impl() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::failing();
        overruled(&remote).await.unwrap_err();
        assert_eq!(remote.asked(), 1);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.circuit_breaker().state(), CircuitState::Closed);
        assert_eq!(api.stats().failures.permanent, 1);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    rate_limit = off,
    circuit_breaker(failure_threshold = 2),
    retry(
        max_attempts = 4,
        base_delay = "1s",
        multiplier = 1.0,
        jitter = "none",
        retry_if = |error: &ApiError| matches!(error, ApiError::Permanent | ApiError::Unknown | ApiError::Throttled(_))
    )
)]
async fn picky(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn retry_if_decides_on_the_retry_alone() {
    let registry = Registry::new();
    let calls = async {
        // What would be retried is not.
        let remote = Remote::failing();
        picky(&remote).await.unwrap_err();
        assert_eq!(remote.asked(), 1);
        // What would not be is, and stays a sign of life.
        let remote = Remote::always(|| Err(ApiError::Permanent));
        picky(&remote).await.unwrap_err();
        assert_eq!(remote.asked(), 4);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.circuit_breaker().state(), CircuitState::Closed);
        // Idempotence is included in its decision, the breaker is not.
        let remote = Remote::scripted([Err(ApiError::Unknown)]);
        assert!(picky(&remote).await.is_ok());
        // A Retry-After is obeyed.
        let wait = Duration::from_secs(9);
        let remote = Remote::scripted([Err(ApiError::Throttled(Some(wait)))]);
        assert!(picky(&remote).await.is_ok());
        assert_eq!(remote.asked_at(), [Duration::ZERO, wait]);
        let remote = Remote::always(|| Err(ApiError::Unknown));
        picky(&remote).await.unwrap_err();
        assert_eq!(remote.asked(), 2, "the circuit opened");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn retry_if_is_not_asked_about_what_the_runtime_made() {
    #[resilient(
        service = "api",
        timeout = "1s",
        retry(max_attempts = 3, base_delay = "1s", retry_if = |_: &ApiError| panic!("asked"))
    )]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    let calls = async {
        assert!(hang().await.unwrap_err().is_timeout());
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_open();
        assert!(hang().await.unwrap_err().is_open_circuit());
    };
    registry.scope(calls).await;
}

#[derive(Debug, PartialEq)]
struct ToolResult {
    is_error: bool,
    turn: usize,
}

fn failed_tool(result: &ToolResult) -> Option<Verdict> {
    result.is_error.then(Verdict::transient)
}

#[resilient(
    service = "tools",
    circuit_breaker(failure_threshold = 3),
    retry(max_attempts = 3, base_delay = "1s", exhausted = "wrap"),
    classify_ok = failed_tool,
    fallback(value = ToolResult { is_error: false, turn: 99 })
)]
async fn tool(remote: &Remote, failures: usize) -> Result<ToolResult, ApiError> {
    remote.answer()?;
    Ok(ToolResult {
        is_error: remote.asked() <= failures,
        turn: remote.asked(),
    })
}

#[tokio::test(start_paused = true)]
async fn ok_classified_as_failure_is_retried_and_returned() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let result = tool(&remote, 1).await.unwrap();
        assert_eq!((result.is_error, result.turn), (false, 2));

        let remote = Remote::healthy();
        let result = tool(&remote, 100).await.unwrap();
        assert_eq!((result.is_error, result.turn), (true, 3));
        let tools = registry.service("tools", ServiceKind::Custom).unwrap();
        assert_eq!(tools.circuit_breaker().state(), CircuitState::Open);
        let stats = tools.stats();
        assert_eq!(stats.fallbacks.total(), 0);
        assert_eq!(stats.failures.transient, 4);
        assert_eq!((stats.calls, stats.successes), (2, 1));
        // An error, here the open circuit's, is answered by the fallback all the same.
        let result = tool(&Remote::healthy(), 0).await.unwrap();
        assert_eq!(result.turn, 99);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn known_errors_are_found_in_boxes_and_reports() {
    #[resilient(service = "api", circuit_breaker = off)]
    async fn boxed(remote: &Remote, kind: io::ErrorKind) -> Result<u32, BoxError> {
        remote.answer()?;
        Err(io::Error::from(kind).into())
    }
    #[resilient(service = "api", circuit_breaker = off)]
    async fn report(remote: &Remote, kind: io::ErrorKind) -> anyhow::Result<u32> {
        remote.answer()?;
        let error = anyhow::Error::from(io::Error::from(kind));
        Err(error.context("while asking"))
    }
    #[resilient(service = "api", circuit_breaker = off)]
    async fn plain(remote: &Remote, kind: io::ErrorKind) -> io::Result<u32> {
        remote.answer().unwrap();
        Err(kind.into())
    }
    let registry = Registry::new();
    for (kind, attempts) in [
        (io::ErrorKind::ConnectionRefused, 3),
        (io::ErrorKind::ConnectionReset, 1),
        (io::ErrorKind::PermissionDenied, 1),
    ] {
        let remote = Remote::healthy();
        registry.scope(boxed(&remote, kind)).await.unwrap_err();
        assert_eq!(remote.asked(), attempts, "{kind:?} in a box");
        let remote = Remote::healthy();
        registry.scope(report(&remote, kind)).await.unwrap_err();
        assert_eq!(remote.asked(), attempts, "{kind:?} in a report");
        let remote = Remote::healthy();
        registry.scope(plain(&remote, kind)).await.unwrap_err();
        assert_eq!(remote.asked(), attempts, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn unclassified_error_gets_the_verdict_of_the_kind() {
    #[derive(Debug, thiserror::Error)]
    enum Strange {
        #[error("strange")]
        Strange,
        #[error("local")]
        Local(#[from] ResilienceError),
    }
    #[llm_resilient(circuit_breaker = off)]
    async fn complete(remote: &Remote) -> Result<(), Strange> {
        remote.answer().unwrap();
        Err(Strange::Strange)
    }
    #[resilient(service = "api", circuit_breaker = off)]
    async fn ask(remote: &Remote) -> Result<(), Strange> {
        remote.answer().unwrap();
        Err(Strange::Strange)
    }
    let registry = Registry::new();
    let remote = Remote::healthy();
    registry.scope(complete(&remote)).await.unwrap_err();
    assert_eq!(remote.asked(), 3, "transient");
    let remote = Remote::healthy();
    registry.scope(ask(&remote)).await.unwrap_err();
    assert_eq!(remote.asked(), 1, "outcome unknown");

    #[llm_resilient(circuit_breaker = off, idempotent = false)]
    async fn run_tools(remote: &Remote) -> Result<(), Strange> {
        remote.answer().unwrap();
        Err(Strange::Strange)
    }
    #[secret_resilient(circuit_breaker = off, idempotent = false)]
    async fn rotate(remote: &Remote) -> Result<(), Strange> {
        remote.answer().unwrap();
        Err(Strange::Strange)
    }
    let (first, second) = (Remote::healthy(), Remote::healthy());
    registry.scope(run_tools(&first)).await.unwrap_err();
    registry.scope(rotate(&second)).await.unwrap_err();
    assert_eq!((first.asked(), second.asked()), (1, 1), "not idempotent");
}
