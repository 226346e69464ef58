//! How a process belongs to a fleet.

use std::fmt;
use std::time::Duration;

/// Configures the fleet that a process belongs to.
///
/// ```
/// use resilience_runtime::fleet::FleetConfig;
///
/// let config = FleetConfig::new("shop-prod").secret(b"from the secret manager").expected_processes(10);
/// assert_eq!(config.namespace, "shop-prod");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct FleetConfig {
    /// Names the fleet: all processes with the same name and the same store share their limits.
    pub namespace: String,
    /// Hashes names and keys, so that none can be read in the store; the same in all processes. Limits of keys need one.
    pub secret: Option<Vec<u8>>,
    /// How many processes there are at most, for those that have never reached the store.
    pub expected_processes: u32,
    /// Limits how long a call waits for the store's answer.
    pub store_timeout: Duration,
}

impl FleetConfig {
    /// Holds the default of `store_timeout`.
    pub const DEFAULT_STORE_TIMEOUT: Duration = Duration::from_millis(100);

    /// Names the fleet.
    #[must_use]
    pub fn new(namespace: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            secret: None,
            expected_processes: 0,
            store_timeout: Self::DEFAULT_STORE_TIMEOUT,
        }
    }

    /// Sets the secret under which names and keys are hashed.
    #[must_use]
    pub fn secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.secret = Some(secret.as_ref().to_vec());
        self
    }

    /// Sets how many processes there are at most.
    #[must_use]
    pub const fn expected_processes(mut self, processes: u32) -> Self {
        self.expected_processes = processes;
        self
    }

    /// Sets how long a call waits for the store's answer.
    #[must_use]
    pub const fn store_timeout(mut self, timeout: Duration) -> Self {
        self.store_timeout = timeout;
        self
    }
}

/// Never shows the secret.
impl fmt::Debug for FleetConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetConfig")
            .field("namespace", &self.namespace)
            .field("has_secret", &self.secret.is_some())
            .field("expected_processes", &self.expected_processes)
            .field("store_timeout", &self.store_timeout)
            .finish_non_exhaustive()
    }
}
