//! No limit, but parked by its server; a bulkhead with a line, so that some stand in it when that happens.

use resilience_runtime::{ServiceKind, secret_resilient};

use super::{Function, Service, promised, seconds};
use crate::call::{Answer, Call};
use crate::rules::Rules;

fn rules() -> Rules {
    Rules {
        max_concurrent: 2,
        failures: Some(2),
        half_open_max_calls: 2,
        success_threshold: 1,
        longest_pause: seconds(30),
        timeout: seconds(1),
        max_cooldown: Some(seconds(20)),
        ..Rules::unsaid("vault", ServiceKind::Secret)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[Function {
        promised: promised(4, true, seconds(1), seconds(3)),
        make: |call| Box::pin(read_secret(call)),
        costs: 2,
        ..Function::PLAIN
    }],
};

#[secret_resilient(
    service = "vault",
    retry(
        max_attempts = 4,
        base_delay = "50ms",
        multiplier = 1.0,
        jitter = "none"
    ),
    circuit_breaker(
        failure_threshold = 2,
        recovery_timeout = "30s",
        success_threshold = 1,
        half_open_max_calls = 2
    ),
    rate_limit(max_cooldown = "20s"),
    bulkhead(max_concurrent = 2, max_wait = "1s"),
    timeout = "1s",
    deadline = "3s"
)]
async fn read_secret(call: &Call) -> Answer {
    call.ask().await
}
