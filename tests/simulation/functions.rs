//! The functions that are called: five services of five kinds, each shared by several functions.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use resilience_runtime::{
    ServiceKind, database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient,
};

use crate::call::{Answer, ApiError, Call, Promised};
use crate::promise::Promise;
use crate::witness::Rules;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Keys that are called with: 0 up to this.
pub const KEYS: u32 = 5;

// A token bucket with costs, parked by its server; a bulkhead that nobody waits for; a rate over a window of
// calls; longer and longer pauses.

pub fn models() -> Rules {
    Rules {
        name: "models",
        kind: ServiceKind::Llm,
        limit: Some(|| Promise::token_bucket(100, seconds(60), 40)),
        refilled_after: seconds(60),
        max_concurrent: 12,
        half_open_max_calls: 3,
        success_threshold: 4,
        longest_pause: seconds(240),
        timeout: seconds(20),
        max_park: Some(seconds(45)),
        budget: (1_000_000_000_000, 1_000_000_000),
    }
}

#[llm_resilient(
    service = "models",
    retry(max_attempts = 4, base_delay = "300ms", max_delay = "5s", jitter = "none"),
    retry_budget(capacity = 1_000.0, refill = 1.0),
    circuit(
        failure_rate = 0.5,
        window = 20,
        minimum_calls = 8,
        recovery_timeout = "15s",
        recovery_multiplier = 2.0,
        max_recovery_timeout = "4m",
        success_threshold = 4,
        half_open_max_calls = 3
    ),
    rate_limit(requests_per_minute = 100, burst = 40, cost = call.cost, max_park = "45s"),
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
    call.witness.count(|tally| tally.fallback_call += 1);
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

// A sliding window that nobody waits for: whoever is refused was refused rightly.

pub fn search() -> Rules {
    Rules {
        name: "search",
        kind: ServiceKind::Custom,
        limit: Some(|| Promise::sliding_window(4, seconds(1))),
        refilled_after: seconds(1),
        max_concurrent: usize::MAX,
        half_open_max_calls: 1,
        success_threshold: 3,
        longest_pause: seconds(10),
        timeout: seconds(2),
        max_park: None,
        budget: (100_000_000_000, 100_000_000),
    }
}

#[resilient(
    service = "search",
    idempotent,
    retry(max_attempts = 5, base_delay = "20ms", multiplier = 3.0, max_delay = "1s", jitter = "none"),
    circuit(failure_threshold = 6, recovery_timeout = "10s", success_threshold = 3, half_open_max_calls = 1),
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

// A bulkhead with a line; not idempotent; a rate over a window of time, slow calls, dropped ones count.

pub fn orders() -> Rules {
    Rules {
        name: "orders",
        kind: ServiceKind::Database,
        limit: None,
        refilled_after: Duration::ZERO,
        max_concurrent: 3,
        half_open_max_calls: 2,
        success_threshold: 2,
        longest_pause: seconds(60),
        timeout: seconds(4),
        max_park: None,
        budget: (12_500_000_000, 300_000_000),
    }
}

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
    circuit(
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
    call.witness.count(|tally| tally.fallback_call += 1);
    Ok(3)
}

// A fixed window for each key, waited for in a line.

pub fn tools() -> Rules {
    Rules {
        name: "tools",
        kind: ServiceKind::Mcp,
        limit: Some(|| Promise::fixed_window(12, seconds(60))),
        refilled_after: seconds(60),
        max_concurrent: usize::MAX,
        half_open_max_calls: 4,
        success_threshold: 2,
        longest_pause: seconds(20),
        timeout: seconds(10),
        max_park: None,
        budget: (100_000_000_000, 100_000_000),
    }
}

#[mcp_resilient(
    service = "tools",
    retry(max_attempts = 3, base_delay = "100ms", jitter = "none"),
    circuit(failure_threshold = 4, recovery_timeout = "20s", success_threshold = 2, half_open_max_calls = 4),
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

// No limit, but parked by its server; a bulkhead with a line, so that some stand in it when that happens.

pub fn vault() -> Rules {
    Rules {
        name: "vault",
        kind: ServiceKind::Secret,
        limit: None,
        refilled_after: Duration::ZERO,
        max_concurrent: 2,
        half_open_max_calls: 2,
        success_threshold: 1,
        longest_pause: seconds(30),
        timeout: seconds(1),
        max_park: Some(seconds(20)),
        budget: (100_000_000_000, 100_000_000),
    }
}

#[secret_resilient(
    service = "vault",
    retry(
        max_attempts = 4,
        base_delay = "50ms",
        multiplier = 1.0,
        jitter = "none"
    ),
    circuit(
        failure_threshold = 2,
        recovery_timeout = "30s",
        success_threshold = 1,
        half_open_max_calls = 2
    ),
    rate_limit(max_park = "20s"),
    bulkhead(max_concurrent = 2, max_wait = "1s"),
    timeout = "1s",
    deadline = "3s"
)]
async fn read_secret(call: &Call) -> Answer {
    call.ask().await
}

// Requests and tokens for each key, waited for in a line, also while it is parked; all sorts of jitter.

pub fn agents() -> Rules {
    Rules {
        name: "agents",
        kind: ServiceKind::Llm,
        limit: Some(|| Promise::requests_and_tokens(30, 150, seconds(60))),
        // A debt takes longer than a bucket.
        refilled_after: seconds(180),
        max_concurrent: usize::MAX,
        half_open_max_calls: 2,
        success_threshold: 2,
        longest_pause: seconds(10),
        timeout: seconds(8),
        max_park: Some(seconds(15)),
        budget: (100_000_000_000, 100_000_000),
    }
}

#[llm_resilient(
    service = "agents",
    retry(max_attempts = 4, base_delay = "200ms", max_delay = "2s", jitter = "decorrelated"),
    circuit(failure_threshold = 6, recovery_timeout = "10s", success_threshold = 2, half_open_max_calls = 2),
    rate_limit(
        requests_per_minute = 30,
        tokens_per_minute = 150,
        key = call.key,
        cost = call.cost,
        settle = used,
        max_wait = "20s",
        max_park = "15s"
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
    rate_limit(key = call.key, cost = call.cost, settle = used),
    timeout = "8s",
    deadline = "20s"
)]
async fn act(call: &Call) -> Answer {
    call.ask().await
}

fn used(answer: &u64) -> u32 {
    u32::try_from(*answer).unwrap()
}

/// What is played: functions, and the services that they belong to.
pub struct Cast {
    pub services: &'static [fn() -> Rules],
    pub functions: &'static [Function],
}

/// Nothing is left to chance but what the seed decides.
pub const BY_SEED: Cast = Cast {
    services: &[models, search, orders, tools, vault],
    functions: &FUNCTIONS,
};

/// Jitter and the order after a park are drawn anew each time.
pub const WITH_CHANCE: Cast = Cast {
    services: &[agents],
    functions: &[
        Function {
            service: 0,
            promised: Promised {
                billed: true,
                refused_at_once: false,
                ..promised(4, true, seconds(8), seconds(50))
            },
            make: |call| Box::pin(plan(call)),
            costs: 20,
            keyed: true,
        },
        Function {
            service: 0,
            promised: Promised {
                billed: true,
                refused_at_once: false,
                ..promised(3, true, seconds(8), seconds(20))
            },
            make: |call| Box::pin(act(call)),
            costs: 9,
            keyed: true,
        },
    ],
};

/// A function to call, and of which service.
pub struct Function {
    pub service: usize,
    pub promised: Promised,
    pub make: for<'a> fn(&'a Call) -> Pin<Box<dyn Future<Output = Answer> + 'a>>,
    pub costs: u32,
    pub keyed: bool,
}

const fn promised(
    max_attempts: usize,
    idempotent: bool,
    timeout: Duration,
    deadline: Duration,
) -> Promised {
    Promised {
        max_attempts,
        idempotent,
        timeout,
        deadline,
        billed: false,
        refused_at_once: true,
    }
}

const FUNCTIONS: [Function; 8] = [
    Function {
        service: 0,
        promised: Promised {
            billed: true,
            ..promised(4, true, seconds(20), seconds(60))
        },
        make: |call| Box::pin(complete(call)),
        costs: 4,
        keyed: false,
    },
    Function {
        service: 0,
        promised: Promised {
            billed: true,
            ..promised(2, true, seconds(20), seconds(90))
        },
        make: |call| Box::pin(embed(call)),
        costs: 2,
        keyed: false,
    },
    Function {
        service: 1,
        promised: promised(5, true, seconds(2), seconds(5)),
        make: |call| Box::pin(find(call)),
        costs: 3,
        keyed: false,
    },
    Function {
        service: 1,
        promised: promised(1, false, seconds(2), Duration::from_millis(1_500)),
        make: |call| Box::pin(suggest(call)),
        costs: 2,
        keyed: false,
    },
    Function {
        service: 2,
        promised: promised(6, false, seconds(4), seconds(12)),
        make: |call| Box::pin(place_order(call)),
        costs: 2,
        keyed: false,
    },
    Function {
        service: 2,
        promised: promised(3, true, seconds(1), seconds(4)),
        make: |call| Box::pin(look_up(call)),
        costs: 2,
        keyed: false,
    },
    Function {
        service: 3,
        promised: Promised {
            refused_at_once: false,
            ..promised(3, false, seconds(10), seconds(40))
        },
        make: |call| Box::pin(use_tool(call)),
        costs: 3,
        keyed: true,
    },
    Function {
        service: 4,
        promised: promised(4, true, seconds(1), seconds(3)),
        make: |call| Box::pin(read_secret(call)),
        costs: 2,
        keyed: false,
    },
];
