//! What happens to callers who are too many.

use std::time::{Duration, Instant};

use anyhow::Error;
use resilience_runtime::{Registry, ResilienceError, ServiceKind, resilient};

use crate::log::{self, Log};
use crate::story::{Story, ms};

/// Three at once and then one a second, for each user.
#[resilient(
    service = "search",
    rate_limit(requests_per_second = 1, burst = 3, key = user)
)]
async fn search(user: &str, words: &str) -> Result<String, Error> {
    Ok(format!("{user} finds {words}"))
}

/// The same limit, but this caller has time.
#[resilient(service = "search", rate_limit(key = user, max_wait = "5s"))]
async fn search_patiently(user: &str, words: &str) -> Result<String, Error> {
    Ok(format!("{user} finds {words}"))
}

/// At most two at the same time.
#[resilient(service = "render", bulkhead(max_concurrent = 2))]
async fn render(page: u32) -> Result<u32, Error> {
    tokio::time::sleep(Duration::from_millis(100)).await;
    Ok(page)
}

/// `anyhow` keeps the rejection as it is.
fn rejection<T>(out: &Result<T, Error>) -> Option<&ResilienceError> {
    out.as_ref().err()?.downcast_ref()
}

pub async fn scene(story: &mut Story, log: &Log) -> anyhow::Result<()> {
    story.scene("Limits — #[resilient] with rate_limit(…) and bulkhead(…)");

    story.tell("Ann searches four times at once, where three are allowed. Bob searches once.");
    let mut passed = 0;
    let mut wait = None;
    for _ in 0..4 {
        let out = search("ann", "plums").await;
        passed += u32::from(out.is_ok());
        wait = wait.or(rejection(&out).and_then(ResilienceError::retry_after));
    }
    let wait = wait.unwrap_or_default();
    story.promise(
        passed == 3 && !wait.is_zero() && wait <= Duration::from_secs(1),
        format_args!(
            "{passed} of hers pass, one is rejected and may retry in {}",
            ms(wait)
        ),
    );
    story.promise(
        search("bob", "pears").await.is_ok(),
        "Bob has a limit of his own",
    );
    tokio::time::sleep(wait).await;
    story.promise(
        search("ann", "plums").await.is_ok(),
        format_args!("{} later, as she was told, she passes", ms(wait)),
    );

    story.tell("Ann has no token left, but now she has time: `max_wait = \"5s\"`.");
    let began = Instant::now();
    let out = search_patiently("ann", "plums").await;
    let took = began.elapsed();
    story.promise(
        out.is_ok() && took >= Duration::from_millis(500) && took < Duration::from_secs(5),
        format_args!("she passes after {}", ms(took)),
    );

    story.tell("Three pages are rendered at the same time, where two are allowed.");
    let (one, two, three) = tokio::join!(render(1), render(2), render(3));
    let full = matches!(
        rejection(&three),
        Some(ResilienceError::BulkheadFull { .. })
    );
    story.promise(
        one.is_ok() && two.is_ok() && full,
        "two are rendered, the third is rejected at once: the bulkhead is full",
    );
    story.promise(render(3).await.is_ok(), "and passes when there is room");

    let registry = Registry::global();
    let limited = registry.service("search", ServiceKind::Custom)?.stats();
    let full = registry.service("render", ServiceKind::Custom)?.stats();
    story.promise(
        limited.rejections.rate_limit == 1
            && full.rejections.bulkhead == 1
            && limited.retries + full.retries == 0,
        "local rejections were not retried",
    );
    let lines = log.take();
    story.promise(
        log::all_carry(&lines, "demo-limits"),
        format_args!(
            "all {} log lines carry correlation_id=demo-limits",
            lines.len()
        ),
    );
    Ok(())
}
