//! The circuit breaker: when it opens, and which outcomes it counts.

use std::time::Duration;

use resilience_runtime::{CircuitBreaker, CircuitState, Registry, ServiceKind, resilient};
use tokio::sync::oneshot;
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

fn breaker(registry: &Registry) -> std::sync::Arc<CircuitBreaker> {
    let api = registry.service("api", ServiceKind::Custom);
    api.unwrap().circuit_breaker()
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_rate = 0.5, window = 10, minimum_calls = 10)
)]
async fn over_ten_calls(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn failure_rate_covers_only_the_calls_in_the_window() {
    let registry = Registry::new();
    let (healthy, failing) = (Remote::healthy(), Remote::failing());
    let calls = async {
        for _ in 0..1_000 {
            over_ten_calls(&healthy).await.unwrap();
        }
        for _ in 0..5 {
            assert_eq!(breaker(&registry).state(), CircuitState::Closed);
            over_ten_calls(&failing).await.unwrap_err();
        }
        assert_eq!(breaker(&registry).state(), CircuitState::Open);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn failure_outside_the_window_is_not_counted() {
    let registry = Registry::new();
    let (healthy, failing) = (Remote::healthy(), Remote::failing());
    let calls = async {
        // Never five failures among ten neighbours, though half of all calls and more fail in stretches.
        for remote in [&failing, &failing, &failing, &failing] {
            over_ten_calls(remote).await.unwrap_err();
        }
        for _ in 0..9 {
            over_ten_calls(&healthy).await.unwrap();
        }
        for _ in 0..3 {
            over_ten_calls(&failing).await.unwrap_err();
        }
        assert_eq!(breaker(&registry).state(), CircuitState::Closed);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_success_that_fills_the_window_opens_the_circuit() {
    let registry = Registry::new();
    let (healthy, failing) = (Remote::healthy(), Remote::failing());
    let calls = async {
        for _ in 0..5 {
            over_ten_calls(&failing).await.unwrap_err();
        }
        for _ in 0..4 {
            over_ten_calls(&healthy).await.unwrap();
            assert_eq!(breaker(&registry).state(), CircuitState::Closed);
        }
        over_ten_calls(&healthy).await.unwrap();
        assert_eq!(breaker(&registry).state(), CircuitState::Open);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_rate = 0.5, window = "10s", minimum_calls = 4)
)]
async fn over_ten_seconds(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn time_window_slides_with_each_call() {
    let registry = Registry::new();
    let failing = Remote::failing();
    let calls = async {
        // Two at the end of any aligned stretch of ten seconds, two at the start of the next.
        advance(Duration::from_millis(9_900)).await;
        for _ in 0..2 {
            over_ten_seconds(&failing).await.unwrap_err();
        }
        advance(Duration::from_millis(9_999)).await;
        over_ten_seconds(&failing).await.unwrap_err();
        assert_eq!(breaker(&registry).state(), CircuitState::Closed);
        over_ten_seconds(&failing).await.unwrap_err();
        assert_eq!(breaker(&registry).state(), CircuitState::Open);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn outcome_leaves_the_window_when_it_is_as_old() {
    let registry = Registry::new();
    let (healthy, failing) = (Remote::healthy(), Remote::failing());
    let calls = async {
        for _ in 0..1_000 {
            over_ten_seconds(&healthy).await.unwrap();
        }
        advance(Duration::from_secs(10)).await;
        for _ in 0..3 {
            over_ten_seconds(&failing).await.unwrap_err();
        }
        assert_eq!(breaker(&registry).state(), CircuitState::Closed);
        advance(Duration::from_secs(10)).await;
        over_ten_seconds(&failing).await.unwrap_err();
        assert_eq!(breaker(&registry).state(), CircuitState::Closed);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_rate = 1.0, window = "50ms", minimum_calls = 2, recovery_timeout = "20ms")
)]
async fn over_fifty_milliseconds(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn windows_and_pauses_below_a_second_are_exact() {
    let registry = Registry::new();
    let failing = Remote::failing();
    let calls = async {
        over_fifty_milliseconds(&failing).await.unwrap_err();
        advance(Duration::from_millis(50)).await;
        over_fifty_milliseconds(&failing).await.unwrap_err();
        assert_eq!(breaker(&registry).state(), CircuitState::Closed);
        advance(Duration::from_millis(49)).await;
        over_fifty_milliseconds(&failing).await.unwrap_err();
        assert_eq!(breaker(&registry).state(), CircuitState::Open);
        advance(Duration::from_millis(19)).await;
        let rejection = over_fifty_milliseconds(&failing).await.unwrap_err();
        assert_eq!(
            rejection.local().retry_after(),
            Some(Duration::from_millis(1))
        );
        advance(Duration::from_millis(1)).await;
        assert!(matches!(
            over_fifty_milliseconds(&failing).await,
            Err(ApiError::Transient)
        ));
    };
    registry.scope(calls).await;
}

#[resilient(service = "api", retry = off, circuit_breaker(failure_threshold = 2))]
async fn twice_in_a_row(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn throttled_is_not_counted_and_permanent_is_a_success() {
    let registry = Registry::new();
    let remote = Remote::scripted([
        Err(ApiError::Transient),
        Err(ApiError::Throttled(None)),
        Err(ApiError::Permanent),
        Err(ApiError::Unknown),
        Err(ApiError::Throttled(None)),
    ]);
    let calls = async {
        for _ in 0..5 {
            twice_in_a_row(&remote).await.unwrap_err();
            assert_eq!(breaker(&registry).state(), CircuitState::Closed);
        }
        // The permanent error ended the first row, the throttling does not interrupt the second one.
        let failing = Remote::always(|| Err(ApiError::Unknown));
        twice_in_a_row(&failing).await.unwrap_err();
        assert_eq!(breaker(&registry).state(), CircuitState::Open);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_threshold = 1, recovery_timeout = "10s", success_threshold = 1)
)]
async fn answered_later(answer: oneshot::Receiver<Answer>) -> Answer {
    answer.await.unwrap()
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_threshold = 1, recovery_timeout = "10s", success_threshold = 1)
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn a_result_of_an_earlier_state_changes_nothing() {
    for late in [Ok(1), Err(ApiError::Transient)] {
        let failed = late.is_err();
        let registry = Registry::new();
        let calls = async {
            let (tell, answer) = oneshot::channel();
            let call = started(answered_later(answer));
            ask(&Remote::failing()).await.unwrap_err();
            assert_eq!(breaker(&registry).state(), CircuitState::Open);
            advance(Duration::from_secs(10)).await;
            assert_eq!(breaker(&registry).state(), CircuitState::HalfOpen);

            tell.send(late).unwrap();
            assert_eq!(call.await.is_err(), failed);
            assert_eq!(breaker(&registry).state(), CircuitState::HalfOpen);
            let opened = breaker(&registry).stats().opened;
            assert_eq!(opened, 1);
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_an_earlier_round_changes_nothing() {
    let registry = Registry::new();
    let calls = async {
        let (tell, answer) = oneshot::channel();
        ask(&Remote::failing()).await.unwrap_err();
        advance(Duration::from_secs(10)).await;
        let probe = started(answered_later(answer));
        // Another probe of the same round fails: open again, and half-open again.
        ask(&Remote::failing()).await.unwrap_err();
        advance(Duration::from_secs(10)).await;
        assert_eq!(breaker(&registry).state(), CircuitState::HalfOpen);

        tell.send(Ok(1)).unwrap();
        assert!(probe.await.is_ok());
        assert_eq!(
            breaker(&registry).state(),
            CircuitState::HalfOpen,
            "one success of this round would close it"
        );
        ask(&Remote::healthy()).await.unwrap();
        assert_eq!(breaker(&registry).state(), CircuitState::Closed);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_threshold = 1, abandoned = "failure")
)]
async fn abandoned_counts(answer: oneshot::Receiver<Answer>) -> Answer {
    answer.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn dropped_call_is_ignored_unless_abandoned_is_failure() {
    let registry = Registry::new();
    let calls = async {
        let (_tell, answer) = oneshot::channel();
        drop(started(answered_later(answer)));
        assert_eq!(breaker(&registry).state(), CircuitState::Closed);
    };
    registry.scope(calls).await;

    let registry = Registry::new();
    let calls = async {
        let (_tell, answer) = oneshot::channel();
        drop(started(abandoned_counts(answer)));
        assert_eq!(breaker(&registry).state(), CircuitState::Open);
    };
    registry.scope(calls).await;
}

/// Both are written: failures in a row open it although the window of the rate never holds enough calls.
#[tokio::test(start_paused = true)]
async fn a_threshold_beside_a_rate_trips_by_itself() {
    #[resilient(
        service = "slow",
        retry = off,
        circuit_breaker(failure_threshold = 5, failure_rate = 0.5, window = "30s", minimum_calls = 3)
    )]
    async fn rarely(remote: &Remote) -> Answer {
        remote.answer()
    }
    let (remote, registry) = (Remote::failing(), Registry::new());
    for _ in 0..5 {
        assert!(
            registry
                .get("slow")
                .is_none_or(|slow| { slow.circuit_breaker().state() == CircuitState::Closed })
        );
        registry.scope(rarely(&remote)).await.unwrap_err();
        advance(Duration::from_secs(19)).await;
    }
    let slow = registry.get("slow").expect("it was called");
    assert_eq!(slow.circuit_breaker().state(), CircuitState::Open);
}
