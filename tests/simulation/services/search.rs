//! A sliding window that nobody waits for: whoever is refused was refused rightly.

use std::time::Duration;

use resilience_runtime::{ServiceKind, resilient};

use super::{Function, Service, promised, seconds};
use crate::call::{Answer, Call};
use crate::invariants::Limit;
use crate::rules::{Later, Rules};

fn rules() -> Rules {
    Rules {
        limit: Some(Limit::SlidingWindow {
            limit: 4,
            period: seconds(1),
        }),
        refilled_after: seconds(1),
        failures: Some(6),
        half_open_max_calls: 1,
        success_threshold: 3,
        longest_pause: seconds(10),
        timeout: seconds(2),
        later: Later {
            places: Some(3),
            ..Later::default()
        },
        ..Rules::unsaid("search", ServiceKind::Custom)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[
        Function {
            promised: promised(5, true, seconds(2), seconds(5)),
            make: |call| Box::pin(find(call)),
            costs: 3,
            ..Function::PLAIN
        },
        Function {
            promised: promised(1, false, seconds(2), Duration::from_millis(1_500)),
            make: |call| Box::pin(suggest(call)),
            costs: 2,
            ..Function::PLAIN
        },
    ],
};

#[resilient(
    service = "search",
    idempotent,
    retry(max_attempts = 5, base_delay = "20ms", multiplier = 3.0, max_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 6, recovery_timeout = "10s", success_threshold = 3, half_open_max_calls = 1),
    rate_limit(requests_per_second = 4, strategy = "sliding_window", cost = call.cost),
    timeout = "2s",
    deadline = "5s"
)]
async fn find(call: &Call) -> Answer {
    call.ask().await
}

#[resilient(service = "search", retry = off, rate_limit(cost = call.cost), timeout = "2s", deadline = "1500ms")]
async fn suggest(call: &Call) -> Answer {
    call.ask().await
}
