//! A bulkhead with a line; not idempotent; a rate over a window of time, slow calls, dropped ones count.

use resilience_runtime::{ServiceKind, database_resilient};

use super::{Function, Service, promised, seconds};
use crate::call::{Answer, ApiError, Call};
use crate::rules::Rules;

fn rules() -> Rules {
    Rules {
        max_concurrent: 3,
        half_open_max_calls: 2,
        success_threshold: 2,
        longest_pause: seconds(60),
        timeout: seconds(4),
        budget: (12_500_000_000, 300_000_000),
        ..Rules::unsaid("orders", ServiceKind::Database)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[
        Function {
            promised: promised(6, false, seconds(4), seconds(12)),
            make: |call| Box::pin(place_order(call)),
            costs: 2,
            ..Function::PLAIN
        },
        Function {
            promised: promised(3, true, seconds(1), seconds(4)),
            make: |call| Box::pin(look_up(call)),
            costs: 2,
            ..Function::PLAIN
        },
    ],
};

#[database_resilient(
    service = "orders",
    retry(
        max_attempts = 6,
        base_delay = "10ms",
        max_delay = "500ms",
        jitter = "none",
        max_elapsed = "8s"
    ),
    retry_budget(capacity = 12.5, refill = 0.3),
    circuit_breaker(
        failure_rate = 0.4,
        window = "30s",
        minimum_calls = 5,
        slow_call_duration = "3s",
        slow_call_rate = 0.6,
        recovery_timeout = "5s",
        recovery_multiplier = 3.0,
        max_recovery_timeout = "1m",
        success_threshold = 2,
        half_open_max_calls = 2,
        abandoned = "failure"
    ),
    bulkhead(max_concurrent = 3, max_wait = "2s"),
    timeout = "4s",
    deadline = "12s"
)]
async fn place_order(call: &Call) -> Answer {
    call.ask().await
}

#[database_resilient(
    service = "orders",
    idempotent,
    retry(max_attempts = 3, base_delay = "10ms", jitter = "none"),
    bulkhead(max_wait = "300ms"),
    timeout = "1s",
    deadline = "4s",
    fallback = unknown_order
)]
async fn look_up(call: &Call) -> Answer {
    call.ask().await
}

fn unknown_order(call: &Call, error: &ApiError) -> Answer {
    call.rescue(error);
    call.trace.count(|tally| tally.fallback_call += 1);
    Ok(3)
}
