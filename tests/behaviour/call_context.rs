//! What a body can see of the call that it is an attempt of.

use std::sync::Mutex;
use std::time::Duration;

use resilience_runtime::rate_limit::Usage;
use resilience_runtime::verdict::Class;
use resilience_runtime::{
    CallContext, Registry, Verdict, database_resilient, llm_resilient, resilient,
    with_correlation_id,
};

use tokio::time::timeout;

use crate::errors::ApiError;
use crate::remote::Answer;

type Seen = Mutex<Vec<CallContext>>;

fn look(seen: &Seen) -> u32 {
    let context = CallContext::current().expect("inside of a body");
    let attempt = context.attempt();
    seen.lock().unwrap().push(context);
    attempt
}

fn seen(seen: Seen) -> Vec<CallContext> {
    seen.into_inner().unwrap()
}

const SECOND: Duration = Duration::from_secs(1);
/// So short that no token comes back in it.
const MOMENT: Duration = Duration::from_millis(1);

#[resilient(
    service = "api",
    retry(max_attempts = 4, base_delay = "1s", multiplier = 1, jitter = "none"),
    timeout = "10s",
    deadline = "60s",
    idempotent
)]
async fn third_time_lucky(
    contexts: &Seen,
    times: &Mutex<Vec<(Duration, Option<Duration>)>>,
) -> Answer {
    tokio::time::sleep(SECOND).await;
    let attempt = look(contexts);
    let context = CallContext::current().unwrap();
    times
        .lock()
        .unwrap()
        .push((context.elapsed(), context.remaining()));
    match attempt {
        1 => Err(ApiError::Throttled(None)),
        2 => Err(ApiError::Unknown),
        _ => Ok(attempt),
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_sees_its_number_its_time_and_the_failure_before() {
    let (contexts, times) = (Seen::default(), Mutex::default());
    let call = third_time_lucky(&contexts, &times);
    assert_eq!(Registry::new().scope(call).await.unwrap(), 3);
    let times = times.into_inner().unwrap();
    let nine = Some(9 * SECOND);
    assert_eq!(
        times,
        [(SECOND, nine), (3 * SECOND, nine), (5 * SECOND, nine)]
    );
    let contexts = seen(contexts);
    for (index, context) in contexts.iter().enumerate() {
        assert_eq!(context.attempt() as usize, index + 1);
        assert_eq!(context.max_attempts(), 4);
    }
    let classes: Vec<_> = contexts
        .iter()
        .map(|it| it.previous().map(|verdict| verdict.class()))
        .collect();
    assert_eq!(
        classes,
        [None, Some(Class::Throttled), Some(Class::OutcomeUnknown)]
    );
    // A context that is kept goes on counting.
    assert_eq!(
        contexts[0].remaining(),
        Some(Duration::ZERO).filter(|_| false).or(Some(5 * SECOND))
    );
}

#[tokio::test(start_paused = true)]
async fn at_once_and_without_limits_it_knows_the_same() {
    #[resilient(service = "api", timeout = off, deadline = off)]
    async fn endless() -> Result<(u32, u32, Option<Duration>, Duration), ApiError> {
        let context = CallContext::current().unwrap();
        let first = (context.attempt(), context.max_attempts());
        tokio::task::yield_now().await;
        let again = CallContext::current().unwrap();
        assert_eq!((again.attempt(), again.max_attempts()), first);
        tokio::time::sleep(SECOND).await;
        Ok((first.0, first.1, context.remaining(), context.elapsed()))
    }
    #[database_resilient(service = "db", timeout = "3s", deadline = "2s", retry = off)]
    async fn short() -> Result<(u32, Option<Duration>, Duration), ApiError> {
        let context = CallContext::current().unwrap();
        Ok((
            context.max_attempts(),
            context.remaining(),
            context.elapsed(),
        ))
    }
    let registry = Registry::new();
    let seen = registry.scope(endless()).await.unwrap();
    assert_eq!(seen, (1, 3, None, SECOND));
    let seen = registry.scope(short()).await.unwrap();
    assert_eq!(seen, (1, Some(2 * SECOND), Duration::ZERO));
    assert!(CallContext::current().is_none());
}

#[tokio::test(start_paused = true)]
async fn one_call_has_one_idempotency_key() {
    #[resilient(
        service = "api",
        retry(max_attempts = 3, base_delay = "1ms"),
        verify = found
    )]
    async fn order(seen: &Seen) -> Answer {
        look(seen);
        if seen.lock().unwrap().len() == 1 {
            // Nothing is asked for before the first failure.
            return Err(ApiError::Unknown);
        }
        tokio::task::yield_now().await;
        look(seen);
        Err(ApiError::Transient)
    }
    async fn found(seen: &Seen) -> Result<Option<u32>, ApiError> {
        look(seen);
        tokio::task::yield_now().await;
        look(seen);
        Ok(None)
    }
    let registry = Registry::new();
    let (first, second) = (Seen::default(), Seen::default());
    registry.scope(order(&first)).await.unwrap_err();
    registry.scope(order(&second)).await.unwrap_err();
    let keys = |contexts: Seen| {
        let keys = seen(contexts).into_iter().map(|it| it.idempotency_key());
        keys.collect::<Vec<_>>()
    };
    let (first, second) = (keys(first), keys(second));
    assert!(first.len() >= 7, "{first:?}");
    assert!(first.iter().all(|key| *key == first[0]), "{first:?}");
    assert_ne!(first[0], second[0]);
    assert_eq!(first[0].len(), 32);
    assert!(first[0].chars().all(|digit| digit.is_ascii_hexdigit()));
}

#[tokio::test(start_paused = true)]
async fn innermost_call_is_seen_and_knows_the_outer_limits() {
    #[resilient(
        service = "inner",
        timeout = "30s",
        retry(max_attempts = 2, base_delay = "1ms")
    )]
    async fn inner(seen: &Seen) -> Answer {
        look(seen);
        tokio::time::sleep(SECOND).await;
        Ok(1)
    }
    #[resilient(
        service = "outer",
        timeout = "5s",
        retry(max_attempts = 3, base_delay = "1ms", retry_if = |_| true)
    )]
    async fn outer(inside: &Seen, outside: &Seen) -> Answer {
        look(outside);
        tokio::time::sleep(SECOND).await;
        let context = CallContext::current().unwrap();
        inner(inside).await?;
        let now = CallContext::current().unwrap();
        assert_eq!(now.attempt(), context.attempt());
        assert_eq!(now.idempotency_key(), context.idempotency_key());
        assert_eq!(now.elapsed(), context.elapsed());
        match context.attempt() {
            1 => Err(ApiError::Transient),
            _ => Ok(2),
        }
    }
    let (inside, outside) = (Seen::default(), Seen::default());
    let call = outer(&inside, &outside);
    Registry::new().scope(call).await.unwrap();
    let (inside, outside) = (seen(inside), seen(outside));
    assert_eq!((inside.len(), outside.len()), (2, 2));
    for context in &inside {
        assert_eq!((context.attempt(), context.max_attempts()), (1, 2));
        assert!(context.previous().is_none());
        assert_ne!(context.idempotency_key(), outside[0].idempotency_key());
    }
    // One for each attempt of the outer call.
    assert_ne!(inside[0].idempotency_key(), inside[1].idempotency_key());
    assert_eq!(outside[0].idempotency_key(), outside[1].idempotency_key());
}

#[tokio::test(start_paused = true)]
async fn inner_limit_is_the_shorter_one() {
    #[resilient(service = "inner", timeout = "30s", deadline = "40s")]
    async fn inner() -> Result<(Option<Duration>, Duration), ApiError> {
        let context = CallContext::current().unwrap();
        Ok((context.remaining(), context.elapsed()))
    }
    #[resilient(service = "outer", timeout = "5s")]
    async fn outer() -> Result<(Option<Duration>, Duration), ApiError> {
        tokio::time::sleep(SECOND).await;
        inner().await
    }
    let seen = Registry::new().scope(outer()).await.unwrap();
    assert_eq!(seen, (Some(4 * SECOND), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn spawned_task_sees_what_is_carried_to_it() {
    #[resilient(service = "api", retry(max_attempts = 2, base_delay = "1ms"))]
    async fn spawns() -> Result<(Option<String>, Option<String>, String), ApiError> {
        let key = || async {
            tokio::task::yield_now().await;
            CallContext::current().map(|it| it.idempotency_key())
        };
        let without = tokio::spawn(key()).await.unwrap();
        let with = tokio::spawn(CallContext::scope(key())).await.unwrap();
        let context = CallContext::current().unwrap();
        if context.attempt() == 1 {
            return Err(ApiError::Transient);
        }
        Ok((without, with, context.idempotency_key()))
    }
    let (without, with, own) = Registry::new().scope(spawns()).await.unwrap();
    assert_eq!(without, None);
    assert_eq!(with, Some(own));
    // Outside of a call there is nothing to carry.
    let nothing = CallContext::scope(async { CallContext::current().is_none() });
    assert!(nothing.await);
    assert!(CallContext::current().is_none());
}

#[tokio::test(start_paused = true)]
async fn it_has_the_correlation_id_of_the_scope() {
    #[resilient(service = "api")]
    async fn logged() -> Result<Option<String>, ApiError> {
        let context = CallContext::current().unwrap();
        Ok(context.correlation_id().map(str::to_owned))
    }
    let registry = Registry::new();
    let call = with_correlation_id("request-7", logged());
    assert_eq!(
        registry.scope(call).await.unwrap().as_deref(),
        Some("request-7")
    );
    assert_eq!(registry.scope(logged()).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn after_a_wait_the_time_counts_from_the_beginning_of_the_call() {
    #[resilient(
        service = "api",
        rate_limit(requests_per_minute = 60, burst = 1, max_wait = "5s"),
        timeout = "3s",
        deadline = "10s"
    )]
    async fn limited() -> Result<(u32, Duration, Option<Duration>), ApiError> {
        let context = CallContext::current().unwrap();
        Ok((context.attempt(), context.elapsed(), context.remaining()))
    }
    let registry = Registry::new();
    let calls = async {
        assert_eq!(
            limited().await.unwrap(),
            (1, Duration::ZERO, Some(3 * SECOND))
        );
        assert_eq!(limited().await.unwrap(), (1, SECOND, Some(3 * SECOND)));
    };
    registry.scope(calls).await;
}

fn left(registry: &Registry) -> u32 {
    let limiter = registry.get("llm").unwrap().rate_limiter().unwrap();
    limiter.peek("user").remaining
}

fn busy(_: &ApiError) -> Verdict {
    Verdict::outcome_unknown()
}

#[tokio::test(start_paused = true)]
async fn reported_usage_settles_what_was_reserved_however_the_attempt_ends() {
    #[llm_resilient(
        rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000, strategy = "sliding_window"),
        retry = off,
        timeout = if end == "timeout" { MOMENT } else { SECOND },
        classify = busy
    )]
    async fn complete(report: Option<Usage>, end: &str) -> Answer {
        tokio::task::yield_now().await;
        if let Some(usage) = report {
            let context = CallContext::current().unwrap();
            context.report_usage(Usage::new(1, 1));
            // The last one counts, from wherever it comes.
            tokio::spawn(async move { context.report_usage(usage) })
                .await
                .unwrap();
        }
        match end {
            "success" => Ok(1),
            "failure" => Err(ApiError::Transient),
            _ => std::future::pending().await,
        }
    }
    for end in ["success", "failure", "timeout", "drop"] {
        let registry = Registry::new();
        let reporting = complete(Some(Usage::new(200, 100)), end);
        drop(registry.scope(timeout(3 * MOMENT, reporting)).await);
        assert_eq!(left(&registry), 9_700, "{end}");
        drop(
            registry
                .scope(timeout(3 * MOMENT, complete(None, end)))
                .await,
        );
        let left = left(&registry);
        assert!(
            (8_700..8_705).contains(&left),
            "{end}, without a report: {left}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reported_usage_stands_in_for_that_of_the_attribute() {
    #[llm_resilient(rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000, usage = |_| 50))]
    async fn complete(report: bool) -> Answer {
        if report {
            let context = CallContext::current().unwrap();
            context.report_usage(Usage::new(400, 100));
        }
        Ok(1)
    }
    let registry = Registry::new();
    registry.scope(complete(false)).await.unwrap();
    assert_eq!(left(&registry), 9_950);
    registry.scope(complete(true)).await.unwrap();
    assert_eq!(left(&registry), 9_450);
}

#[tokio::test(start_paused = true)]
async fn report_of_an_earlier_attempt_does_not_count_for_a_later_one() {
    #[llm_resilient(
        rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000),
        retry(max_attempts = 2, base_delay = "1ms"),
        classify = busy
    )]
    async fn complete(first: &Mutex<Option<CallContext>>) -> Answer {
        let context = CallContext::current().unwrap();
        if context.attempt() == 1 {
            context.report_usage(Usage::new(100, 0));
            *first.lock().unwrap() = Some(context);
            return Err(ApiError::Unknown);
        }
        first
            .lock()
            .unwrap()
            .take()
            .unwrap()
            .report_usage(Usage::new(7_000, 0));
        Ok(1)
    }
    let registry = Registry::new();
    registry.scope(complete(&Mutex::default())).await.unwrap();
    let left = left(&registry);
    assert!((8_900..8_910).contains(&left), "{left}");
}

#[test]
fn debug_shows_no_key_and_no_id() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    #[resilient(service = "api")]
    async fn shown() -> Result<(String, String), ApiError> {
        let context = CallContext::current().unwrap();
        Ok((format!("{context:?}"), context.idempotency_key()))
    }
    let call = with_correlation_id("secret-id", shown());
    let (shown, key) = runtime.block_on(Registry::new().scope(call)).unwrap();
    assert!(
        !shown.contains(&key) && !shown.contains("secret-id"),
        "{shown}"
    );
}
