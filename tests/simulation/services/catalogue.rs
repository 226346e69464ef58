//! Answers are remembered, and the last good one stands in for a failure: few of them, for a short time.

use resilience_runtime::{ServiceKind, resilient};

use super::{Function, Service, promised, seconds};
use crate::call::{ApiError, Call, Promised};
use crate::invariants::Limit;
use crate::last_good::LastGood;
use crate::retention::{Page, Retention};
use crate::rules::{Later, Rules};

fn rules() -> Rules {
    Rules {
        max_concurrent: 4,
        failures: Some(5),
        half_open_max_calls: 2,
        success_threshold: 2,
        longest_pause: seconds(15),
        timeout: seconds(3),
        later: Later {
            limit: Some(Limit::TokenBucket {
                limit: 60,
                period: seconds(60),
                burst: 20,
            }),
            places: None,
        },
        ..Rules::unsaid("catalogue", ServiceKind::Custom)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[
        Function {
            promised: Promised {
                by_key: false,
                ..promised(3, true, seconds(3), seconds(8))
            },
            make: |call| Box::pin(async { call.may_recall(browse(call).await) }),
            keyed: true,
            retention: || Retention::LastGood(LastGood::new(seconds(90), 3).into()),
            ..Function::PLAIN
        },
        Function {
            promised: Promised {
                by_key: false,
                ..promised(2, false, seconds(3), seconds(8))
            },
            make: |call| Box::pin(async { call.may_recall(list(call).await) }),
            keyed: true,
            retention: || Retention::LastGood(LastGood::new(seconds(20), 1_000).into()),
            ..Function::PLAIN
        },
    ],
};

#[resilient(
    service = "catalogue",
    idempotent,
    retry(max_attempts = 3, base_delay = "50ms", jitter = "none"),
    circuit_breaker(failure_threshold = 5, recovery_timeout = "15s", success_threshold = 2, half_open_max_calls = 2),
    bulkhead(max_concurrent = 4),
    timeout = "3s",
    deadline = "8s",
    fallback(cache(key = call.key, ttl = "90s", max_entries = 3))
)]
async fn browse(call: &Call) -> Result<Page, ApiError> {
    call.fetch().await
}

#[resilient(
    service = "catalogue",
    retry(max_attempts = 2, base_delay = "100ms", jitter = "none"),
    timeout = "3s",
    deadline = "8s",
    fallback(cache(key = call.key, ttl = "20s"), call = front_page)
)]
async fn list(call: &Call) -> Result<Page, ApiError> {
    call.fetch().await
}

fn front_page(call: &Call, error: &ApiError) -> Result<Page, ApiError> {
    call.nothing_to_recall(error);
    call.rescue(error);
    call.trace.count(|tally| tally.fallback_call += 1);
    Ok(call.page())
}
