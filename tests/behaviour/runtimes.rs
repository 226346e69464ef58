//! Without tokio's timers, or without tokio: works while no timer is needed, then returns `InvalidConfig`.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilience_runtime::{Registry, ResilienceError, resilient};

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000 {
        if let Poll::Ready(out) = future.as_mut().poll(&mut context) {
            return out;
        }
    }
    panic!("it waits for ever");
}

fn without_time<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

#[resilient(service = "api")]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off, bulkhead(max_concurrent = 1))]
async fn hang() -> Answer {
    std::future::pending().await
}

#[resilient(service = "api", timeout = off, deadline = off)]
async fn yields(remote: &Remote) -> Answer {
    let mut first = true;
    std::future::poll_fn(|cx| {
        if std::mem::take(&mut first) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
    remote.answer()
}

fn message(out: Answer) -> String {
    match out {
        Err(ApiError::Resilience(error @ ResilienceError::InvalidConfig(_))) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_body_that_is_ready_at_once_needs_no_timer() {
    assert!(run(Registry::new().scope(ask(&Remote::healthy()))).is_ok());
    assert!(without_time(Registry::new().scope(ask(&Remote::healthy()))).is_ok());
}

#[test]
fn without_limits_a_body_may_wait_without_a_timer() {
    assert!(run(Registry::new().scope(yields(&Remote::healthy()))).is_ok());
    assert!(without_time(Registry::new().scope(yields(&Remote::healthy()))).is_ok());
}

#[test]
fn timeout_without_timer_returns_invalid_config() {
    let registry = Registry::new();
    let missing = message(run(registry.scope(hang())));
    assert!(missing.contains("no tokio runtime"), "{missing}");
    let missing = message(without_time(registry.scope(hang())));
    assert!(missing.contains("enable_time"), "{missing}");
    let stats = registry.get("api").unwrap().stats();
    assert_eq!((stats.calls, stats.attempts), (2, 2));
    assert_eq!((stats.invalid_config, stats.abandoned), (2, 0));
    assert_eq!(stats.in_flight, 0);
}

#[test]
fn backoff_without_timer_returns_invalid_config() {
    let registry = Registry::new();
    let remote = Remote::failing();
    let missing = message(run(registry.scope(ask(&remote))));
    assert!(missing.contains("no tokio runtime"), "{missing}");
    let missing = message(without_time(registry.scope(ask(&remote))));
    assert!(missing.contains("enable_time"), "{missing}");
}

#[test]
fn wait_without_timer_returns_invalid_config() {
    #[resilient(
        service = "api",
        timeout = off,
        deadline = off,
        bulkhead(max_concurrent = 1, max_wait = "1s")
    )]
    async fn one(remote: Option<&Remote>) -> Answer {
        match remote {
            Some(remote) => remote.answer(),
            None => std::future::pending().await,
        }
    }
    let beside_another = async || {
        let _in_the_way = started(one(None));
        one(Some(&Remote::healthy())).await
    };
    let registry = Registry::new();
    let missing = message(run(registry.scope(beside_another())));
    assert!(missing.contains("no tokio runtime"), "{missing}");
    let missing = message(without_time(registry.scope(beside_another())));
    assert!(missing.contains("enable_time"), "{missing}");
}

#[test]
fn stale_value_does_not_hide_a_missing_timer() {
    #[resilient(
        service = "api",
        timeout = off,
        deadline = off,
        cache(key = (), ttl = "40ms", refresh_ahead = 0.5)
    )]
    async fn cached(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let remote = Remote::scripted([Ok(1), Err(ApiError::Transient)]);
    // Until it is time to renew it.
    let out = loop {
        match run(registry.scope(cached(&remote))) {
            Ok(1) if remote.asked() == 1 => {}
            other => break other,
        }
    };
    let missing = message(out);
    assert!(missing.contains("no tokio runtime"), "{missing}");
}
