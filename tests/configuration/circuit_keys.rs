//! The settings of `circuit_breaker`.

use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, circuit_breaker::OnAbandoned, circuit_breaker::Window,
    config::PatternMode, resilient,
};
use tokio::time::{advance, sleep};

use crate::by_key::{changes, fresh_breaker};
use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::Answer;

const SECOND: Duration = Duration::from_secs(1);

/// A body with a scripted duration and result.
macro_rules! guarded {
    ($name:ident($($circuit:tt)*)) => {
        #[resilient(service = "api", retry = off, circuit_breaker($($circuit)*))]
        async fn $name(ok: bool, time: Duration) -> Answer {
            sleep(time).await;
            if ok { Ok(0) } else { Err(ApiError::Transient) }
        }
    };
}

/// How many of these calls it takes to open the circuit; all of them, if they do not.
macro_rules! calls_until_open {
    ($call:ident, $calls:expr) => {
        async |registry: &Registry| {
            let breaker = fresh_breaker(registry);
            let mut calls = 0;
            for (ok, time) in $calls {
                if breaker.state() != CircuitState::Closed {
                    break;
                }
                let _ = $call(ok, time).await;
                calls += 1;
            }
            calls
        }
    };
}

const AT_ONCE: Duration = Duration::ZERO;

#[tokio::test(start_paused = true)]
async fn failure_threshold() {
    guarded!(ask());
    changes(
        |api| api.circuit_breaker.failure_threshold = Some(2),
        ("CIRCUIT_API_FAILURE_THRESHOLD", "2"),
        (5, 2),
        calls_until_open!(ask, [(false, AT_ONCE); 20]),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn failure_rate() {
    guarded!(ask());
    changes(
        |api| api.circuit_breaker.failure_rate = Some(0.5),
        ("CIRCUIT_API_FAILURE_RATE", "0.5"),
        (20, 10),
        calls_until_open!(ask, (0..20).map(|turn| (turn % 2 == 0, AT_ONCE))),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_window_of_calls() {
    guarded!(ask(failure_rate = 0.5, window = 20, minimum_calls = 4));
    changes(
        |api| api.circuit_breaker.window = Some(Window::Calls(4)),
        ("CIRCUIT_API_WINDOW", "4"),
        (26, 18),
        calls_until_open!(ask, (0..40).map(|turn| (turn < 16, AT_ONCE))),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_window_of_time() {
    guarded!(ask(failure_rate = 1.0, window = "10s", minimum_calls = 4));
    changes(
        |api| api.circuit_breaker.window = Some(Window::Time(Duration::from_secs(3))),
        ("CIRCUIT_API_WINDOW", "3s"),
        (4, 20),
        calls_until_open!(ask, [(false, SECOND); 20]),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn minimum_calls() {
    guarded!(ask(failure_rate = 0.5, window = 20, minimum_calls = 4));
    changes(
        |api| api.circuit_breaker.minimum_calls = Some(8),
        ("CIRCUIT_API_MINIMUM_CALLS", "8"),
        (4, 8),
        calls_until_open!(ask, [(false, AT_ONCE); 20]),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn slow_call_duration() {
    guarded!(ask(
        slow_call_duration = "10s",
        slow_call_rate = 0.5,
        window = 20,
        minimum_calls = 4
    ));
    changes(
        |api| api.circuit_breaker.slow_call_duration = Some(SECOND),
        ("CIRCUIT_API_SLOW_CALL_DURATION", "1s"),
        (10, 4),
        calls_until_open!(ask, [(true, 2 * SECOND); 10]),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn slow_call_rate() {
    guarded!(ask(
        slow_call_duration = "1s",
        slow_call_rate = 1.0,
        window = 20,
        minimum_calls = 4
    ));
    changes(
        |api| api.circuit_breaker.slow_call_rate = Some(0.5),
        ("CIRCUIT_API_SLOW_CALL_RATE", "0.5"),
        (10, 4),
        calls_until_open!(ask, (0..10).map(|turn| (true, SECOND * (turn % 2)))),
    )
    .await;
}

/// The pauses in seconds: of the first opening, and of the second and third after failed probes.
macro_rules! pauses {
    ($call:ident) => {
        async |registry: &Registry| {
            fresh_breaker(registry);
            while !matches!($call(false, AT_ONCE).await, Err(error) if error.is_open_circuit()) {}
            let mut pauses = Vec::new();
            for _ in 0..3 {
                let rejection = $call(false, AT_ONCE).await.unwrap_err();
                let pause = rejection.local().retry_after().unwrap();
                pauses.push(pause.as_secs());
                advance(pause).await;
                let probe = $call(false, AT_ONCE).await.unwrap_err();
                assert!(!probe.is_open_circuit());
            }
            pauses
        }
    };
}

#[tokio::test(start_paused = true)]
async fn recovery_timeout() {
    guarded!(ask());
    changes(
        |api| api.circuit_breaker.recovery_timeout = Some(5 * SECOND),
        ("CIRCUIT_API_RECOVERY_TIMEOUT", "5"),
        (vec![30, 30, 30], vec![5, 5, 5]),
        pauses!(ask),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn recovery_multiplier() {
    guarded!(ask());
    changes(
        |api| api.circuit_breaker.recovery_multiplier = Some(3.0),
        ("CIRCUIT_API_RECOVERY_MULTIPLIER", "3"),
        (vec![30, 30, 30], vec![30, 90, 270]),
        pauses!(ask),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn max_recovery_timeout() {
    guarded!(ask(recovery_multiplier = 10.0));
    changes(
        |api| api.circuit_breaker.max_recovery_timeout = Some(50 * SECOND),
        ("CIRCUIT_API_MAX_RECOVERY_TIMEOUT", "50s"),
        (vec![30, 300, 600], vec![30, 50, 50]),
        pauses!(ask),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn success_threshold() {
    guarded!(ask());
    changes(
        |api| api.circuit_breaker.success_threshold = Some(3),
        ("CIRCUIT_API_SUCCESS_THRESHOLD", "3"),
        (2, 3),
        async |registry: &Registry| {
            let breaker = fresh_breaker(registry);
            for _ in 0..5 {
                ask(false, AT_ONCE).await.unwrap_err();
            }
            advance(30 * SECOND).await;
            let mut probes = 0;
            while breaker.state() != CircuitState::Closed {
                ask(true, AT_ONCE).await.unwrap();
                probes += 1;
            }
            probes
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn half_open_max_calls() {
    guarded!(ask());
    changes(
        |api| api.circuit_breaker.half_open_max_calls = Some(1),
        ("CIRCUIT_API_HALF_OPEN_MAX_CALLS", "1"),
        (3, 1),
        async |registry: &Registry| {
            let breaker = fresh_breaker(registry);
            for _ in 0..5 {
                ask(false, AT_ONCE).await.unwrap_err();
            }
            advance(30 * SECOND).await;
            let mut probes = Vec::new();
            while breaker.try_acquire().is_ok() {
                probes.push(started(ask(true, SECOND)));
            }
            probes.len()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn abandoned() {
    guarded!(ask(failure_threshold = 1));
    changes(
        |api| api.circuit_breaker.abandoned = Some(OnAbandoned::Failure),
        ("CIRCUIT_API_ABANDONED", "failure"),
        (CircuitState::Closed, CircuitState::Open),
        async |registry: &Registry| {
            let breaker = fresh_breaker(registry);
            drop(started(ask(true, SECOND)));
            breaker.state()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn mode() {
    guarded!(ask(failure_threshold = 1));
    changes(
        |api| api.circuit_breaker.mode = Some(PatternMode::Shadow),
        ("CIRCUIT_API_MODE", "shadow"),
        (false, true),
        async |registry: &Registry| {
            fresh_breaker(registry);
            ask(false, AT_ONCE).await.unwrap_err();
            ask(true, AT_ONCE).await.is_ok()
        },
    )
    .await;
}
