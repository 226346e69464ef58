//! A fixed window for each key, waited for in a line.

use resilience_runtime::{ServiceKind, mcp_resilient};

use super::{Function, Service, promised, seconds};
use crate::call::{Answer, Call, Promised};
use crate::invariants::Limit;
use crate::rules::Rules;

fn rules() -> Rules {
    Rules {
        limit: Some(Limit::FixedWindow {
            limit: 12,
            period: seconds(60),
        }),
        refilled_after: seconds(60),
        failures: Some(4),
        half_open_max_calls: 4,
        success_threshold: 2,
        longest_pause: seconds(20),
        timeout: seconds(10),
        ..Rules::unsaid("tools", ServiceKind::Mcp)
    }
}

pub const SERVICE: Service = Service {
    rules,
    functions: &[Function {
        promised: Promised {
            refused_at_once: false,
            ..promised(3, false, seconds(10), seconds(40))
        },
        make: |call| Box::pin(use_tool(call)),
        costs: 3,
        keyed: true,
        ..Function::PLAIN
    }],
};

#[mcp_resilient(
    service = "tools",
    retry(max_attempts = 3, base_delay = "100ms", jitter = "none"),
    circuit_breaker(failure_threshold = 4, recovery_timeout = "20s", success_threshold = 2, half_open_max_calls = 4),
    rate_limit(
        requests_per_minute = 12,
        strategy = "fixed_window",
        key = call.key,
        cost = call.cost,
        max_wait = "25s"
    ),
    timeout = "10s",
    deadline = "40s"
)]
async fn use_tool(call: &Call) -> Answer {
    call.ask().await
}
