//! A panic in a hook, classifier, key, fallback or clone ends that call alone and releases everything.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, Service, ServiceKind, Verdict, database_resilient, llm_resilient,
    mcp_resilient, resilient,
};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

/// Says it is the panic that was meant, without the hook which would print it.
fn fail<T>() -> T {
    std::panic::resume_unwind(Box::new("meant"))
}

/// Runs a call that panics, with one place for a probe, one place in the bulkhead; then everything is free.
async fn panics(service: &str, kind: ServiceKind, meant: impl AsyncFn(bool) -> Answer) {
    for half_open in [false, true] {
        let registry = Registry::new();
        let calls = async {
            // The first call makes the configuration known.
            meant(false).await.unwrap();
            let api: Arc<Service> = registry.service(service, kind).unwrap();
            let breaker = api.circuit_breaker();
            if half_open {
                while breaker.state() == CircuitState::Closed {
                    breaker.try_acquire().unwrap().failure();
                }
                advance(Duration::from_secs(1)).await;
            }
            for turn in 0..3 {
                let mut call = Box::pin(AssertUnwindSafe(meant(true)));
                let panicked = std::future::poll_fn(|cx| {
                    let polled = std::panic::catch_unwind(AssertUnwindSafe(|| {
                        call.as_mut().as_mut().poll(cx)
                    }));
                    match polled {
                        Ok(polled) => polled.map(|out| {
                            out.expect_err("it was to panic");
                            false
                        }),
                        Err(panic) => {
                            assert_eq!(panic.downcast_ref::<&str>(), Some(&"meant"));
                            std::task::Poll::Ready(true)
                        }
                    }
                })
                .await;
                assert!(panicked, "{service}: turn {turn}");
                drop(call);
                let stats = api.stats();
                assert_eq!(stats.in_flight, 0, "{service}: bulkhead");
                assert_eq!(stats.calls, turn + 2, "{service}: {stats:?}");
                if breaker.state() == CircuitState::HalfOpen {
                    assert!(breaker.try_acquire().is_ok(), "{service}: probes");
                }
                // A failure that was recorded before the panic may have opened it again.
                if breaker.state() == CircuitState::Open {
                    advance(Duration::from_secs(1)).await;
                }
            }
            meant(false).await.unwrap();
            let stats = api.stats();
            assert!(
                stats.retry_budget >= 100.0 - stats.retries as f64,
                "{service}: budget"
            );
        };
        registry.scope(calls).await;
    }
}

macro_rules! beside {
    ($test:ident, $attribute:ident, $kind:ident, { $($argument:tt)* }, |$panic:ident| $body:expr) => {
        #[tokio::test(start_paused = true)]
        async fn $test() {
            #[$attribute(
                service = "api",
                circuit_breaker(
                    failure_threshold = 100,
                    recovery_timeout = "1s",
                    success_threshold = 1,
                    half_open_max_calls = 1
                ),
                rate_limit(requests_per_hour = 100),
                bulkhead(max_concurrent = 1),
                $($argument)*
            )]
            async fn ask($panic: bool) -> Answer {
                tokio::task::yield_now().await;
                $body
            }
            panics("api", ServiceKind::$kind, ask).await;
        }
    };
}

fn transient_if(panic: bool) -> Answer {
    if panic {
        Err(ApiError::Transient)
    } else {
        Ok(1)
    }
}

fn unknown_if(panic: bool) -> Answer {
    if panic { Err(ApiError::Unknown) } else { Ok(1) }
}

beside!(
    a_classifier,
    resilient,
    Custom,
    { classify = |_: &ApiError| fail::<Verdict>() },
    |panic| transient_if(panic)
);

beside!(
    a_classifier_of_good_answers,
    resilient,
    Custom,
    {
        classify_ok = |answer: &u32| {
            if *answer == 9 {
                fail::<Option<Verdict>>()
            } else {
                None
            }
        }
    },
    |panic| Ok(if panic { 9 } else { 1 })
);

beside!(
    who_decides_on_retries,
    resilient,
    Custom,
    { retry(retry_if = |_: &ApiError| fail::<bool>()) },
    |panic| transient_if(panic)
);

beside!(
    what_says_whether_it_may_be_repeated,
    resilient,
    Custom,
    { safety = |panic: &bool| if *panic { fail() } else { false } },
    |panic| transient_if(panic)
);

beside!(a_sync_fallback, resilient, Custom, { retry = off, fallback = sync_fallback }, |panic| {
    transient_if(panic)
});

fn sync_fallback(_: bool, _: &ApiError) -> Answer {
    fail()
}

beside!(an_async_fallback, resilient, Custom, { retry = off, fallback = async_fallback }, |panic| {
    transient_if(panic)
});

async fn async_fallback(_: bool) -> Answer {
    tokio::task::yield_now().await;
    fail()
}

beside!(
    a_fallback_behind_one_that_failed,
    resilient,
    Custom,
    { retry = off, fallback(call = in_vain, call = async_fallback) },
    |panic| transient_if(panic)
);

fn in_vain(_: bool) -> Answer {
    Err(ApiError::Permanent)
}

beside!(
    a_later_attempt,
    llm_resilient,
    Llm,
    { retry(max_attempts = 2, base_delay = "1s", jitter = "none"), classify = throttled_then_panic },
    |panic| transient_if(panic)
);

/// The first error is let pass, the next one is not.
fn throttled_then_panic(_: &ApiError) -> Verdict {
    use std::cell::Cell;
    thread_local!(static SEEN: Cell<bool> = const { Cell::new(false) });
    if SEEN.replace(!SEEN.get()) {
        fail()
    } else {
        Verdict::transient()
    }
}

beside!(
    a_look_whether_it_happened,
    database_resilient,
    Database,
    { verify = panicking_look },
    |panic| unknown_if(panic)
);

async fn panicking_look(_: &bool) -> Result<Option<u32>, ApiError> {
    tokio::task::yield_now().await;
    fail()
}

beside!(
    a_reconnection,
    mcp_resilient,
    Mcp,
    { reconnect = panicking_renewal, classify = |_: &ApiError| Verdict::session_lost() },
    |panic| transient_if(panic)
);

async fn panicking_renewal(panic: &bool) -> Result<(), ApiError> {
    tokio::task::yield_now().await;
    if *panic { fail() } else { Ok(()) }
}

macro_rules! before {
    ($test:ident, |$panic:ident| { $($argument:tt)* }) => {
        #[tokio::test(start_paused = true)]
        async fn $test() {
            #[resilient(
                service = "api",
                circuit_breaker(
                    failure_threshold = 100,
                    recovery_timeout = "1s",
                    success_threshold = 1,
                    half_open_max_calls = 1
                ),
                bulkhead(max_concurrent = 1),
                $($argument)*
            )]
            async fn ask($panic: bool) -> Answer {
                assert!(!$panic, "it does not come so far");
                Ok(1)
            }
            panics("api", ServiceKind::Custom, ask).await;
        }
    };
}

fn checked<T>(panic: bool, value: T) -> T {
    if panic { fail() } else { value }
}

before!(the_key_of_the_limit, |panic| {
    rate_limit(requests_per_hour = 100, key = checked(panic, 1))
});
before!(the_cost, |panic| {
    rate_limit(requests_per_hour = 100, cost = checked(panic, 1))
});
before!(the_key_of_the_last_good_answer, |panic| {
    fallback(cache(key = checked(panic, 1), ttl = "1m"))
});

/// The clone for the second attempt panics.
#[derive(Debug)]
struct Clumsy {
    clones: Arc<std::sync::atomic::AtomicU32>,
}

impl Clone for Clumsy {
    fn clone(&self) -> Self {
        if self
            .clones
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
            == 1
        {
            fail()
        }
        Self {
            clones: Arc::clone(&self.clones),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_clone_of_an_argument() {
    #[resilient(
        service = "api",
        retry(max_attempts = 3, base_delay = "100ms", jitter = "none"),
        circuit_breaker(
            failure_threshold = 100,
            recovery_timeout = "1s",
            success_threshold = 1,
            half_open_max_calls = 1
        ),
        bulkhead(max_concurrent = 1)
    )]
    async fn ask(clumsy: Clumsy, remote: &Remote) -> Answer {
        drop(clumsy);
        remote.answer()
    }
    panics("api", ServiceKind::Custom, async |panic| {
        let clumsy = Clumsy {
            clones: Arc::default(),
        };
        let error = panic.then_some(Err(ApiError::Throttled(None)));
        ask(clumsy, &Remote::scripted(error)).await
    })
    .await;
}
