//! The services that are asked by everybody, one for each pattern that lets callers share something.

use std::time::Duration;

use resilience_runtime::{
    database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient,
};
use tokio::time::sleep;

use super::call::{Answer, Ask, Trouble};
use super::shadow::{Body, Lesson, Rules};

/// A limit for each tenant with a line, and a read-through cache.
pub const MODEL: usize = 0;
/// A last good answer, which must not outlive its revocation.
pub const VAULT: usize = 1;
/// Few places, with a line.
pub const DATABASE: usize = 2;
/// No limit of time: what its breaker has counted is known exactly.
pub const COUNTED: usize = 3;
/// Few probes.
pub const PROBED: usize = 4;
/// A session that is lost.
pub const SESSION: usize = 5;
/// Asks the others.
pub const AGENT: usize = 6;
/// Asks the others, and has no error of its own.
pub const ESCORT: usize = 7;

pub const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn rules(name: &'static str, timeout: u64, deadline: u64, recovery: u64) -> Rules {
    Rules {
        name,
        timeout: Some(seconds(timeout)),
        deadline: Some(seconds(deadline)),
        recovery: seconds(recovery),
        places: None,
        probes: 2,
        keyed: false,
        renews: false,
    }
}

pub fn all() -> [Rules; 8] {
    [
        Rules {
            keyed: true,
            ..rules("model", 3, 10, 2)
        },
        Rules {
            places: Some(4),
            ..rules("vault", 1, 4, 2)
        },
        Rules {
            places: Some(3),
            ..rules("database", 2, 6, 2)
        },
        Rules {
            timeout: None,
            deadline: None,
            ..rules("counted", 0, 0, 60)
        },
        rules("probed", 2, 5, 3),
        Rules {
            renews: true,
            ..rules("session", 2, 6, 2)
        },
        Rules {
            keyed: true,
            places: Some(40),
            ..rules("agent", 20, 30, 2)
        },
        Rules {
            timeout: None,
            deadline: None,
            ..rules("escort", 0, 0, 60)
        },
    ]
}

/// A body that asks its server once.
async fn leaf(ask: &Ask, which: usize, most: u32) -> Answer {
    let body = ask.begin(which, most);
    let remote = &ask.world.remotes[which];
    let version = remote.version(ask);
    let said = remote.answer(ask).await;
    if let (VAULT, Err(Trouble::Denied)) = (which, &said) {
        remote.is_denied(ask, version);
    }
    let secret = |version| (which == VAULT).then_some(version);
    finish(&body, said.map(|version| ask.page(secret(version))))
}

/// Ends a body with what its own server said.
fn finish(body: &Body, said: Answer) -> Answer {
    body.end(match &said {
        Ok(_) => Lesson::Success,
        Err(trouble) => trouble.lesson(),
    });
    said
}

#[llm_resilient(
    service = "model",
    retry(max_attempts = 3, base_delay = "50ms", max_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 8, recovery_timeout = "2s", success_threshold = 1, half_open_max_calls = 2),
    rate_limit(requests_per_minute = 600, burst = 10, key = ask.tenant, max_wait = "2s", max_cooldown = "3s"),
    timeout = "3s",
    deadline = "10s",
    cache(
        key = (ask.tenant, ask.question),
        ttl = "2s",
        refresh_ahead = 0.8,
        stale_if_error = "3s",
        negative_ttl = "500ms",
        max_entries = 8
    )
)]
pub async fn ask_model(ask: &Ask) -> Answer {
    leaf(ask, MODEL, 3).await
}

#[secret_resilient(
    service = "vault",
    retry(max_attempts = 3, base_delay = "20ms", max_delay = "100ms", jitter = "none"),
    circuit_breaker(failure_threshold = 5, recovery_timeout = "2s", success_threshold = 1, half_open_max_calls = 2),
    bulkhead(max_concurrent = 4, max_wait = "300ms"),
    timeout = "1s",
    deadline = "4s",
    fallback(cache(key = (ask.tenant, ask.question), ttl = "10m", max_entries = 8))
)]
pub async fn read_secret(ask: &Ask) -> Answer {
    leaf(ask, VAULT, 3).await
}

#[database_resilient(
    service = "database",
    idempotent,
    retry(max_attempts = 2, base_delay = "20ms", jitter = "none"),
    circuit_breaker(
        failure_rate = 0.8,
        window = "5s",
        minimum_calls = 20,
        recovery_timeout = "2s",
        success_threshold = 1,
        half_open_max_calls = 2
    ),
    bulkhead(max_concurrent = 3, max_wait = "500ms"),
    timeout = "2s",
    deadline = "6s"
)]
pub async fn query(ask: &Ask) -> Answer {
    leaf(ask, DATABASE, 2).await
}

#[resilient(
    service = "counted",
    retry(max_attempts = 3, base_delay = "1ms", jitter = "none"),
    retry_budget = off,
    circuit_breaker(
        failure_rate = 1.0,
        window = 100_000,
        minimum_calls = 100_000,
        recovery_timeout = "60s"
    ),
    timeout = off,
    deadline = off,
    idempotent
)]
pub async fn count(ask: &Ask) -> Answer {
    leaf(ask, COUNTED, 3).await
}

#[resilient(
    service = "probed",
    idempotent,
    retry(max_attempts = 2, base_delay = "10ms", jitter = "none"),
    circuit_breaker(
        failure_threshold = 2,
        recovery_timeout = "3s",
        success_threshold = 3,
        half_open_max_calls = 2
    ),
    timeout = "2s",
    deadline = "5s"
)]
pub async fn probe(ask: &Ask) -> Answer {
    leaf(ask, PROBED, 2).await
}

#[mcp_resilient(
    service = "session",
    retry(max_attempts = 3, base_delay = "20ms", jitter = "none"),
    circuit_breaker(
        failure_threshold = 5,
        recovery_timeout = "2s",
        success_threshold = 1,
        half_open_max_calls = 2
    ),
    timeout = "2s",
    deadline = "6s",
    reconnect = connect
)]
pub async fn tool(ask: &Ask) -> Answer {
    let body = ask.begin(SESSION, 3);
    let remote = &ask.world.remotes[SESSION];
    if !remote.session.get() {
        // Of calls beside each other one that fails at once would have ended before the other one begins.
        sleep(Duration::from_millis(1)).await;
        return finish(&body, Err(Trouble::SessionLost));
    }
    let said = remote.answer(ask).await;
    // A server that was away knows nobody any more.
    if let Err(Trouble::Lost) = said {
        remote.session.set(false);
    }
    finish(&body, said.map(|_| ask.page(None)))
}

/// Makes a new session.
async fn connect(ask: &Ask) -> Result<(), Trouble> {
    let remote = &ask.world.remotes[SESSION];
    ask.world.renewals.set(ask.world.renewals.get() + 1);
    remote.answer(ask).await?;
    remote.session.set(true);
    Ok(())
}
