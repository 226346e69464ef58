//! Annotated functions inside of annotated functions do not multiply attempts.

use std::time::Duration;

use resilience_runtime::{Registry, ResilienceError, ServiceKind, Verdict, resilient};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

/// Two attempts.
#[resilient(
    service = "inner",
    circuit_breaker = off,
    retry(max_attempts = 2, base_delay = "1ms", jitter = "none")
)]
async fn twice(remote: &Remote) -> Answer {
    remote.answer()
}

/// One attempt, of its own choice.
#[resilient(service = "inner", circuit_breaker = off, retry = off)]
async fn once(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "inner", circuit_breaker = off, retry(max_attempts = 1))]
async fn at_most_once(remote: &Remote) -> Answer {
    remote.answer()
}

macro_rules! outer {
    ($($name:ident: $body:expr;)*) => { $(
        #[resilient(
            service = "outer",
            circuit_breaker = off,
            classify = always_worth_another_attempt,
            retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
        )]
        async fn $name(remote: &Remote) -> Answer {
            #[allow(clippy::redundant_closure_call)]
            ($body)(remote).await
        }
    )* };
}

/// So that only the nesting can keep a retry from happening.
fn always_worth_another_attempt(_: &ApiError) -> Verdict {
    Verdict::transient()
}

outer! {
    by_question_mark: async |remote: &Remote| {
        let answer = twice(remote).await?;
        Ok(answer + 1)
    };
    by_map_err: async |remote: &Remote| twice(remote).await.map_err(|_| ApiError::Permanent);
    by_try_join: async |remote: &Remote| {
        let (one, other) = tokio::try_join!(twice(remote), std::future::pending::<Answer>())?;
        Ok(one + other)
    };
    by_try_join_second: async |remote: &Remote| {
        let (one, other) = tokio::try_join!(once_later(remote), twice(remote))?;
        Ok(one + other)
    };
    by_once: async |remote: &Remote| once(remote).await;
    by_at_most_once: async |remote: &Remote| at_most_once(remote).await;
    by_own_error_in_a_later_poll: async |remote: &Remote| {
        let _ = twice(remote).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        Err(ApiError::Transient)
    };
    by_own_error_after_a_success: async |remote: &Remote| {
        twice(remote).await?;
        Err(ApiError::Transient)
    };
}

async fn once_later(remote: &Remote) -> Answer {
    tokio::time::sleep(Duration::from_secs(1)).await;
    remote.answer()
}

#[resilient(
    service = "spawned",
    circuit_breaker = off,
    retry(max_attempts = 2, base_delay = "1ms", jitter = "none", exhausted = "wrap")
)]
async fn twice_of_its_own() -> Answer {
    Err(ApiError::Transient)
}

macro_rules! asked {
    ($call:ident) => {{
        let remote = Remote::failing();
        Registry::new().scope($call(&remote)).await.unwrap_err();
        remote.asked()
    }};
}

#[tokio::test(start_paused = true)]
async fn inner_error_after_retry_is_not_retried_by_outer_call() {
    assert_eq!(asked!(by_question_mark), 2);
    assert_eq!(asked!(by_try_join), 2);
    assert_eq!(asked!(by_try_join_second), 2);
}

#[tokio::test(start_paused = true)]
async fn given_up_error_is_not_retried_after_success_in_same_poll() {
    outer! {
        joined: async |remote: &Remote| {
            let healthy = Remote::healthy();
            let bad = twice(remote).await;
            once(&healthy).await?;
            bad
        };
    }
    assert_eq!(asked!(joined), 2);
}

#[tokio::test(start_paused = true)]
async fn inner_call_without_retry_is_retried_by_outer_call() {
    assert_eq!(asked!(by_once), 3);
    assert_eq!(asked!(by_at_most_once), 3);
}

/// Two known misses: what the body makes of an inner error is another error, and an error of the body that is equal to one
/// that it handled is taken for it.
#[tokio::test(start_paused = true)]
async fn an_error_is_recognized_by_its_type_variant_and_meaning() {
    assert_eq!(asked!(by_map_err), 6);
    assert_eq!(asked!(by_own_error_in_a_later_poll), 2);
}

#[tokio::test(start_paused = true)]
async fn an_inner_success_marks_nothing() {
    let remote = Remote::scripted([Err(ApiError::Transient)]);
    let out = Registry::new().scope(by_own_error_after_a_success(&remote));
    out.await.unwrap_err();
    // Two attempts inside for the first of the outer's, one for each of the others.
    assert_eq!(remote.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_inner_rejection_by_another_service_goes_by_the_outer_verdict() {
    #[resilient(service = "inner", retry = off)]
    async fn guarded(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(
        service = "outer",
        circuit_breaker = off,
        classify = always_worth_another_attempt,
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
    )]
    async fn outer(turns: &Remote, remote: &Remote) -> Answer {
        turns.answer()?;
        guarded(remote).await
    }
    let registry = Registry::new();
    let inner = registry.service("inner", ServiceKind::Custom).unwrap();
    inner.circuit_breaker().force_open();
    let (turns, remote) = (Remote::healthy(), Remote::healthy());
    let error = registry.scope(outer(&turns, &remote)).await.unwrap_err();
    assert!(error.is_open_circuit());
    assert_eq!((turns.asked(), remote.asked()), (3, 0));
}

/// At most two attempts, the second of which meets the deadline.
#[resilient(
    service = "inner",
    idempotent,
    circuit_breaker = off,
    timeout = "2s",
    deadline = "3s",
    retry(max_attempts = 5, base_delay = "1ms", jitter = "none")
)]
async fn silent(remote: &Remote, first: Duration) -> Answer {
    let _ = remote.answer();
    if remote.asked() == 1 {
        tokio::time::sleep(first).await;
        return Err(ApiError::Transient);
    }
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn inner_deadline_after_retry_ends_the_outer_call() {
    outer! {
        after_a_retry: async |remote: &Remote| silent(remote, Duration::from_secs(1)).await;
    }
    assert_eq!(asked!(after_a_retry), 2);
}

#[tokio::test(start_paused = true)]
async fn inner_deadline_without_retry_is_retried_by_outer_call() {
    #[resilient(service = "inner", circuit_breaker = off, timeout = off, deadline = "3s")]
    async fn hang(remote: &Remote) -> Answer {
        let _ = remote.answer();
        std::future::pending().await
    }
    outer! {
        cut: async |remote: &Remote| hang(remote).await;
    }
    assert_eq!(asked!(cut), 3);
}

/// One at a time; who waits does so until the deadline.
#[resilient(
    service = "inner",
    circuit_breaker = off,
    deadline = "3s",
    bulkhead(max_concurrent = 1, max_wait = "1m"),
    retry(max_attempts = 5, base_delay = "1ms", jitter = "none")
)]
async fn in_line(remote: &Remote) -> Answer {
    remote.answer()
}

/// Keeps the only place.
#[resilient(service = "inner", circuit_breaker = off, timeout = off, deadline = off, bulkhead(max_concurrent = 1, max_wait = "1m"))]
async fn in_the_way() -> Answer {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn inner_deadline_in_queue_after_retry_ends_the_outer_call() {
    outer! {
        waits: async |remote: &Remote| {
            let _ = remote.answer();
            in_line(remote).await
        };
    }
    // The place is taken from the beginning: three attempts outside, none inside.
    let registry = Registry::new();
    let remote = Remote::failing();
    let calls = async {
        let taken = started(in_the_way());
        waits(&remote).await.unwrap_err();
        drop(taken);
    };
    registry.scope(calls).await;
    assert_eq!(remote.asked(), 3);

    // It is taken in the pause after two attempts.
    let remote = Remote::failing();
    let calls = async {
        let mut call = Box::pin(waits(&remote));
        while remote.asked() < 3 {
            assert!(poll(&mut call).is_pending());
            advance(Duration::from_micros(100)).await;
        }
        let taken = started(in_the_way());
        call.await.unwrap_err();
        drop(taken);
    };
    registry.scope(calls).await;
    assert_eq!(remote.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn three_nested_layers_make_the_attempts_of_the_innermost() {
    outer! {
        middle: async |remote: &Remote| by_question_mark(remote).await;
        outermost: async |remote: &Remote| middle(remote).await;
    }
    assert_eq!(asked!(outermost), 2);
}

#[tokio::test(start_paused = true)]
async fn given_up_flag_does_not_leak_into_the_next_call() {
    let registry = Registry::new();
    let calls = async {
        twice(&Remote::failing()).await.unwrap_err();
        let remote = Remote::failing();
        by_once(&remote).await.unwrap_err();
        assert_eq!(remote.asked(), 3);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn inner_fallback_answer_is_no_given_up_error() {
    #[resilient(
        service = "inner",
        circuit_breaker = off,
        retry(max_attempts = 2, base_delay = "1ms", jitter = "none"),
        fallback(value = 7)
    )]
    async fn rescued(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(
        service = "outer",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
    )]
    async fn outer(turns: &Remote, remote: &Remote) -> Answer {
        assert_eq!(rescued(remote).await?, 7);
        turns.answer()
    }
    let (turns, remote) = (Remote::failing(), Remote::failing());
    let calls = outer(&turns, &remote);
    Registry::new().scope(calls).await.unwrap_err();
    assert_eq!(turns.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn wrapping_is_exact_across_tasks_as_well() {
    #[resilient(
        service = "outer",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
    )]
    async fn outer(turns: &Remote) -> Answer {
        turns.answer()?;
        let registry = Registry::new();
        let lost = tokio::spawn(async move { registry.scope(twice_of_its_own()).await });
        lost.await.unwrap()
    }
    let turns = Remote::healthy();
    let error = Registry::new().scope(outer(&turns)).await.unwrap_err();
    assert!(matches!(
        error.local(),
        ResilienceError::RetryExhausted { attempts: 2, .. }
    ));
    assert_eq!(turns.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn inner_stale_value_is_no_given_up_error() {
    #[resilient(
        service = "inner",
        circuit_breaker = off,
        retry(max_attempts = 2, base_delay = "1ms", jitter = "none"),
        cache(key = (), ttl = "1m")
    )]
    async fn cached(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(
        service = "outer",
        circuit_breaker = off,
        classify = always_worth_another_attempt,
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
    )]
    async fn outer(turns: &Remote, remote: &Remote) -> Answer {
        cached(remote).await?;
        turns.answer()
    }
    let calls = async {
        cached(&Remote::healthy()).await.unwrap();
        advance(Duration::from_secs(90)).await;
        let turns = Remote::failing();
        outer(&turns, &Remote::failing()).await.unwrap_err();
        assert_eq!(turns.asked(), 3);
    };
    Registry::new().scope(calls).await;
}
