//! Checks that a TCP port accepts connections.

use std::fmt;

use tokio::net::TcpStream;

use super::cause::TypedError;
use super::checker::{HealthChecker, HealthFuture, HealthReport};
use crate::name::ServiceName;

/// Checks that a TCP connection can be made. It is closed at once, nothing is sent.
///
/// ```
/// use resilience_runtime::health::TcpHealthChecker;
///
/// let checker = TcpHealthChecker::new("queue", "queue.internal:5672");
/// assert_eq!(checker.name(), "queue");
/// ```
pub struct TcpHealthChecker {
    name: ServiceName,
    address: String,
}

impl TcpHealthChecker {
    /// Creates a checker that connects to `address`, as `host:port`. A name is resolved for each check.
    #[must_use]
    pub fn new(name: impl Into<ServiceName>, address: impl ToString) -> Self {
        Self {
            name: name.into(),
            address: address.to_string(),
        }
    }

    /// Returns the name of the service.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.name
    }
}

impl HealthChecker for TcpHealthChecker {
    fn check(&self) -> HealthFuture<'_> {
        Box::pin(async move {
            match TcpStream::connect(&self.address).await {
                Ok(_) => Ok(HealthReport::healthy()),
                Err(error) => Err(TypedError::boxed(error)),
            }
        })
    }
}

impl fmt::Debug for TcpHealthChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpHealthChecker")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
