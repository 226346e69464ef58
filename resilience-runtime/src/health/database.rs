//! Checks a database with a ping.

use std::fmt;

use super::cause::TypedError;
use super::checker::{HealthChecker, HealthFuture, HealthReport};
use crate::error::BoxError;
use crate::name::ServiceName;

/// Checks a database with a ping function: it is healthy if the ping returns `Ok`.
///
/// ```
/// use resilience_runtime::health::DatabaseHealthChecker;
///
/// # struct Pool;
/// # impl Pool { async fn execute(&self, _: &str) -> std::io::Result<u64> { Ok(1) } }
/// # let pool = std::sync::Arc::new(Pool);
/// let checker = DatabaseHealthChecker::new("orders", move || {
///     let pool = pool.clone();
///     async move { pool.execute("select 1").await }
/// });
/// assert_eq!(checker.name(), "orders");
/// ```
///
/// With the features of the clients there are also `sqlx`, `sqlx_0_8` and `tokio_postgres`.
pub struct DatabaseHealthChecker {
    name: ServiceName,
    ping: Box<dyn Fn() -> HealthFuture<'static> + Send + Sync>,
}

impl DatabaseHealthChecker {
    /// Creates a checker that calls `ping` for each check. The value of an `Ok` is ignored.
    pub fn new<F, Fut, T, E>(name: impl Into<ServiceName>, ping: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self {
            name: name.into(),
            ping: Box::new(move || {
                let pinged = ping();
                Box::pin(async move {
                    match pinged.await {
                        Ok(_) => Ok(HealthReport::healthy()),
                        Err(error) => Err(TypedError::boxed(error)),
                    }
                })
            }),
        }
    }

    /// Creates a checker that takes a connection from a pool of `sqlx` 0.9 and pings with it, so an exhausted pool fails as well.
    #[cfg(feature = "sqlx")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sqlx")))]
    pub fn sqlx<DB: sqlx_core::database::Database>(
        name: impl Into<ServiceName>,
        pool: sqlx_core::pool::Pool<DB>,
    ) -> Self {
        use sqlx_core::connection::Connection as _;
        Self::new(name, move || {
            let connection = pool.acquire();
            async move { connection.await?.ping().await }
        })
    }

    /// Creates a checker that takes a connection from a pool of `sqlx` 0.8 and pings with it, so an exhausted pool fails as well.
    #[cfg(feature = "sqlx-0_8")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sqlx-0_8")))]
    pub fn sqlx_0_8<DB: sqlx_core_0_8::database::Database>(
        name: impl Into<ServiceName>,
        pool: sqlx_core_0_8::pool::Pool<DB>,
    ) -> Self {
        use sqlx_core_0_8::connection::Connection as _;
        Self::new(name, move || {
            let connection = pool.acquire();
            async move { connection.await?.ping().await }
        })
    }

    /// Creates a checker that sends an empty query over a connection of `tokio-postgres`.
    #[cfg(feature = "tokio-postgres")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio-postgres")))]
    pub fn tokio_postgres(
        name: impl Into<ServiceName>,
        client: std::sync::Arc<::tokio_postgres::Client>,
    ) -> Self {
        Self::new(name, move || {
            let client = std::sync::Arc::clone(&client);
            async move { client.simple_query("").await }
        })
    }

    /// Returns the name of the database.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.name
    }
}

impl HealthChecker for DatabaseHealthChecker {
    fn check(&self) -> HealthFuture<'_> {
        (self.ping)()
    }
}

impl fmt::Debug for DatabaseHealthChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseHealthChecker")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
