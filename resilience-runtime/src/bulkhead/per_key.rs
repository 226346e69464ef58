//! The bulkhead of one key of a service.

use std::sync::Arc;
use std::time::Duration;

use super::adaptive::AdaptiveLimit;
use super::{Bulkhead, LimitChange};
use crate::clock::Moment;
use crate::config::BulkheadConfig;
use crate::key_table::PerKey;
use crate::name::ServiceName;

/// After how long without a call a limit that adapted itself says nothing of the service any more.
const LEARNED_FOR: Duration = Duration::from_secs(600);

impl Bulkhead {
    /// Makes the bulkhead of a key, with a configuration that has been checked.
    pub(crate) fn of_key(
        name: ServiceName,
        config: BulkheadConfig,
        listener: impl Fn(LimitChange) + Send + Sync + 'static,
    ) -> Self {
        Self {
            listener: Some(Arc::new(listener)),
            ..Self::with_config(name, config)
        }
    }
}

impl PerKey for Bulkhead {
    type Config = BulkheadConfig;

    fn config(&self) -> BulkheadConfig {
        self.limits.lock().config.clone()
    }

    fn set_config(&self, config: BulkheadConfig) {
        self.take_config(config);
    }

    fn max_keys(config: &BulkheadConfig) -> usize {
        config.max_keys
    }

    /// Who waits or has a place uses it.
    fn is_at_rest(&self, idle: Duration, _: Moment) -> bool {
        let limits = self.limits.lock();
        let learned = (limits.adaptive.as_ref()).is_some_and(AdaptiveLimit::is_changed);
        !learned || idle >= LEARNED_FOR
    }
}
