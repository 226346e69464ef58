//! Limits per key beside those of the service, as annotated functions use them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::rate_limit::{LimitName, Priority};
use resilience_runtime::telemetry::EventKind;
use resilience_runtime::{
    Classify, Registry, ResilienceError, Verdict, hint, llm_resilient, resilient,
};
use tokio::task::LocalSet;
use tokio::time::{Instant, advance, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// What the server answers, and whether the body says that it is about the tenant alone.
#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("throttled")]
    Throttled(Duration),
    #[error("throttled for this tenant")]
    TenantThrottled(Duration),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for ApiError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Throttled(wait) => Verdict::throttled(Some(*wait)),
            Self::TenantThrottled(wait) => Verdict::throttled(Some(*wait)).for_key(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

impl ApiError {
    fn limit(&self) -> (Option<LimitName>, Option<Duration>) {
        match self {
            Self::Resilience(ResilienceError::RateLimitExceeded {
                limit, retry_after, ..
            }) => (*limit, *retry_after),
            other => panic!("{other}"),
        }
    }
}

type Answer = Result<(), ApiError>;

#[llm_resilient(
    retry = off,
    rate_limit(
        requests_per_minute = 5,
        strategy = "sliding_window",
        per_key(key = tenant, requests_per_minute = 2, tokens_per_hour = 1_000),
        cost = tokens,
    )
)]
async fn ask(tenant: &str, tokens: u32, answer: impl FnOnce() -> Answer) -> Answer {
    answer()
}

#[tokio::test(start_paused = true)]
async fn tenant_is_limited_beside_the_service() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    registry
        .scope(async {
            for tenant in ["a", "a", "b"] {
                ask(tenant, 100, || Ok(())).await.unwrap();
            }
            let minute = LimitName::REQUESTS_PER_MINUTE;
            let limited = ask("a", 100, || Ok(())).await.unwrap_err();
            assert_eq!(limited.limit(), (Some(minute.per_key()), Some(60 * SECOND)));
            assert!(limited.to_string().contains("per_key_requests_per_minute"));
            let tokens = LimitName::TOKENS_PER_HOUR.per_key();
            let limited = ask("b", 901, || Ok(())).await.unwrap_err();
            assert_eq!(limited.limit().0, Some(tokens));
            let limited = ask("b", 1_001, || Ok(())).await.unwrap_err();
            assert_eq!(limited.limit(), (Some(tokens), None));
            for tenant in ["c", "d"] {
                ask(tenant, 100, || Ok(())).await.unwrap();
            }
            let limited = ask("e", 100, || Ok(())).await.unwrap_err();
            assert_eq!(limited.limit().0, Some(minute));
        })
        .await;
    let mut named = Vec::new();
    while let Some(event) = events.try_recv().unwrap() {
        if let EventKind::Rejected { limit, .. } = event.kind {
            named.push(limit.map_or("", LimitName::as_str));
        }
    }
    let expected = [
        "per_key_requests_per_minute",
        "per_key_tokens_per_hour",
        "per_key_tokens_per_hour",
        "requests_per_minute",
    ];
    assert_eq!(named, expected);
    let limiter = registry.get("llm").unwrap().rate_limiter().unwrap();
    let config = limiter.config();
    assert_eq!((config.limit, config.per_key.unwrap().limit), (5, 2));
}

#[tokio::test(start_paused = true)]
async fn pause_is_the_service_or_the_key_alone() {
    Registry::new()
        .scope(async {
            let throttled = ask("a", 1, || Err(ApiError::TenantThrottled(9 * SECOND))).await;
            assert!(throttled.is_err());
            let waits = ask("a", 1, || Ok(())).await.unwrap_err();
            assert_eq!(waits.limit(), (None, Some(9 * SECOND)));
            ask("b", 1, || Ok(())).await.unwrap();
            advance(9 * SECOND).await;
            let hinted = || {
                hint::for_key();
                hint::retry_after(7 * SECOND);
                Ok(())
            };
            ask("a", 1, hinted).await.unwrap();
            let throttled = ask("c", 1, || Err(ApiError::Throttled(5 * SECOND))).await;
            assert!(throttled.is_err());
            let waits = ask("d", 1, || Ok(())).await.unwrap_err();
            assert_eq!(waits.limit(), (None, Some(5 * SECOND)));
        })
        .await;
}

/// What the server says is left of the tenant's quota lowers the tenant's, and of the account's the service's.
#[tokio::test(start_paused = true)]
async fn headers_are_about_the_account_unless_the_body_says_the_key() {
    let left = |count: &'static str| [("x-ratelimit-remaining-requests", count)];
    Registry::new()
        .scope(async {
            let of_tenant = || {
                hint::for_key();
                hint::headers(left("0").as_slice());
                Ok(())
            };
            ask("a", 1, of_tenant).await.unwrap();
            let minute = LimitName::REQUESTS_PER_MINUTE;
            let limited = ask("a", 1, || Ok(())).await.unwrap_err();
            assert_eq!(limited.limit().0, Some(minute.per_key()));
            let of_account = || {
                hint::headers(left("1").as_slice());
                Ok(())
            };
            ask("b", 1, of_account).await.unwrap();
            ask("c", 1, || Ok(())).await.unwrap();
            let limited = ask("d", 1, || Ok(())).await.unwrap_err();
            assert_eq!(limited.limit().0, Some(minute));
        })
        .await;
}

#[resilient(
    service = "shared",
    retry = off,
    rate_limit(
        requests_per_second = 1,
        per_key(key = tenant, requests_per_hour = 1_000),
        max_wait = "60s",
        priority = priority,
    )
)]
async fn waits(tenant: &str, priority: Priority) -> Result<Instant, ResilienceError> {
    Ok(Instant::now())
}

#[tokio::test(start_paused = true)]
async fn tenants_take_turns_and_the_urgent_come_first() {
    let order = Rc::new(RefCell::new(String::new()));
    let set = LocalSet::new();
    let registry = Registry::new();
    let scope = registry.scope(async {
        let first = waits("z", Priority::Normal).await;
        first.unwrap();
        let calls = ["a", "a", "a", "b", "b", "c"].map(|tenant| (tenant, Priority::Normal));
        let urgent = [("A", Priority::High)];
        let mut tasks = Vec::new();
        for (tenant, priority) in calls.into_iter().chain(urgent) {
            let order = Rc::clone(&order);
            let call = registry.scope(async move {
                waits(tenant, priority).await.unwrap();
                order.borrow_mut().push_str(tenant);
            });
            tasks.push(tokio::task::spawn_local(call));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    set.run_until(scope).await;
    assert_eq!(*order.borrow(), "Aabcaba");
}

/// Dropped while it waits for its key, or in the line of the service, a call leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn dropped_call_makes_way() {
    let registry = Registry::new();
    registry
        .scope(async {
            waits("z", Priority::Normal).await.unwrap();
            let start = Instant::now();
            for _ in 0..5 {
                let dropped = tokio::join!(
                    tokio::time::timeout(Duration::from_millis(10), waits("a", Priority::Low)),
                    tokio::time::timeout(Duration::from_millis(20), waits("a", Priority::High)),
                    tokio::time::timeout(Duration::from_millis(30), waits("b", Priority::High)),
                );
                assert!(dropped.0.is_err() && dropped.1.is_err() && dropped.2.is_err());
            }
            let at = waits("a", Priority::Low).await.unwrap();
            assert_eq!(at.duration_since(start), SECOND);
        })
        .await;
}

#[resilient(
    service = "shared",
    retry = off,
    rate_limit(requests_per_second = 1, max_wait = "60s")
)]
async fn without_a_key() -> Result<Instant, ResilienceError> {
    Ok(Instant::now())
}

/// Another function of the service that has no key takes from the service alone.
#[tokio::test(start_paused = true)]
async fn function_without_a_key_shares_the_service() {
    Registry::new()
        .scope(async {
            let start = Instant::now();
            waits("a", Priority::Normal).await.unwrap();
            let at = without_a_key().await.unwrap();
            assert_eq!(at.duration_since(start), SECOND);
            let (with, without) = tokio::join!(waits("a", Priority::Normal), without_a_key());
            let last = with.unwrap().max(without.unwrap());
            assert_eq!(last.duration_since(start), 3 * SECOND);
            sleep(SECOND).await;
        })
        .await;
}
