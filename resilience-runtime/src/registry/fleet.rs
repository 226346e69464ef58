//! The fleet that the services of a registry belong to.

use std::sync::Arc;

use super::services::Registry;
use crate::error::{ConfigError, ConfigProblem, ConfigSource};
use crate::fleet::{FleetConfig, FleetStore, Member};

impl Registry {
    /// Makes this process one of a fleet: limits that are [shared](crate::RateLimitConfig::shared) hold for all processes with
    /// the same store and namespace together. Once for each registry, before or after its first calls.
    ///
    /// To be called within a tokio runtime: what is asked of the store outside of any runs there.
    ///
    /// ```
    /// use resilience_runtime::fleet::{FleetConfig, MemoryStore};
    /// use resilience_runtime::{RateLimitConfig, Registry};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = Registry::new();
    /// // With the feature `fleet-redis`: `RedisStore::connect("redis://…").await?`
    /// registry.join_fleet(MemoryStore::new(), FleetConfig::new("shop-prod"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The registry belongs to a fleet already, the namespace is empty, or the time to wait for the store is zero.
    pub fn join_fleet(
        &self,
        store: impl FleetStore,
        config: FleetConfig,
    ) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, allowed: &str| {
            problems.push(ConfigProblem::without_value(
                key,
                ConfigSource::Code,
                allowed,
            ));
        };
        if config.namespace.is_empty() {
            wrong("fleet.namespace", "must not be empty");
        }
        if config.store_timeout.is_zero() {
            wrong("fleet.store_timeout", "must be above 0");
        }
        ConfigError::check(problems)?;
        let member = Arc::new(Member::new(Arc::new(store), config));
        if self.inner.fleet.set(Arc::clone(&member)).is_err() {
            let already = "the registry belongs to a fleet already";
            return Err(ConfigProblem::without_value("fleet", ConfigSource::Code, already).into());
        }
        // Those that are made from now on join by themselves.
        for service in self.services() {
            service.core.limiter.join(&member);
        }
        Ok(())
    }
}
