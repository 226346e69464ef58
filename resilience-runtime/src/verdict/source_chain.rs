//! Finds a known error by walking a chain of sources.
//!
//! Each client library has a file in `clients` and a feature of its own; its errors are listed in
//! [`classify_known`].

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::Verdict;
use super::classify::Classify;
use crate::error::ResilienceError;

/// Returns the verdict of the first known error in the chain, `error` included.
pub(crate) fn find(error: &(dyn Error + 'static)) -> Option<Verdict> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
            // `Arc` forwards `source` to the error inside and hides that error itself.
            next = Some(&**shared);
            continue;
        }
        if let Some(verdict) = classify_known(error) {
            return Some(verdict);
        }
        next = error.source();
    }
    None
}

/// Returns the verdict of the first known source. `error` itself is not included: it need not be `'static`, so
/// it cannot be downcast.
pub(crate) fn find_in_sources(error: &dyn Error) -> Option<Verdict> {
    error.source().and_then(find)
}

/// Returns the verdict on `error` itself, if its type is listed here.
fn classify_known(error: &(dyn Error + 'static)) -> Option<Verdict> {
    macro_rules! known {
        ($($(#[$feature:meta])* $error:ty,)*) => {
            $(
                $(#[$feature])*
                if let Some(verdict) = downcast::<$error>(error) {
                    return Some(verdict);
                }
            )*
        };
    }
    known! {
        ResilienceError,
        #[cfg(feature = "async-openai")]
        ::async_openai::error::OpenAIError,
        #[cfg(feature = "async-openai")]
        ::async_openai::error::ApiErrorResponse,
        #[cfg(feature = "aws")]
        aws_smithy_types::error::ErrorMetadata,
        #[cfg(feature = "aws")]
        aws_smithy_runtime_api::client::result::ConnectorError,
        #[cfg(feature = "redis")]
        ::redis::RedisError,
        #[cfg(feature = "redis")]
        ::redis::ServerError,
        #[cfg(feature = "reqwest")]
        ::reqwest::Error,
        #[cfg(feature = "rmcp")]
        ::rmcp::ServiceError,
        #[cfg(feature = "rmcp")]
        ::rmcp::ErrorData,
        #[cfg(feature = "rmcp")]
        ::rmcp::service::ClientInitializeError,
        #[cfg(feature = "rmcp")]
        ::rmcp::transport::DynamicTransportError,
        #[cfg(all(feature = "rmcp", feature = "reqwest"))]
        ::rmcp::transport::streamable_http_client::StreamableHttpError<::reqwest::Error>,
        #[cfg(feature = "rusqlite")]
        ::rusqlite::Error,
        #[cfg(feature = "sqlx")]
        sqlx_core::Error,
        #[cfg(feature = "sqlx")]
        Box<dyn sqlx_core::error::DatabaseError>,
        #[cfg(feature = "sqlx-0_8")]
        sqlx_core_0_8::Error,
        #[cfg(feature = "sqlx-0_8")]
        Box<dyn sqlx_core_0_8::error::DatabaseError>,
        #[cfg(feature = "tokio-postgres")]
        ::tokio_postgres::Error,
        #[cfg(feature = "tokio-postgres")]
        ::tokio_postgres::error::DbError,
        #[cfg(feature = "tonic")]
        ::tonic::Status,
        #[cfg(feature = "vaultrs")]
        ::vaultrs::error::ClientError,
        #[cfg(feature = "vaultrs")]
        rustify::errors::ClientError,
        // The pools are generic, so each common instance is listed.
        #[cfg(all(feature = "bb8", feature = "redis"))]
        ::bb8::RunError<::redis::RedisError>,
        #[cfg(all(feature = "bb8", feature = "tokio-postgres"))]
        ::bb8::RunError<::tokio_postgres::Error>,
        #[cfg(all(feature = "deadpool", feature = "redis"))]
        ::deadpool::managed::PoolError<::redis::RedisError>,
        #[cfg(all(feature = "deadpool", feature = "tokio-postgres"))]
        ::deadpool::managed::PoolError<::tokio_postgres::Error>,
        io::Error,
    }
    None
}

/// Returns the verdict if `error` is an `E`, an `Arc<E>` or a `Box<E>`. Returns `None` for an unclassified error,
/// so that its sources decide.
fn downcast<E: Classify + Error + 'static>(error: &(dyn Error + 'static)) -> Option<Verdict> {
    let error = error
        .downcast_ref::<E>()
        .or_else(|| error.downcast_ref::<Arc<E>>().map(|shared| &**shared))
        .or_else(|| error.downcast_ref::<Box<E>>().map(|boxed| &**boxed))?;
    Some(error.classify()).filter(|verdict| !verdict.is_unknown())
}

macro_rules! classify_dyn {
    ($($error:ty),*) => {
        $(
            /// Classifies by the first known error in the chain of sources.
            impl Classify for $error {
                fn classify(&self) -> Verdict {
                    find(self).unwrap_or(Verdict::unclassified())
                }
            }
        )*
    };
}

classify_dyn!(
    dyn Error + 'static,
    dyn Error + Send + 'static,
    dyn Error + Send + Sync + 'static
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classify_sees_through_arc_and_box() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(refused());
        for boxed in [
            Box::new(Arc::new(refused())) as Box<dyn Error>,
            Box::new(Box::new(refused())),
            Box::new(shared),
        ] {
            assert_eq!(boxed.classify(), Verdict::transient());
        }
    }
}
