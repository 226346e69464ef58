//! The breaker of one key of a service.

use std::sync::Arc;
use std::time::Duration;

use super::{CircuitBreaker, CircuitChange};
use crate::clock::Moment;
use crate::config::CircuitBreakerConfig;
use crate::key_table::PerKey;
use crate::name::ServiceName;

impl CircuitBreaker {
    /// Makes the breaker of a key, with a configuration that has been checked.
    pub(crate) fn of_key(
        name: ServiceName,
        config: CircuitBreakerConfig,
        listener: impl Fn(CircuitChange) + Send + Sync + 'static,
    ) -> Self {
        Self {
            is_of_key: true,
            listener: Some(Arc::new(listener)),
            ..Self::with_config(name, config)
        }
    }

    /// Whether it was forced open or disabled, by hand or by a health check.
    #[inline]
    pub(crate) fn is_overridden(&self) -> bool {
        self.shared.is_overridden()
    }
}

impl PerKey for CircuitBreaker {
    type Config = CircuitBreakerConfig;

    fn config(&self) -> CircuitBreakerConfig {
        self.shared.config()
    }

    fn set_config(&self, config: CircuitBreakerConfig) {
        self.shared.change(|machine| machine.reconfigure(config));
    }

    fn max_keys(config: &CircuitBreakerConfig) -> usize {
        config.max_keys
    }

    fn is_at_rest(&self, idle: Duration, now: Moment) -> bool {
        self.shared.is_at_rest(idle, now)
    }
}
