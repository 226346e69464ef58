//! Limits of requests, input and output tokens together, as annotated functions use them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::rate_limit::{Cost, LimitName, Priority, Usage};
use resilience_runtime::{
    CallContext, RateLimiter, Registry, ResilienceError, Verdict, hint, llm_resilient,
};

use tokio::task::LocalSet;

use crate::errors::ApiError;
use crate::remote::Answer;

fn limiter(registry: &Registry) -> RateLimiter {
    let llm = registry.get("llm").expect("it was called");
    (*llm.rate_limiter().expect("limited")).clone()
}

fn limit_of(error: &ApiError) -> (Option<LimitName>, Option<Duration>) {
    match error.local() {
        ResilienceError::RateLimitExceeded {
            limit, retry_after, ..
        } => (*limit, *retry_after),
        other => panic!("{other}"),
    }
}

#[llm_resilient(
    retry = off,
    rate_limit(
        key = "ours",
        requests_per_minute = 10,
        input_tokens_per_minute = 1_000,
        output_tokens_per_minute = 500,
        cost = Cost::new(input, output),
        usage = |used: &(u32, u32)| Usage::new(used.0, used.1),
    )
)]
async fn ask(input: u32, output: u32, used: (u32, u32)) -> Result<(u32, u32), ApiError> {
    Ok(used)
}

#[tokio::test(start_paused = true)]
async fn error_names_the_limit_that_is_short() {
    let registry = Registry::new();
    registry
        .scope(async {
            ask(100, 400, (100, 400)).await.unwrap();
            let (limit, wait) = limit_of(&ask(100, 200, (0, 0)).await.unwrap_err());
            assert_eq!(limit, Some(LimitName::OUTPUT_TOKENS_PER_MINUTE));
            assert_eq!(wait, Some(Duration::from_secs(12)));
            let (limit, wait) = limit_of(&ask(1_001, 1, (0, 0)).await.unwrap_err());
            assert_eq!(
                (limit, wait),
                (Some(LimitName::INPUT_TOKENS_PER_MINUTE), None)
            );
            for _ in 0..9 {
                ask(0, 0, (0, 0)).await.unwrap();
            }
            let (limit, _) = limit_of(&ask(0, 0, (0, 0)).await.unwrap_err());
            assert_eq!(limit, Some(LimitName::REQUESTS_PER_MINUTE));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn usage_settles_each_sort() {
    let registry = Registry::new();
    registry
        .scope(async {
            // Most of the input was cached, and the answer was longer than expected.
            ask(800, 100, (50, 300)).await.unwrap();
            let limiter = limiter(&registry);
            assert!(!limiter.check_cost("ours", Cost::new(951, 0)).allowed);
            assert!(!limiter.check_cost("ours", Cost::new(0, 201)).allowed);
            assert!(limiter.check_cost("ours", Cost::new(950, 200)).allowed);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn body_reports_what_each_sort_used_also_where_it_fails() {
    #[llm_resilient(
        retry = off,
        classify = |_: &ApiError| Verdict::outcome_unknown(),
        rate_limit(
            key = "ours",
            input_tokens_per_minute = 1_000,
            output_tokens_per_minute = 500,
            cost = Cost::new(100, 500),
        )
    )]
    async fn fails() -> Answer {
        let context = CallContext::current().expect("inside");
        context.report_usage(Usage::new(90, 20));
        Err(ApiError::Unknown)
    }
    let registry = Registry::new();
    registry
        .scope(async {
            fails().await.unwrap_err();
            let limiter = limiter(&registry);
            assert!(!limiter.check_cost("ours", Cost::new(911, 0)).allowed);
            assert!(!limiter.check_cost("ours", Cost::new(0, 481)).allowed);
            assert!(limiter.check_cost("ours", Cost::new(910, 480)).allowed);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_not_executed_gives_back_both_sorts_and_no_request() {
    #[llm_resilient(
        retry = off,
        classify = |_: &ApiError| Verdict::transient(),
        rate_limit(
            key = "ours",
            requests_per_minute = 2,
            input_tokens_per_minute = 1_000,
            output_tokens_per_minute = 500,
            cost = Cost::new(1_000, 500),
        )
    )]
    async fn refused() -> Answer {
        Err(ApiError::Unknown)
    }
    let registry = Registry::new();
    registry
        .scope(async {
            refused().await.unwrap_err();
            refused().await.unwrap_err();
            let (limit, _) = limit_of(&refused().await.unwrap_err());
            assert_eq!(limit, Some(LimitName::REQUESTS_PER_MINUTE));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn headers_lower_each_sort_to_what_the_server_has_left() {
    #[llm_resilient(
        retry = off,
        rate_limit(
            key = "ours",
            input_tokens_per_minute = 1_000,
            output_tokens_per_minute = 500,
            cost = Cost::new(1, 1),
        )
    )]
    async fn told() -> Answer {
        hint::headers(&[
            ("anthropic-ratelimit-input-tokens-remaining", "70"),
            ("anthropic-ratelimit-output-tokens-remaining", "30"),
        ]);
        Ok(0)
    }
    let registry = Registry::new();
    registry
        .scope(async {
            told().await.unwrap();
            let limiter = limiter(&registry);
            assert!(!limiter.check_cost("ours", Cost::new(71, 0)).allowed);
            assert!(!limiter.check_cost("ours", Cost::new(0, 31)).allowed);
            assert!(limiter.check_cost("ours", Cost::new(70, 30)).allowed);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn cost_without_sorts_is_an_error_that_says_what_to_write() {
    fn estimate() -> u32 {
        10
    }
    #[llm_resilient(
        rate_limit(requests_per_minute = 5, input_tokens_per_minute = 100, cost = estimate())
    )]
    async fn unclear() -> Answer {
        Ok(0)
    }
    let registry = Registry::new();
    let error = registry.scope(unclear()).await.unwrap_err();
    let ResilienceError::InvalidConfig(error) = error.local() else {
        panic!("{error}");
    };
    assert_eq!(
        error.to_string(),
        "`rate_limit.cost` (given in code): is a number of tokens, and the limits are of input or output tokens: give \
         both, as `rate_limit::Cost::new(input, output)`"
    );
}

#[tokio::test(start_paused = true)]
async fn call_without_a_cost_takes_a_request_of_the_limits_of_a_variable() {
    #[llm_resilient(retry = off, rate_limit(requests_per_minute = 2))]
    async fn plain() -> Answer {
        Ok(0)
    }
    let settings = resilience_runtime::Settings::from_vars([(
        "RATE_LIMIT_LLM_INPUT_TOKENS_PER_MINUTE",
        "100",
    )]);
    let registry = Registry::new();
    registry.configure(settings.unwrap()).unwrap();
    registry
        .scope(async {
            plain().await.unwrap();
            plain().await.unwrap();
            let (limit, _) = limit_of(&plain().await.unwrap_err());
            assert_eq!(limit, Some(LimitName::REQUESTS_PER_MINUTE));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_scarcest_limit_and_takes_all_at_once() {
    #[llm_resilient(
        retry = off,
        rate_limit(
            requests_per_second = 1,
            burst = 1,
            output_tokens_per_minute = 60,
            cost = Cost::new(0, output),
            max_wait = "60s",
        )
    )]
    async fn write(output: u32) -> Answer {
        Ok(output)
    }
    let registry = Registry::new();
    registry
        .scope(async {
            let start = tokio::time::Instant::now();
            write(50).await.unwrap();
            // A request is there after 1 s, and 30 tokens after 20 s.
            write(30).await.unwrap();
            assert_eq!(start.elapsed(), Duration::from_secs(20));
            write(1).await.unwrap();
            assert_eq!(start.elapsed(), Duration::from_secs(21));
        })
        .await;
}

#[llm_resilient(
    service = "line",
    retry = off,
    timeout = off,
    deadline = off,
    rate_limit(requests_per_second = 1, max_wait = "1h", priority = priority)
)]
async fn wait(order: &RefCell<String>, name: char, priority: Priority) -> Answer {
    order.borrow_mut().push(name);
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn higher_priority_passes_first_and_nobody_waits_for_ever() {
    let registry = Rc::new(Registry::new());
    let order = Rc::new(RefCell::new(String::new()));
    let first = wait(&order, '-', Priority::Normal);
    registry.scope(first).await.unwrap();
    let calls = LocalSet::new();
    for (name, priority) in [
        ('l', Priority::Low),
        ('n', Priority::Normal),
        ('h', Priority::High),
    ] {
        for _ in 0..8 {
            let (registry, order) = (Rc::clone(&registry), Rc::clone(&order));
            calls.spawn_local(async move {
                let call = wait(&order, name, priority);
                registry.scope(call).await.unwrap();
            });
        }
    }
    calls.await;
    assert_eq!(*order.borrow(), "-hhhhhhnlhhnnnnnlnnllllll");
}
