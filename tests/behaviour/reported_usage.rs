//! What bodies report of the tokens that they used counts however the attempt ends, and nowhere else.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::rate_limit::Usage;
use resilience_runtime::{CallContext, Registry, Verdict, llm_resilient};
use tokio::time::timeout;

use crate::errors::ApiError;
use crate::remote::Answer;

/// So short that no token comes back in it.
const MOMENT: Duration = Duration::from_millis(1);

fn left(registry: &Registry) -> u32 {
    let limiter = registry.get("llm").unwrap().rate_limiter().unwrap();
    limiter.peek("user").remaining
}

fn unknown(_: &ApiError) -> Verdict {
    Verdict::outcome_unknown()
}

fn used(context: &CallContext) {
    context.report_usage(Usage::new(200, 100));
}

/// Gives items, and reports with each.
struct Items {
    left: u32,
    breaks: bool,
    context: CallContext,
}

impl Stream for Items {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
        used(&self.context);
        Poll::Ready(match self.left.checked_sub(1) {
            None if self.breaks => Some(Err(ApiError::Unknown)),
            None => None,
            Some(left) => {
                self.left = left;
                Some(Ok(left))
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn stream_reports_until_its_end() {
    type Items = Pin<Box<dyn Stream<Item = Answer> + Send>>;

    #[llm_resilient(
        stream(idle_timeout = "30s"),
        rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000)
    )]
    async fn at_once(breaks: bool) -> Result<Items, ApiError> {
        let context = CallContext::current().unwrap();
        context.report_usage(Usage::new(1, 1));
        Ok(Box::pin(self::Items {
            left: 3,
            breaks,
            context,
        }))
    }
    #[llm_resilient(
        stream = "first_item",
        rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000)
    )]
    async fn with_first_item(breaks: bool) -> Result<Items, ApiError> {
        let context = CallContext::current().unwrap();
        Ok(Box::pin(self::Items {
            left: 3,
            breaks,
            context,
        }))
    }
    for until_first_item in [false, true] {
        for (breaks, items) in [(false, 9), (true, 9), (false, 1)] {
            let registry = Registry::new();
            let opened = if until_first_item {
                registry.scope(with_first_item(breaks)).await
            } else {
                registry.scope(at_once(breaks)).await
            };
            let mut stream = opened.unwrap();
            assert_eq!(left(&registry), 9_000, "until it ends");
            for _ in 0..items {
                drop(poll_fn(|cx| stream.as_mut().poll_next(cx)).await);
            }
            drop(stream);
            assert_eq!(
                left(&registry),
                9_700,
                "{until_first_item} {breaks} {items}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn guard_in_the_body_reports_when_it_is_dropped() {
    struct Guard(CallContext);

    impl Drop for Guard {
        fn drop(&mut self) {
            used(&self.0);
        }
    }

    #[llm_resilient(
        rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000),
        retry = off,
        timeout = 3 * MOMENT,
        classify = unknown
    )]
    async fn complete(end: &str) -> Answer {
        let _guard = Guard(CallContext::current().unwrap());
        match end {
            "success" => Ok(1),
            "failure" => Err(ApiError::Unknown),
            _ => pending().await,
        }
    }
    for (end, moments) in [("success", 5), ("failure", 5), ("timeout", 5), ("drop", 1)] {
        let registry = Registry::new();
        let call = timeout(moments * MOMENT, complete(end));
        drop(registry.scope(call).await);
        assert_eq!(left(&registry), 9_700, "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn report_of_the_body_counts_where_the_call_is_dropped_in_its_hook() {
    #[llm_resilient(
        rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000),
        retry(base_delay = "1ms", max_delay = "1ms"),
        classify = unknown,
        verify = found
    )]
    async fn complete() -> Answer {
        used(&CallContext::current().unwrap());
        Err(ApiError::Unknown)
    }
    async fn found() -> Result<Option<u32>, ApiError> {
        pending().await
    }
    let registry = Registry::new();
    drop(registry.scope(timeout(3 * MOMENT, complete())).await);
    assert_eq!(left(&registry), 9_700);
}

#[tokio::test(start_paused = true)]
async fn reports_after_the_end_change_nothing() {
    #[llm_resilient(rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000))]
    async fn complete(kept: &Mutex<Option<CallContext>>) -> Answer {
        *kept.lock().unwrap() = CallContext::current();
        Ok(1)
    }
    let registry = Registry::new();
    let kept = Mutex::default();
    registry.scope(complete(&kept)).await.unwrap();
    let kept = kept.into_inner().unwrap().unwrap();
    let key = kept.idempotency_key();
    used(&kept);
    used(&kept);
    assert_eq!(left(&registry), 9_000);
    tokio::time::advance(MOMENT).await;
    assert_eq!(kept.elapsed(), MOMENT);
    assert_eq!(kept.idempotency_key(), key);
}
