//! A secret survives an outage of its store, but not the loss of the right to read it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use resilience_runtime::{Classify, Registry, ResilienceError, ServiceKind, secret_resilient};

use crate::log::{self, Log};
use crate::story::Story;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Well,
    Down,
    /// It no longer trusts us.
    Revoked,
}

/// A store of secrets that fails on demand.
struct Vault {
    address: &'static str,
    state: Mutex<State>,
}

struct State {
    secrets: HashMap<&'static str, &'static str>,
    condition: Condition,
    reads: u32,
}

#[derive(Debug, thiserror::Error, Classify)]
enum VaultError {
    #[error("the store is unavailable")]
    #[classify(transient)]
    Unavailable,
    #[error("permission denied")]
    #[classify(denied)]
    Denied,
    #[error("no such secret")]
    #[classify(not_found)]
    NotFound,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Vault {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, condition: Condition) {
        self.state().condition = condition;
    }

    fn take_reads(&self) -> u32 {
        std::mem::take(&mut self.state().reads)
    }

    /// Reads a secret; when the store is down, the last good one, at most a minute old.
    #[secret_resilient(
        service = "vault",
        retry(max_attempts = 3, base_delay = "10ms", max_delay = "50ms"),
        circuit_breaker(failure_threshold = 20),
        fallback(cache(key = (self.address, name), ttl = "1m"))
    )]
    async fn read(&self, name: &str) -> Result<String, VaultError> {
        let mut state = self.state();
        state.reads += 1;
        match state.condition {
            Condition::Down => Err(VaultError::Unavailable),
            Condition::Revoked => Err(VaultError::Denied),
            Condition::Well => {
                let secret = state.secrets.get(name).ok_or(VaultError::NotFound)?;
                Ok((*secret).to_owned())
            }
        }
    }
}

pub async fn scene(story: &mut Story, log: &Log) -> anyhow::Result<()> {
    story.scene("A secret store — #[secret_resilient]");
    let vault = Vault {
        address: "https://vault.internal",
        state: Mutex::new(State {
            secrets: HashMap::from([("db-password", "hunter2"), ("api-key", "sk-12345")]),
            condition: Condition::Well,
            reads: 0,
        }),
    };
    let service = Registry::global().service("vault", ServiceKind::Secret)?;

    story.tell("The store is well: `db-password` is read.");
    let fresh = vault.read("db-password").await?;
    story.promise(
        vault.take_reads() == 1 && service.stats().fallbacks.cache == 0,
        format_args!("a secret of {} characters, from the store", fresh.len()),
    );

    story.tell("The password is rotated, and then the store goes down.");
    vault.state().secrets.insert("db-password", "correct horse");
    vault.set(Condition::Down);
    let stale = vault.read("db-password").await?;
    let reads = vault.take_reads();
    story.promise(
        stale == fresh && reads == 3 && service.stats().fallbacks.cache == 1,
        format_args!(
            "after {reads} attempts the last good one is served: stale, but most likely valid"
        ),
    );
    let never_read = vault.read("api-key").await;
    vault.take_reads();
    story.promise(
        matches!(never_read, Err(VaultError::Unavailable)),
        "`api-key` was never read, so there is nothing to serve: the store's own error",
    );

    story.tell("The store is back, but our permission was revoked.");
    vault.set(Condition::Revoked);
    let denied = vault.read("db-password").await;
    let reads = vault.take_reads();
    story.promise(
        matches!(denied, Err(VaultError::Denied)) && reads == 1,
        format_args!(
            "denied after {reads} attempt; what is revoked is never answered from the cache"
        ),
    );

    story.tell("The store goes down again.");
    vault.set(Condition::Down);
    let revoked = vault.read("db-password").await;
    vault.take_reads();
    story.promise(
        matches!(revoked, Err(VaultError::Unavailable)) && service.stats().fallbacks.cache == 1,
        "nor does an outage bring back what was revoked: the store's own error",
    );

    story.tell("The store is well, and the permission is restored.");
    vault.set(Condition::Well);
    let rotated = vault.read("db-password").await?;
    story.promise(
        rotated != fresh && service.stats().fallbacks.cache == 1,
        format_args!(
            "the rotated one, {} characters, from the store",
            rotated.len()
        ),
    );

    let lines = log.take();
    let secrets = [&fresh, &rotated];
    story.promise(
        log::all_carry(&lines, "demo-secret")
            && lines
                .iter()
                .all(|line| secrets.iter().all(|secret| !line.contains(secret.as_str()))),
        format_args!("{} log lines, and no secret in any of them", lines.len()),
    );
    Ok(())
}
