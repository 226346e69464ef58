//! Shared limits in Redis.

mod channel;
mod connection;
mod failure;
mod link;
mod script;
mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::link::Link;
use self::target::Target;
use super::authority::Terms;
use super::{FleetStore, Grant, GrantRequest, StoreError, StoreFuture};

/// Keeps shared limits in Redis 6.2 or later, or in Valkey.
///
/// Each grant is one script call, which is sent once: what does not answer within the [timeout](RedisStoreBuilder::timeout) is
/// [`StoreError::Unreachable`]. A lost connection is made again in the background; meanwhile requests fail at once.
///
/// The limits of one [`LimitId`](super::LimitId) are one hash, `resilience:{<32 hexadecimal digits>}`, which expires when it
/// says nothing that a new one would not. It must not be evicted earlier: use `maxmemory-policy noeviction`. The user of the
/// connection needs the commands `EVALSHA`, `EVAL`, `TIME`, `HMGET`, `HGET`, `HGETALL`, `HSET`, `HINCRBY`, `HDEL`, `DEL` and
/// `PEXPIRE`, and should have `INFO`: by the server's `run_id` a restart is noticed.
///
/// Clones share one connection.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
}

impl RedisStore {
    /// Connects to a server, such as `redis://host:6379`.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] if there is no connection within a second, [`StoreError::Mistake`] if the URL or the
    /// credentials are wrong.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// Prepares a connection to a server.
    pub fn builder(url: &str) -> RedisStoreBuilder {
        RedisStoreBuilder::new(Target::server(url))
    }

    /// Prepares a connection to the master of that name, which the sentinels know. Credentials in their URLs are for the
    /// sentinels; those of the master are set by [`credentials`](RedisStoreBuilder::credentials).
    pub fn sentinel<'a>(
        urls: impl IntoIterator<Item = &'a str>,
        master: &str,
    ) -> RedisStoreBuilder {
        RedisStoreBuilder::new(Target::sentinel(urls, master))
    }

    /// Prepares connections to a cluster, of which these are some nodes.
    pub fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> RedisStoreBuilder {
        RedisStoreBuilder::new(Target::cluster(urls))
    }
}

impl FleetStore for RedisStore {
    fn grant(&self, request: GrantRequest) -> StoreFuture<'_, Grant> {
        Box::pin(async move {
            let terms = Terms::new(&request)?;
            self.link.grant(request.id, &terms).await
        })
    }
}

/// Shows nothing of where it is connected to.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

/// How a [`RedisStore`] connects.
#[must_use = "a builder does nothing until it connects"]
pub struct RedisStoreBuilder {
    target: Target,
    timeout: Duration,
}

impl RedisStoreBuilder {
    fn new(target: Target) -> Self {
        Self {
            target,
            timeout: Duration::from_millis(100),
        }
    }

    /// Sets how long a command may take. The default is 100 ms.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets whom to be at the servers, instead of what the URL says.
    pub fn credentials(mut self, user: Option<&str>, password: &str) -> Self {
        self.target.set_credentials(user, password);
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// As [`RedisStore::connect`].
    pub async fn connect(self) -> Result<RedisStore, StoreError> {
        let store = self.connect_lazily()?;
        store.link.connect_now().await?;
        Ok(store)
    }

    /// Leaves it to the first request to connect; those that come before there is a connection fail.
    ///
    /// # Errors
    /// [`StoreError::Mistake`] if a URL is wrong.
    pub fn connect_lazily(self) -> Result<RedisStore, StoreError> {
        Ok(RedisStore {
            link: Link::new(self.target.open(self.timeout)?, self.timeout),
        })
    }
}

/// Shows no address and no password.
impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
