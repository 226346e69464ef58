//! Read through a cache: one with all that it can do, one that only keeps what is fresh. Nobody stands in a line, so that
//! whoever waits without having asked the server waits for somebody else's call.

use resilience_runtime::{ServiceKind, secret_resilient};

use super::{Function, Service, promised, seconds};
use crate::cache_model::{CacheModel, Life};
use crate::call::{ApiError, Call, Promised};
use crate::retention::{Page, Retention};
use crate::rules::Rules;

fn rules() -> Rules {
    Rules {
        max_concurrent: 5,
        failures: Some(6),
        half_open_max_calls: 2,
        success_threshold: 2,
        longest_pause: seconds(20),
        timeout: seconds(4),
        wrong: 100,
        ..Rules::unsaid("documents", ServiceKind::Secret)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[
        Function {
            promised: Promised {
                by_key: false,
                ..promised(3, true, seconds(4), seconds(10))
            },
            make: |call| Box::pin(async { call.may_serve(read(call).await) }),
            keyed: true,
            retention: || {
                Retention::CacheModel(
                    CacheModel::new(Life {
                        ttl: seconds(60),
                        refreshed_early: true,
                        stale_if_error: seconds(240),
                        absent_for: seconds(15),
                    })
                    .into(),
                )
            },
            ..Function::PLAIN
        },
        Function {
            promised: Promised {
                by_key: false,
                ..promised(2, true, seconds(4), seconds(3))
            },
            make: |call| Box::pin(async { call.may_serve(glance(call).await) }),
            keyed: true,
            retention: || {
                Retention::CacheModel(
                    CacheModel::new(Life {
                        ttl: seconds(10),
                        refreshed_early: false,
                        stale_if_error: seconds(0),
                        absent_for: seconds(0),
                    })
                    .into(),
                )
            },
            ..Function::PLAIN
        },
    ],
};

#[secret_resilient(
    service = "documents",
    // Longer pauses would bring a rival for those who wait.
    retry(max_attempts = 3, base_delay = "40ms", jitter = "none"),
    circuit_breaker(failure_threshold = 6, recovery_timeout = "20s", success_threshold = 2, half_open_max_calls = 2),
    bulkhead(max_concurrent = 5),
    timeout = "4s",
    deadline = "10s",
    cache(key = call.key, ttl = "60s", stale_if_error = "4m", negative_ttl = "15s")
)]
async fn read(call: &Call) -> Result<Page, ApiError> {
    call.fetch().await
}

#[secret_resilient(
    service = "documents",
    retry(max_attempts = 2, base_delay = "50ms", jitter = "none"),
    timeout = "4s",
    deadline = "3s",
    cache(key = call.key, ttl = "10s", refresh_ahead = off, stale_if_error = off, negative_ttl = off)
)]
async fn glance(call: &Call) -> Result<Page, ApiError> {
    call.fetch().await
}
