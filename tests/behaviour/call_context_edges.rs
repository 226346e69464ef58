//! Contexts of calls under whatever can happen to a body: hooks, long limits, calls beside and inside of each other, panics,
//! drops, other runtimes.

use std::collections::HashSet;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_runtime::{CallContext, Registry, ServiceKind, Settings, resilient};

use crate::errors::ApiError;
use crate::remote::Answer;

const SECOND: Duration = Duration::from_secs(1);

type Times = Mutex<Vec<(u32, Duration, Option<Duration>)>>;

fn current() -> CallContext {
    CallContext::current().expect("inside of a body")
}

fn own_key() -> String {
    current().idempotency_key()
}

#[tokio::test(start_paused = true)]
async fn hook_knows_the_time_of_its_call_where_the_body_never_looked() {
    #[resilient(
        service = "api",
        timeout = "10s",
        deadline = "15s",
        verify = found,
        retry(max_attempts = 2, base_delay = "1s", jitter = "none")
    )]
    async fn order(times: &Times) -> Answer {
        let _ = times;
        pending().await
    }
    async fn found(times: &Times) -> Result<Option<u32>, ApiError> {
        let it = current();
        let time = (it.attempt(), it.elapsed(), it.remaining());
        times.lock().unwrap().push(time);
        Ok(Some(1))
    }
    let times = Times::default();
    Registry::new().scope(order(&times)).await.unwrap();
    let expected = [(1, 11 * SECOND, Some(4 * SECOND))];
    assert_eq!(times.into_inner().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn long_limits_and_many_attempts_are_told_exactly() {
    #[resilient(
        service = "api",
        timeout = "5h",
        deadline = "30h",
        retry(max_attempts = 100_000)
    )]
    async fn long() -> Result<CallContext, ApiError> {
        tokio::time::sleep(SECOND).await;
        let it = current();
        assert_eq!(it.elapsed(), SECOND);
        assert_eq!(it.remaining(), Some(5 * 3_600 * SECOND - SECOND));
        Ok(it)
    }
    for _ in 0..5 {
        tokio::time::advance(Duration::from_millis(1_237)).await;
        let it = Registry::new().scope(long()).await.unwrap();
        assert_eq!((it.attempt(), it.max_attempts()), (1, 100_000));
    }
}

#[resilient(
    service = "inner",
    retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
    timeout = "9s"
)]
async fn fails_first(times: u32) -> Result<String, ApiError> {
    let first = current();
    tokio::task::yield_now().await;
    let again = current();
    assert_eq!(first.attempt(), again.attempt());
    assert_eq!(first.idempotency_key(), again.idempotency_key());
    if again.attempt() <= times {
        return Err(ApiError::Transient);
    }
    Ok(again.idempotency_key())
}

#[tokio::test(start_paused = true)]
async fn joined_and_selected_calls_have_contexts_of_their_own() {
    #[resilient(service = "outer")]
    async fn outer() -> Answer {
        let keys = tokio::join!(fails_first(0), fails_first(1), fails_first(2));
        let keys = HashSet::from([own_key(), keys.0?, keys.1?, keys.2?]);
        assert_eq!(keys.len(), 4);
        let before = current().elapsed();
        tokio::select! {
            biased;
            _ = fails_first(3) => panic!("it takes seconds"),
            () = tokio::time::sleep(SECOND / 2) => {}
        }
        let it = current();
        assert_eq!(it.elapsed(), before + SECOND / 2);
        assert_eq!((it.attempt(), it.max_attempts()), (1, 3));
        Ok(1)
    }
    Registry::new().scope(outer()).await.unwrap();
    assert!(CallContext::current().is_none());
}

#[tokio::test(start_paused = true)]
async fn calls_inside_of_calls_each_see_their_own() {
    #[resilient(
        service = "api",
        bulkhead(max_concurrent = 1),
        timeout = "20s",
        retry(max_attempts = 2, base_delay = "1s", jitter = "none")
    )]
    async fn deep(below: u32) -> Result<HashSet<String>, ApiError> {
        let key = own_key();
        tokio::time::sleep(SECOND).await;
        let mut keys = HashSet::new();
        if below > 0 {
            keys = Box::pin(deep(below - 1)).await?;
        }
        assert_eq!(own_key(), key);
        assert_eq!(current().elapsed(), (below + 1) * SECOND);
        keys.insert(key);
        Ok(keys)
    }
    let keys = Registry::new().scope(deep(6)).await.unwrap();
    assert_eq!(keys.len(), 7);
}

/// Ends with `None` where the future panics.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn panic_inside_leaves_the_contexts_round_it() {
    #[resilient(service = "inner", retry = off)]
    async fn panics(below: u32) -> Answer {
        let _key = own_key();
        assert!(below > 0, "planned");
        Box::pin(panics(below - 1)).await
    }
    #[resilient(
        service = "outer",
        timeout = "7s",
        retry(max_attempts = 2, base_delay = "1s", jitter = "none")
    )]
    async fn outer(below: u32) -> Answer {
        let key = own_key();
        tokio::time::sleep(SECOND).await;
        assert!(Caught(Box::pin(panics(below))).await.is_none());
        let it = current();
        assert_eq!(it.idempotency_key(), key);
        assert_eq!(it.remaining(), Some(6 * SECOND));
        if it.attempt() == 1 {
            return Err(ApiError::Transient);
        }
        assert_eq!(it.elapsed(), 3 * SECOND);
        Ok(it.attempt())
    }
    for below in 0..3 {
        assert_eq!(Registry::new().scope(outer(below)).await.unwrap(), 2);
        assert!(CallContext::current().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_every_poll_nothing_stays_behind() {
    #[resilient(service = "outer")]
    async fn outer() -> Answer {
        let key = own_key();
        let keys = tokio::join!(fails_first(1), fails_first(2));
        assert_eq!(own_key(), key);
        keys.0?;
        keys.1?;
        Ok(1)
    }
    for polls in 0..20 {
        let registry = Registry::new();
        let mut call = Box::pin(registry.scope(outer()));
        for _ in 0..polls {
            let mut cx = Context::from_waker(Waker::noop());
            if call.as_mut().poll(&mut cx).is_ready() {
                break;
            }
            assert!(CallContext::current().is_none());
            tokio::time::advance(SECOND / 2).await;
        }
        drop(call);
        assert!(CallContext::current().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_task_that_carries_a_context_have_their_own() {
    #[resilient(service = "inner")]
    async fn inner() -> Result<(String, Option<Duration>), ApiError> {
        Ok((own_key(), current().remaining()))
    }
    #[resilient(service = "outer", timeout = "4s")]
    async fn outer() -> Answer {
        let key = own_key();
        let task = async move {
            assert_eq!(own_key(), key);
            let (other, remaining) = inner().await.unwrap();
            assert_ne!(other, key);
            assert_eq!(remaining, Some(30 * SECOND));
            assert_eq!(own_key(), key);
            assert_eq!(CallContext::scope(async { own_key() }).await, key);
            let further = tokio::spawn(CallContext::scope(async { own_key() }));
            assert_eq!(further.await.unwrap(), key);
        };
        tokio::spawn(CallContext::scope(task)).await.unwrap();
        Ok(1)
    }
    Registry::new().scope(outer()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_code_in_place_sees_the_call() {
    #[resilient(service = "inner")]
    async fn inner() -> Result<String, ApiError> {
        tokio::task::yield_now().await;
        Ok(own_key())
    }
    #[resilient(service = "outer")]
    async fn outer() -> Answer {
        let key = own_key();
        let (inside, beside) = tokio::task::block_in_place(|| {
            let runtime = tokio::runtime::Handle::current();
            runtime.block_on(async { (inner().await.unwrap(), own_key()) })
        });
        assert_ne!(inside, key);
        assert_eq!(beside, key);
        let elsewhere = tokio::task::spawn_blocking(CallContext::current);
        assert!(elsewhere.await.unwrap().is_none());
        assert_eq!(own_key(), key);
        Ok(1)
    }
    let call = Registry::new().scope(outer());
    tokio::spawn(call).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_load_of_a_cache_is_a_call_of_its_own() {
    #[resilient(service = "api", cache(key = 1, ttl = "10s", refresh_ahead = 0.5), retry = off)]
    async fn load(keys: &Mutex<Vec<String>>) -> Answer {
        assert_eq!(current().elapsed(), Duration::ZERO);
        let key = own_key();
        tokio::task::yield_now().await;
        assert_eq!(own_key(), key);
        keys.lock().unwrap().push(key);
        Ok(1)
    }
    let keys = Mutex::default();
    let calls = async {
        let (leader, waiter) = tokio::join!(load(&keys), load(&keys));
        leader.unwrap();
        waiter.unwrap();
        for seconds in [6, 20] {
            tokio::time::advance(seconds * SECOND).await;
            load(&keys).await.unwrap();
        }
    };
    Registry::new().scope(calls).await;
    let keys = keys.into_inner().unwrap();
    assert_eq!(keys.len(), 3);
    assert_eq!(keys.into_iter().collect::<HashSet<_>>().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn calls_by_hand_and_bare_ones_see_theirs() {
    let registry = Registry::new();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let seen = Mutex::new(Vec::new());
    let call = || async {
        let it = current();
        let previous = it.previous().is_some();
        let mut seen = seen.lock().unwrap();
        seen.push((it.attempt(), previous, it.idempotency_key()));
        Err(ApiError::Transient)
    };
    let out: Answer = api.call(call).await;
    out.unwrap_err();
    let seen = seen.into_inner().unwrap();
    let key = &seen[0].2;
    let expected = [(1, false), (2, true), (3, true)];
    assert_eq!(
        seen,
        expected.map(|(attempt, previous)| (attempt, previous, key.clone()))
    );

    #[resilient(service = "api", timeout = limit)]
    async fn bare(limit: Duration) -> Result<CallContext, ApiError> {
        Ok(current())
    }
    registry.configure(Settings::new().enabled(false)).unwrap();
    let it = registry.scope(bare(Duration::ZERO)).await.unwrap();
    assert_eq!((it.attempt(), it.max_attempts()), (1, 1));
    assert_eq!(it.remaining(), None);
}
