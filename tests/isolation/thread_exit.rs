//! A runtime in a thread local that ends after the thread locals of this crate: what its tasks held reaches other threads, and
//! nothing panics.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Waker};
use std::time::Duration;

use resilience_runtime::telemetry::CorrelationId;
use resilience_runtime::{BoxError, Registry, ServiceKind, hint, resilient, with_correlation_id};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::yield_now;

const CHILD: &str = "TEST_RUNS_AS_CHILD";

/// In the parent: runs the test of this name in a process that aborts at the first panic, and says whether this is the
/// parent.
fn in_a_child(test: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        std::panic::set_hook(Box::new(|panic| {
            println!("{panic}\n{}", std::backtrace::Backtrace::force_capture());
            std::process::abort();
        }));
        return false;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("thread_exit::{test}")])
        .args(["--test-threads=1", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    true
}

thread_local! {
    static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

/// Runs `work` on a thread whose runtime is dropped when all thread locals that `work` uses first are gone.
fn in_thread_that_ends<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) {
    let thread = std::thread::spawn(|| {
        // Tokio's own are still needed: without them a clock that can be paused panics.
        let _ = Handle::try_current();
        RUNTIME.set(Some(
            Builder::new_current_thread().enable_time().build().unwrap(),
        ));
        RUNTIME.with_borrow(|runtime| runtime.as_ref().unwrap().block_on(work()));
    });
    thread.join().unwrap();
}

/// Spawns a call in the scope of the registry, and lets it begin.
async fn begin(
    registry: &Registry,
    call: impl Future<Output = Result<u32, BoxError>> + Send + 'static,
) {
    tokio::spawn(registry.scope(call));
    yield_now().await;
    yield_now().await;
}

#[resilient(service = "places", retry = off, bulkhead(max_concurrent = 1, max_wait = "30s"))]
async fn place(stay: bool) -> Result<u32, BoxError> {
    hint::retry_after(Duration::from_secs(1));
    if stay {
        std::future::pending::<()>().await;
    }
    Ok(1)
}

#[resilient(service = "places", retry = off, bulkhead(max_concurrent = 1, max_wait = "30s"))]
async fn nested() -> Result<u32, BoxError> {
    hint::retry_after(Duration::from_secs(1));
    let _ = refused().await;
    let _on_drop = CallsOnDrop;
    place(true).await
}

#[resilient(service = "other", retry = off)]
async fn refused() -> Result<u32, BoxError> {
    Err("refused".into())
}

#[resilient(service = "line", retry = off, rate_limit(requests_per_minute = 4, burst = 1, max_wait = "2m"))]
async fn in_line() -> Result<u32, BoxError> {
    Ok(1)
}

#[resilient(service = "answers", retry = off, cache(key = 1, ttl = "1m"))]
async fn cached(stay: bool) -> Result<u32, BoxError> {
    if stay {
        std::future::pending::<()>().await;
    }
    Ok(1)
}

/// Uses all that it can when it is dropped.
struct CallsOnDrop;

impl Drop for CallsOnDrop {
    fn drop(&mut self) {
        async fn calls() -> Result<u32, BoxError> {
            refused().await.unwrap_err();
            Ok(1)
        }
        #[resilient(service = "inner", retry = off, bulkhead(max_concurrent = 1))]
        async fn outer() -> Result<u32, BoxError> {
            hint::retry_after(Duration::from_secs(1));
            let _ = CorrelationId::current();
            calls().await
        }
        let registry = Registry::new();
        let mut events = registry.subscribe();
        let call = registry.scope(with_correlation_id("id", outer()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(pin!(call).poll(&mut cx).is_ready());
        assert!(registry.service("new", ServiceKind::Custom).is_ok());
        assert!(registry.remove("new"));
        assert!(events.try_recv().is_ok());
    }
}

#[test]
fn calls_of_a_thread_that_ends_return_what_they_hold() {
    if in_a_child("calls_of_a_thread_that_ends_return_what_they_hold") {
        return;
    }
    let registry = Registry::new();
    let events = registry.subscribe();
    in_thread_that_ends({
        let registry = registry.clone();
        move || async move {
            begin(&registry, with_correlation_id("outer", nested())).await;
            for _ in 0..3 {
                begin(&registry, place(true)).await;
                begin(&registry, in_line()).await;
                begin(&registry, cached(true)).await;
            }
        }
    });
    drop(events);
    for (name, abandoned) in [("places", 5), ("line", 2), ("answers", 1)] {
        let service = registry.get(name).expect("it was called");
        assert_eq!(service.stats().in_flight, 0, "{name}");
        assert_eq!(service.stats().abandoned, abandoned, "{name}");
    }
}

#[test]
fn caller_on_another_thread_is_woken_when_a_thread_ends() {
    if in_a_child("caller_on_another_thread_is_woken_when_a_thread_ends") {
        return;
    }
    let registry = Registry::new();
    let (began, begun) = std::sync::mpsc::channel();
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let other = registry.clone();
    let ending = std::thread::spawn(move || {
        in_thread_that_ends(move || async move {
            begin(&other, nested()).await;
            begin(&other, cached(true)).await;
            began.send(()).unwrap();
            ends.recv().unwrap();
        });
    });
    begun.recv().unwrap();
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(registry.scope(async {
        let mut waiting = pin!(async { tokio::join!(place(false), cached(false)) });
        let soon = tokio::time::timeout(Duration::from_millis(20), &mut waiting);
        assert!(soon.await.is_err(), "the other thread is in the way");
        end.send(()).unwrap();
        let (place, cached) = tokio::time::timeout(Duration::from_secs(10), waiting)
            .await
            .expect("they are woken");
        assert_eq!((place.unwrap(), cached.unwrap()), (1, 1));
    }));
    ending.join().unwrap();
}
