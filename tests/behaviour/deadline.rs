//! The deadline limits the whole call.

use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    deadline = "10s",
    timeout = "6s",
    idempotent,
    circuit_breaker(failure_threshold = 2),
    retry(max_attempts = 5, base_delay = "1s", jitter = "none")
)]
async fn work(remote: &Remote, time: Duration) -> Answer {
    let answer = remote.answer();
    sleep(time).await;
    answer
}

#[tokio::test(start_paused = true)]
async fn deadline_cuts_the_attempt_and_counts_as_failure() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let began = Instant::now();
        match work(&remote, Duration::from_secs(60)).await {
            Err(ApiError::Resilience(ResilienceError::DeadlineExceeded {
                service, after, ..
            })) => {
                assert_eq!(service, "api");
                assert_eq!(after, Duration::from_secs(10));
            }
            other => panic!("{other:?}"),
        }
        // A timeout after 6 s, a pause of 1 s, and 3 s of the second attempt.
        assert_eq!(began.elapsed(), Duration::from_secs(10));
        assert_eq!(remote.asked(), 2);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
        let stats = api.stats();
        assert_eq!((stats.timeouts, stats.deadlines), (1, 1));
        assert_eq!(stats.failures.outcome_unknown, 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn deadline_exceeded_is_never_retried() {
    #[resilient(
        service = "api",
        deadline = "5s",
        timeout = off,
        idempotent,
        retry(max_attempts = 5, base_delay = "1ms", jitter = "none")
    )]
    async fn hang(remote: &Remote) -> Answer {
        remote.answer()?;
        std::future::pending().await
    }
    let remote = Remote::healthy();
    let error = Registry::new().scope(hang(&remote)).await.unwrap_err();
    assert!(error.is_deadline());
    assert_eq!(remote.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn deadline_wins_over_a_timeout_at_the_same_time() {
    #[resilient(service = "api", retry = off, deadline = "5s", timeout = "5s")]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let error = Registry::new().scope(hang()).await.unwrap_err();
    assert!(error.is_deadline());
}

#[tokio::test(start_paused = true)]
async fn pauses_and_work_are_part_of_it() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::failing();
        let began = Instant::now();
        let error = work(&remote, Duration::from_secs(4)).await.unwrap_err();
        // 4 s, 1 s of pause, 4 s: at 9 s the next pause of 2 s would end too late.
        assert!(matches!(error, ApiError::Transient));
        assert_eq!(began.elapsed(), Duration::from_secs(9));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_below_a_second_is_exact() {
    #[resilient(service = "api", retry = off, deadline = "7ms")]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let began = Instant::now();
    let error = Registry::new().scope(hang()).await.unwrap_err();
    assert!(error.is_deadline());
    assert_eq!(began.elapsed(), Duration::from_millis(7));
}

/// Each has a token a second, and calls it a second time at once.
macro_rules! limited {
    ($name:ident, $max_wait:literal, $deadline:literal) => {
        #[resilient(
                            service = "limited",
                            timeout = off,
                            retry = off,
                            deadline = $deadline,
                            rate_limit(requests_per_second = 1, burst = 1, max_wait = $max_wait)
                        )]
        async fn $name(remote: &Remote) -> Answer {
            remote.answer()
        }
    };
}

limited!(until_the_deadline, "10s", "1s");
limited!(until_1_ns_before_the_deadline, "10s", "1000000001ns");
limited!(until_the_end_of_max_wait, "1s", "10s");
limited!(past_the_end_of_max_wait, "999999999ns", "10s");

/// Calls `$function` twice in a registry of its own; returns the second outcome and how long it took.
macro_rules! second_call {
    ($function:ident) => {
        Registry::new()
            .scope(async {
                let remote = Remote::healthy();
                $function(&remote).await.expect("a token is there");
                let began = Instant::now();
                let outcome = $function(&remote).await;
                (outcome, began.elapsed(), remote.asked())
            })
            .await
    };
}

fn is_refused_for_1_s(outcome: &Answer) -> bool {
    matches!(
        outcome,
        Err(ApiError::Resilience(ResilienceError::RateLimitExceeded { retry_after, .. }))
            if *retry_after == Some(Duration::from_secs(1))
    )
}

#[tokio::test(start_paused = true)]
async fn token_due_at_the_deadline_is_refused_at_once() {
    let (outcome, took, asked) = second_call!(until_the_deadline);
    assert!(is_refused_for_1_s(&outcome), "{outcome:?}");
    assert_eq!((took, asked), (Duration::ZERO, 1));
    let (outcome, took, asked) = second_call!(until_1_ns_before_the_deadline);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!((took, asked), (Duration::from_secs(1), 2));
}

#[tokio::test(start_paused = true)]
async fn token_due_at_the_end_of_max_wait_is_waited_for() {
    let (outcome, took, asked) = second_call!(until_the_end_of_max_wait);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!((took, asked), (Duration::from_secs(1), 2));
    let (outcome, took, asked) = second_call!(past_the_end_of_max_wait);
    assert!(is_refused_for_1_s(&outcome), "{outcome:?}");
    assert_eq!((took, asked), (Duration::ZERO, 1));
}

#[resilient(
    service = "limited",
    idempotent,
    timeout = off,
    deadline = off,
    circuit_breaker = off,
    retry(max_attempts = 3, base_delay = "1ms", jitter = "none", max_elapsed = "1s"),
    rate_limit(requests_per_second = 1, burst = 1, max_wait = "10s")
)]
async fn retried_within_1_s(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn token_due_at_the_end_of_max_elapsed_is_waited_for() {
    let calls = async {
        let remote = Remote::failing();
        let began = Instant::now();
        assert!(retried_within_1_s(&remote).await.is_err());
        // The token of a third attempt would come after 2 s, so it is not waited for.
        assert_eq!(remote.asked(), 2);
        assert_eq!(began.elapsed(), Duration::from_secs(1));
    };
    Registry::new().scope(calls).await;
}

/// The failure before the attempt that the deadline ended is the source of its error.
mod source {
    use std::error::Error as _;
    use std::future::pending;

    use super::*;

    /// The first attempt fails, the second is ended by the deadline.
    #[resilient(
        service = "source",
        deadline = "5s",
        timeout = "4s",
        retry(max_attempts = 3, base_delay = "2s", jitter = "none")
    )]
    async fn hangs_then(remote: &Remote) -> Answer {
        if remote.asked() == 0 {
            return remote.answer();
        }
        pending().await
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_has_the_failure_before_it_as_its_source() {
        let remote = Remote::failing();
        let error = Registry::new()
            .scope(hangs_then(&remote))
            .await
            .unwrap_err();
        let local = error.local();
        assert!(
            matches!(local, ResilienceError::DeadlineExceeded { .. }),
            "{local:?}"
        );
        let source = local.source().and_then(|it| it.downcast_ref::<ApiError>());
        assert!(matches!(source, Some(ApiError::Transient)), "{source:?}");
        let text = format!("{local:?} {local}");
        assert!(!text.contains("refused"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_after_a_timeout_has_the_timeout_as_its_source() {
        #[resilient(
            service = "source",
            idempotent,
            deadline = "5s",
            timeout = "3s",
            retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
        )]
        async fn hangs() -> Answer {
            pending().await
        }
        let error = Registry::new().scope(hangs()).await.unwrap_err();
        let source = error.local().source().expect("the timeout");
        let source = source.downcast_ref::<ResilienceError>();
        assert!(
            matches!(source, Some(ResilienceError::Timeout { .. })),
            "{source:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_of_the_first_attempt_has_no_source() {
        #[resilient(service = "source", deadline = "5s", timeout = off)]
        async fn hangs() -> Answer {
            pending().await
        }
        let error = Registry::new().scope(hangs()).await.unwrap_err();
        assert!(error.local().source().is_none());
    }

    /// The deadline ends a wait for a place.
    #[tokio::test(start_paused = true)]
    async fn deadline_in_a_line_has_the_failure_before_it_as_its_source() {
        #[resilient(
            service = "line",
            deadline = "5s",
            timeout = "1s",
            bulkhead(max_concurrent = 1, max_wait = "1m"),
            retry(max_attempts = 3, base_delay = "2s", jitter = "none")
        )]
        async fn fails(remote: &Remote) -> Answer {
            remote.answer()
        }
        #[resilient(service = "line", timeout = off, deadline = off, bulkhead(max_concurrent = 1))]
        async fn in_the_way() -> Answer {
            pending().await
        }
        let remote = Remote::failing();
        let call = async {
            let mut call = Box::pin(fails(&remote));
            assert!(poll(&mut call).is_pending());
            let _taken = started(in_the_way());
            call.await
        };
        let error = Registry::new().scope(call).await.unwrap_err();
        let source = error
            .local()
            .source()
            .and_then(|it| it.downcast_ref::<ApiError>());
        assert!(matches!(source, Some(ApiError::Transient)), "{error:?}");
    }
}
