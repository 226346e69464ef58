//! Declared services while everything happens at once, beside each other, and where nothing of them is on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, ServiceKind, ServiceSettings, Settings, database_resilient,
    llm_resilient, resilient, service,
};
use tokio::task::yield_now;

use crate::errors::ApiError;
use crate::remote::Answer;

const SECOND: Duration = Duration::from_secs(1);

service! {
    static CHAT: Llm = "chat" {
        circuit_breaker(failure_threshold = 2),
        bulkhead(max_concurrent = 4, max_wait = "10s"),
        timeout = "7s",
        retry = off,
    }
    static DASHED: Custom = "my-api" { timeout = "3s" }
    static DOTTED: Custom = "my.api" { timeout = "4s" }
    static NOTHING: Custom = "nothing" {
        retry = off,
        retry_budget = off,
        circuit_breaker = off,
        rate_limit = off,
        bulkhead = off,
        timeout = off,
        deadline = off,
    }
}

#[llm_resilient(service = CHAT)]
async fn ask(answer: bool) -> Answer {
    yield_now().await;
    if answer {
        Ok(1)
    } else {
        Err(ApiError::Transient)
    }
}

#[database_resilient(service = "chat", circuit_breaker(failure_threshold = 9), retry = off)]
async fn ask_by_literal(answer: bool) -> Answer {
    yield_now().await;
    if answer {
        Ok(1)
    } else {
        Err(ApiError::Transient)
    }
}

/// Runs `work` again and again until all is over.
fn again_and_again(over: &AtomicBool, mut work: impl FnMut(u32)) {
    let mut round = 0;
    while !over.load(Ordering::Relaxed) {
        work(round);
        round += 1;
    }
}

#[test]
fn declared_removed_configured_and_called_at_once() {
    let (registry, over) = (Registry::new(), AtomicBool::new(false));
    let call = |by_literal: bool| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        again_and_again(&over, |_| {
            let answer = if by_literal {
                runtime.block_on(registry.scope(ask_by_literal(true)))
            } else {
                runtime.block_on(registry.scope(ask(true)))
            };
            assert_eq!(answer.unwrap(), 1);
        });
    };
    thread::scope(|threads| {
        threads.spawn(|| call(false));
        threads.spawn(|| call(true));
        threads.spawn(|| again_and_again(&over, |_| drop(registry.declare(&[&CHAT, &DASHED]))));
        threads.spawn(|| {
            again_and_again(&over, |_| {
                registry.remove("chat");
            })
        });
        for round in 0..300 {
            let timeout = (1 + round % 5) * SECOND;
            let settings = ServiceSettings::new().timeout(timeout);
            registry
                .configure(Settings::new().service("chat", settings))
                .unwrap();
            drop((registry.check(), registry.stats()));
            thread::yield_now();
        }
        over.store(true, Ordering::Relaxed);
    });
    drop(registry.declare(&[&CHAT]));
    let chat = registry.get("chat").unwrap();
    assert_eq!(chat.kind(), ServiceKind::Llm);
    assert_eq!(chat.config().circuit.failure_threshold, Some(2));
    assert_eq!(chat.bulkhead().unwrap().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn declared_with_another_kind_while_calls_run() {
    #[database_resilient(service = "chat", retry = off, bulkhead(max_concurrent = 1))]
    async fn slow() -> Answer {
        tokio::time::sleep(SECOND).await;
        Err(ApiError::Transient)
    }
    let registry = Registry::new();
    let declared_meanwhile = async {
        yield_now().await;
        registry.declare(&[&CHAT]).unwrap_err();
        let (first, second) = tokio::join!(slow(), slow());
        first.unwrap_err();
        second.unwrap_err();
    };
    let (first, ()) = registry
        .scope(async { tokio::join!(slow(), declared_meanwhile) })
        .await;
    first.unwrap_err();
    let chat = registry.get("chat").unwrap();
    assert_eq!(chat.circuit_breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn one_static_lives_in_each_registry_by_itself() {
    let (outer, inner) = (Registry::new(), Registry::new());
    let variables = Settings::from_vars([("TIMEOUT_CHAT", "2")]);
    outer.configure(variables.unwrap()).unwrap();
    outer.declare(&[&CHAT]).unwrap();
    let calls = async {
        ask(false).await.unwrap_err();
        let inside = async {
            for _ in 0..2 {
                ask(false).await.unwrap_err();
            }
            assert!(ask(true).await.unwrap_err().is_open_circuit());
        };
        inner.scope(inside).await;
        ask(true).await.unwrap();
    };
    outer.scope(calls).await;
    for (registry, seconds) in [(outer, 2), (inner, 7)] {
        let config = registry.get("chat").unwrap().config();
        assert_eq!(config.functions[0].timeout, Some(seconds * SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn declared_again_and_again_it_is_one_service() {
    let registry = Registry::new();
    for _ in 0..100 {
        registry.declare(&[&CHAT, &DASHED, &CHAT]).unwrap();
        registry.remove("chat");
        registry.scope(ask(true)).await.unwrap();
    }
    assert_eq!(registry.get("chat").unwrap().config().functions.len(), 1);
    registry.check().unwrap();
}

#[tokio::test(start_paused = true)]
async fn variable_that_means_two_declarations_stops_both() {
    #[resilient(service = DASHED, retry = off)]
    async fn dashed() -> Answer {
        Ok(1)
    }
    #[resilient(service = DOTTED, retry = off)]
    async fn dotted() -> Answer {
        Ok(2)
    }
    let variable = || Settings::from_vars([("TIMEOUT_MY_API", "2")]).unwrap();
    let registry = Registry::new();
    registry.declare(&[&DASHED, &DOTTED]).unwrap();
    let calls = async { (dashed().await.unwrap(), dotted().await.unwrap()) };
    registry.scope(calls).await;
    registry.configure(variable()).unwrap_err();

    let registry = Registry::new();
    registry.configure(variable()).unwrap();
    registry.declare(&[&DASHED]).unwrap();
    let error = registry.declare(&[&DOTTED]).unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    let calls = async {
        dashed().await.unwrap_err();
        dotted().await.unwrap_err();
        assert!(registry.remove("my.api"));
        dashed().await.unwrap();
    };
    registry.scope(calls).await;
    let config = registry.get("my-api").unwrap().config();
    assert_eq!(config.functions[0].timeout, Some(2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn what_a_declaration_switches_off_no_variable_switches_on() {
    #[resilient(service = NOTHING)]
    async fn fails() -> Answer {
        Err(ApiError::Transient)
    }
    #[resilient(service = NOTHING, rate_limit(cost = 3, key = 1))]
    async fn costs() -> Answer {
        Ok(1)
    }
    let variables = [
        ("RETRY_NOTHING_MAX_ATTEMPTS", "5"),
        ("CIRCUIT_NOTHING_FAILURE_THRESHOLD", "1"),
        ("RATE_LIMIT_NOTHING_REQUESTS_PER_MINUTE", "1"),
        ("BULKHEAD_NOTHING_MAX_CONCURRENT", "1"),
        ("TIMEOUT_NOTHING", "1"),
        ("DEADLINE_NOTHING", "1"),
    ];
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars(variables).unwrap())
        .unwrap();
    registry.declare(&[&NOTHING]).unwrap();
    let calls = async {
        for _ in 0..5 {
            assert!(matches!(fails().await, Err(ApiError::Transient)));
            costs().await.unwrap();
        }
    };
    registry.scope(calls).await;
    let nothing = registry.get("nothing").unwrap();
    assert_eq!(nothing.stats().attempts, 10);
    assert_eq!(nothing.circuit_breaker().state(), CircuitState::Closed);
}
