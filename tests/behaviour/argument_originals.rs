//! The originals of owned arguments: the last attempt gets them, and they drop as in the plain function.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use resilience_runtime::{Registry, ServiceSettings, Settings, resilient};
use tokio::task::yield_now;

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

thread_local! {
    static DROPPED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Tells when it is dropped, and whether it was a copy.
struct Noisy(&'static str, bool);

fn noisy(name: &'static str) -> Noisy {
    Noisy(name, false)
}

impl Clone for Noisy {
    fn clone(&self) -> Self {
        Self(self.0, true)
    }
}

impl Drop for Noisy {
    fn drop(&mut self) {
        let copy = if self.1 { "copy of " } else { "" };
        DROPPED.with_borrow_mut(|dropped| dropped.push(format!("{copy}{}", self.0)));
    }
}

fn dropped() -> Vec<String> {
    DROPPED.take()
}

fn originals(mut dropped: Vec<String>) -> Vec<String> {
    dropped.retain(|name| !name.starts_with("copy"));
    dropped
}

fn copies(dropped: &[String]) -> Vec<&str> {
    dropped
        .iter()
        .filter_map(|name| name.strip_prefix("copy of "))
        .collect()
}

/// Declares a function plain, and annotated.
macro_rules! twice {
    ($(#[$attr:meta])* fn $plain:ident, $annotated:ident $arguments:tt $body:block) => {
        async fn $plain $arguments -> Answer $body
        $(#[$attr])*
        async fn $annotated $arguments -> Answer $body
    };
}

twice! {
    #[resilient(service = "api", circuit_breaker = off, retry(base_delay = "1ms"))]
    fn plain, annotated(
        remote: &Remote, a: Noisy, _x: Noisy, (b, c): (Noisy, Noisy), mut d: Noisy, early: bool, e: Noisy
    ) {
        let _local = noisy("local");
        d.0 = "changed";
        drop(b);
        yield_now().await;
        if early {
            return Ok(7);
        }
        let _ = (&e, &d, &c, &a);
        remote.answer()
    }
}

macro_rules! arguments {
    ($remote:expr, $early:expr) => {
        (
            $remote,
            noisy("a"),
            noisy("x"),
            (noisy("b"), noisy("c")),
            noisy("d"),
            $early,
            noisy("e"),
        )
    };
}

macro_rules! call {
    ($function:path, $remote:expr, $early:expr) => {{
        let (remote, a, x, pair, d, early, e) = arguments!($remote, $early);
        $function(remote, a, x, pair, d, early, e)
    }};
}

const IN_ORDER: [&str; 7] = ["b", "local", "e", "changed", "c", "x", "a"];

fn registry(max_attempts: u32) -> Registry {
    let registry = Registry::new();
    let mut api = ServiceSettings::default();
    api.retry.max_attempts = Some(max_attempts);
    let settings = Settings::default().service("api", api);
    registry.configure(settings).unwrap();
    registry
}

#[tokio::test(start_paused = true)]
async fn only_attempt_drops_arguments_as_plain_function() {
    let answers: [(fn() -> Answer, bool); 3] = [
        (|| Ok(1), false),
        (|| Ok(1), true),
        (|| Err(ApiError::Permanent), false),
    ];
    for (answer, early) in answers {
        let remote = Remote::always(answer);
        let _ = call!(plain, &remote, early).await;
        assert_eq!(dropped(), IN_ORDER);
        let _ = registry(1).scope(call!(annotated, &remote, early)).await;
        assert_eq!(dropped(), IN_ORDER, "{:?}, {early}", answer());
    }
}

#[tokio::test(start_paused = true)]
async fn last_attempt_drops_originals_as_plain_function() {
    let remote = Remote::scripted([Err(ApiError::Transient), Err(ApiError::Transient), Ok(1)]);
    registry(3)
        .scope(call!(annotated, &remote, false))
        .await
        .unwrap();
    let dropped = dropped();
    assert_eq!(dropped[dropped.len() - 7..], IN_ORDER);
    let copy = ["b", "e", "changed", "c", "a"];
    assert_eq!(copies(&dropped), [copy, copy].concat());
}

#[tokio::test(start_paused = true)]
async fn earlier_attempt_drops_originals_at_end_in_order() {
    let remote = Remote::healthy();
    let call = call!(annotated, &remote, false);
    registry(3).scope(call).await.unwrap();
    let dropped = dropped();
    assert_eq!(copies(&dropped), ["b", "e", "changed", "c", "a"]);
    assert_eq!(originals(dropped), ["local", "e", "d", "c", "b", "x", "a"]);
}

#[tokio::test(start_paused = true)]
async fn cancelled_call_drops_arguments_as_plain_function() {
    fn cancel(call: impl Future<Output = Answer>) {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(pin!(call).poll(&mut cx).is_pending());
    }
    let remote = Remote::healthy();
    cancel(call!(plain, &remote, false));
    assert_eq!(dropped(), IN_ORDER);
    cancel(registry(1).scope(call!(annotated, &remote, false)));
    assert_eq!(dropped(), IN_ORDER);
}

#[tokio::test(start_paused = true)]
async fn without_retries_arguments_drop_as_in_plain_function() {
    twice! {
        #[resilient(service = "api", retry = off)]
        fn plain, annotated(remote: &Remote, a: Noisy, _x: Noisy, b: Noisy) {
            let _ = (&a, &b);
            remote.answer()
        }
    }
    let remote = Remote::healthy();
    plain(&remote, noisy("a"), noisy("x"), noisy("b"))
        .await
        .unwrap();
    assert_eq!(dropped(), ["b", "x", "a"]);
    let call = annotated(&remote, noisy("a"), noisy("x"), noisy("b"));
    Registry::new().scope(call).await.unwrap();
    assert_eq!(dropped(), ["b", "x", "a"]);
}

#[tokio::test(start_paused = true)]
async fn only_attempt_by_configuration_owns_its_arguments() {
    #[resilient(service = "api")]
    async fn unwrapped(only: Arc<u32>, _guard: Noisy) -> Answer {
        Ok(Arc::try_unwrap(only).expect("nobody else has it"))
    }
    let call = unwrapped(Arc::new(7), noisy("guard"));
    assert!(matches!(registry(1).scope(call).await, Ok(7)));
}

#[tokio::test(start_paused = true)]
async fn unnamed_argument_drops_after_the_others() {
    #[resilient(service = "api")]
    async fn unnamed(remote: &Remote, a: Noisy, _: Noisy, b: Noisy) -> Answer {
        let _ = (&a, &b);
        remote.answer()
    }
    let remote = Remote::healthy();
    let call = unnamed(&remote, noisy("a"), noisy("_"), noisy("b"));
    registry(1).scope(call).await.unwrap();
    assert_eq!(dropped(), ["b", "a", "_"]);
}

/// What judges an answer, or answers for a failure, needs the original.
mod needed_later {
    use super::*;

    async fn count(call: impl Future<Output = Answer>) -> (usize, usize) {
        let _ = registry(2).scope(call).await;
        let dropped = dropped();
        (copies(&dropped).len(), originals(dropped).len())
    }

    #[tokio::test(start_paused = true)]
    async fn argument_of_a_value_is_cloned_for_every_attempt() {
        #[resilient(service = "api", retry(base_delay = "1ms"), fallback(value = u32::from(kept.1)))]
        async fn valued(remote: &Remote, kept: Noisy, given: Noisy) -> Answer {
            let _ = (&kept, &given);
            remote.answer()
        }
        let remote = Remote::failing();
        let call = valued(&remote, noisy("kept"), noisy("given"));
        assert_eq!(count(call).await, (3, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn arguments_of_a_fallback_are_cloned_for_every_attempt() {
        #[resilient(service = "api", retry(base_delay = "1ms"), fallback = backup)]
        async fn primary(remote: &Remote, a: Noisy, _b: Noisy) -> Answer {
            let _ = &a;
            remote.answer()
        }
        fn backup(_: &Remote, a: Noisy, _b: Noisy) -> Answer {
            assert!(!a.1, "the original");
            Ok(1)
        }
        let remote = Remote::failing();
        let call = primary(&remote, noisy("a"), noisy("b"));
        assert_eq!(count(call).await, (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn arguments_that_code_mentions_are_cloned_for_every_attempt() {
        #[resilient(
            service = "api",
            retry(base_delay = "1ms", retry_if = |_: &ApiError| a.0 == "a"),
        )]
        async fn judged(remote: &Remote, a: Noisy, b: Noisy) -> Answer {
            let _ = (&a, &b);
            remote.answer()
        }
        let remote = Remote::failing();
        let call = judged(&remote, noisy("a"), noisy("b"));
        assert_eq!(count(call).await, (3, 2));
    }
}
