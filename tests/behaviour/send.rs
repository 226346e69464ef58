//! The future of an annotated function is `Send` when its body is, whatever its error.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience_runtime::{Classify, Registry, ResilienceError, Verdict, resilient};

/// An error that stays on its thread.
#[derive(Debug)]
struct Local(#[allow(dead_code)] Rc<()>, Verdict);

impl From<ResilienceError> for Local {
    fn from(error: ResilienceError) -> Self {
        Self(Rc::default(), error.classify())
    }
}

impl Classify for Local {
    fn classify(&self) -> Verdict {
        self.1
    }
}

#[resilient(
    service = "api",
    rate_limit(requests_per_minute = 600, max_wait = "1s"),
    bulkhead(max_concurrent = 8, max_wait = "1s")
)]
async fn ask(attempts: &AtomicU32) -> Result<u32, Local> {
    match attempts.fetch_add(1, Ordering::Relaxed) {
        0 => Err(Local(Rc::default(), Verdict::transient())),
        n => Ok(n),
    }
}

#[resilient(service = "api", fallback(value = 7))]
async fn with_value(attempts: &AtomicU32) -> Result<u32, Local> {
    attempts.fetch_add(1, Ordering::Relaxed);
    Err(Local(Rc::default(), Verdict::permanent()))
}

#[resilient(
    service = "api",
    retry = off,
    fallback(cache(key = (), ttl = "1m"))
)]
async fn with_cache(attempts: &AtomicU32) -> Result<u32, Local> {
    match attempts.fetch_add(1, Ordering::Relaxed) {
        0 => Ok(3),
        _ => Err(Local(Rc::default(), Verdict::transient())),
    }
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_send_keeps_the_future_send() {
    let attempts = AtomicU32::new(0);
    let call = assert_send(Registry::new().scope(ask(&attempts)));
    assert_eq!(call.await.unwrap(), 1);
    let call = assert_send(Registry::new().scope(with_value(&attempts)));
    assert_eq!(call.await.unwrap(), 7);

    let registry = Registry::new();
    let attempts = AtomicU32::new(0);
    for _ in 0..2 {
        let call = assert_send(registry.scope(with_cache(&attempts)));
        assert_eq!(call.await.unwrap(), 3);
    }
    assert_eq!(
        attempts.into_inner(),
        2,
        "the second was answered from memory"
    );
}

#[tokio::test(start_paused = true)]
async fn body_that_is_not_send_compiles_without_spawn() {
    #[resilient(service = "api")]
    async fn local(counter: Rc<std::cell::Cell<u32>>) -> Result<u32, ResilienceError> {
        counter.set(counter.get() + 1);
        tokio::task::yield_now().await;
        Ok(counter.get())
    }
    let counter = Rc::default();
    let call = Registry::new().scope(local(Rc::clone(&counter)));
    assert_eq!(call.await.unwrap(), 1);
}
