//! Requests and tokens for each key, waited for in a line, also while it is parked; all sorts of jitter.

use resilience_runtime::{ServiceKind, llm_resilient};

use super::{Function, Service, promised, seconds};
use crate::call::{Answer, Call, Promised};
use crate::invariants::Limit;
use crate::rules::Rules;

fn rules() -> Rules {
    Rules {
        limit: Some(Limit::RequestsAndTokens {
            requests: 30,
            tokens: 150,
        }),
        // A debt takes longer than a bucket.
        refilled_after: seconds(180),
        failures: Some(6),
        half_open_max_calls: 2,
        success_threshold: 2,
        longest_pause: seconds(10),
        timeout: seconds(8),
        max_cooldown: Some(seconds(15)),
        ..Rules::unsaid("agents", ServiceKind::Llm)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[
        Function {
            promised: Promised {
                billed: true,
                refused_at_once: false,
                ..promised(4, true, seconds(8), seconds(50))
            },
            make: |call| Box::pin(plan(call)),
            costs: 20,
            keyed: true,
            ..Function::PLAIN
        },
        Function {
            promised: Promised {
                billed: true,
                refused_at_once: false,
                ..promised(3, true, seconds(8), seconds(20))
            },
            make: |call| Box::pin(act(call)),
            costs: 9,
            keyed: true,
            ..Function::PLAIN
        },
    ],
};

#[llm_resilient(
    service = "agents",
    retry(max_attempts = 4, base_delay = "200ms", max_delay = "2s", jitter = "decorrelated"),
    circuit_breaker(failure_threshold = 6, recovery_timeout = "10s", success_threshold = 2, half_open_max_calls = 2),
    rate_limit(
        requests_per_minute = 30,
        tokens_per_minute = 150,
        key = call.key,
        cost = call.cost,
        usage = used,
        max_wait = "20s",
        max_cooldown = "15s"
    ),
    timeout = "8s",
    deadline = "50s"
)]
async fn plan(call: &Call) -> Answer {
    call.ask().await
}

#[llm_resilient(
    service = "agents",
    retry(max_attempts = 3, base_delay = "100ms", max_delay = "1s", jitter = "full"),
    rate_limit(key = call.key, cost = call.cost, usage = used),
    timeout = "8s",
    deadline = "20s"
)]
async fn act(call: &Call) -> Answer {
    call.ask().await
}

fn used(answer: &u64) -> u32 {
    u32::try_from(*answer).unwrap()
}
