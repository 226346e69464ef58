//! A call dropped inside a fallback of any kind keeps the result that it had before.

use std::future::Future;

use resilience_runtime::{Registry, ServiceKind, resilient};
use tokio::task::yield_now;

use crate::errors::ApiError;
use crate::poll::poll;
use crate::remote::{Answer, Remote};

async fn slow(remote: &Remote) -> Answer {
    for _ in 0..3 {
        yield_now().await;
    }
    remote.answer()
}

async fn slow_in_vain(remote: &Remote, _: &ApiError) -> Answer {
    let _ = remote;
    for _ in 0..3 {
        yield_now().await;
    }
    Err(ApiError::Permanent)
}

fn at_once(_: &Remote) -> Answer {
    Err(ApiError::Permanent)
}

macro_rules! with_fallback {
    ($name:ident, $($fallback:tt)*) => {
        #[resilient(
            service = "api",
            retry = off,
            rate_limit(requests_per_hour = 100),
            bulkhead(max_concurrent = 1),
            fallback($($fallback)*)
        )]
        async fn $name(remote: &Remote) -> Answer {
            let _ = remote;
            yield_now().await;
            Err(ApiError::Unknown)
        }
    };
}

with_fallback!(with_function, call = slow);
with_fallback!(with_chain, call = slow_in_vain, call = at_once, call = slow);
with_fallback!(with_failure, call = slow_in_vain);
with_fallback!(with_registered, registered);

async fn dropped_everywhere<F: Future<Output = Answer>>(
    what: &str,
    make: impl Fn(&'static Remote) -> F,
) {
    let remote: &'static Remote = Box::leak(Box::new(Remote::healthy()));
    for polls in 0..50 {
        let registry = Registry::new();
        registry.register_fallback::<u32>("api", |_| async {
            for _ in 0..3 {
                yield_now().await;
            }
            7
        });
        let mut call = Box::pin(registry.scope(make(remote)));
        let ended = (0..polls).any(|_| poll(&mut call).is_ready());
        drop(call);
        let stats = registry
            .service("api", ServiceKind::Custom)
            .unwrap()
            .stats();
        let when = format!("{what}: {polls} polls: {stats:?}");
        assert_eq!(stats.in_flight, 0, "{when}");
        assert_eq!(stats.calls, u64::from(polls > 0), "{when}");
        assert_eq!(stats.attempts, stats.calls, "{when}");
        // The body needs one poll more; from then on it has failed, also if the caller drops it.
        assert_eq!(stats.abandoned, u64::from(polls == 1), "{when}");
        assert_eq!(stats.failed, u64::from(polls > 1), "{when}");
        assert_eq!(
            stats.circuit.consecutive_failures,
            u32::from(polls > 1),
            "{when}"
        );
        let answered = ended && what != "with_failure";
        assert_eq!(stats.fallbacks.total(), u64::from(answered), "{when}");
        if ended {
            assert!(polls > 3, "{polls} polls do not reach every await");
            return;
        }
    }
    panic!("it never ends");
}

#[tokio::test(start_paused = true)]
async fn call_dropped_in_any_fallback_releases_everything() {
    dropped_everywhere("with_function", with_function).await;
    dropped_everywhere("with_chain", with_chain).await;
    dropped_everywhere("with_failure", with_failure).await;
    dropped_everywhere("with_registered", with_registered).await;
}
