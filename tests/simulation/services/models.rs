//! A token bucket with costs, parked by its server; a bulkhead that nobody waits for; a rate over a window of
//! calls; longer and longer pauses.

use std::time::Duration;

use resilience_runtime::{ServiceKind, llm_resilient};

use super::{Function, Service, promised, seconds};
use crate::call::{Answer, ApiError, Call, Promised};
use crate::invariants::Limit;
use crate::rules::Rules;

fn rules() -> Rules {
    Rules {
        limit: Some(Limit::TokenBucket {
            limit: 100,
            period: seconds(60),
            burst: 40,
        }),
        refilled_after: seconds(60),
        max_concurrent: 12,
        half_open_max_calls: 3,
        success_threshold: 4,
        longest_pause: seconds(240),
        timeout: seconds(20),
        max_cooldown: Some(seconds(45)),
        budget: (1_000_000_000_000, 1_000_000_000),
        ..Rules::unsaid("models", ServiceKind::Llm)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[
        Function {
            promised: Promised {
                billed: true,
                ..promised(4, true, seconds(20), seconds(60))
            },
            make: |call| Box::pin(complete(call)),
            costs: 4,
            ..Function::PLAIN
        },
        Function {
            promised: Promised {
                billed: true,
                ..promised(2, true, seconds(20), seconds(90))
            },
            make: |call| Box::pin(embed(call)),
            costs: 2,
            ..Function::PLAIN
        },
    ],
};

#[llm_resilient(
    service = "models",
    retry(max_attempts = 4, base_delay = "300ms", max_delay = "5s", jitter = "none"),
    retry_budget(capacity = 1_000.0, refill = 1.0),
    circuit_breaker(
        failure_rate = 0.5,
        window = 20,
        minimum_calls = 8,
        recovery_timeout = "15s",
        recovery_multiplier = 2.0,
        max_recovery_timeout = "4m",
        success_threshold = 4,
        half_open_max_calls = 3
    ),
    rate_limit(requests_per_minute = 100, burst = 40, cost = call.cost, max_cooldown = "45s"),
    bulkhead(max_concurrent = 12),
    timeout = "20s",
    deadline = "1m",
    fallback(call = smaller)
)]
async fn complete(call: &Call) -> Answer {
    call.ask().await
}

async fn smaller(call: &Call, error: &ApiError) -> Answer {
    call.rescue(error);
    tokio::time::sleep(Duration::from_millis(50)).await;
    call.trace.count(|tally| tally.fallback_call += 1);
    Ok(2)
}

#[llm_resilient(
    service = "models",
    retry(max_attempts = 2, base_delay = "1s", jitter = "none"),
    rate_limit(cost = call.cost),
    timeout = "20s",
    deadline = "90s"
)]
async fn embed(call: &Call) -> Answer {
    call.ask().await
}
