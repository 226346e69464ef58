//! The errors of client libraries: one file and one feature each, and their lines in the list of known errors.

#[cfg(feature = "async-nats")]
mod async_nats;
#[cfg(feature = "async-openai")]
mod async_openai;
#[cfg(feature = "aws")]
mod aws_modelled;
#[cfg(feature = "aws")]
mod aws_sdk;
#[cfg(feature = "bb8")]
mod bb8;
#[cfg(feature = "deadpool")]
mod deadpool;
#[cfg(feature = "diesel")]
mod diesel;
#[cfg(feature = "diesel-async")]
mod diesel_async;
#[cfg(feature = "etcd-client")]
mod etcd_client;
#[cfg(feature = "genai")]
mod genai;
#[cfg(all(
    test,
    any(
        feature = "hyper",
        feature = "reqwest",
        feature = "reqwest-0_12",
        feature = "tonic"
    )
))]
mod http2_test_server;
#[cfg(all(
    test,
    any(
        feature = "genai",
        feature = "kube",
        feature = "object_store",
        feature = "rig-core"
    )
))]
mod http_test_server;
#[cfg(feature = "hyper")]
mod hyper;
mod io;
#[cfg(feature = "kube")]
mod kube;
#[cfg(feature = "lapin")]
mod lapin;
#[cfg(feature = "mongodb")]
mod mongodb;
#[cfg(feature = "mysql_async")]
mod mysql_async;
#[cfg(any(
    feature = "hyper",
    feature = "reqwest",
    feature = "reqwest-0_12",
    feature = "tonic"
))]
mod not_processed;
#[cfg(feature = "object_store")]
mod object_store;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
mod reqwest;
#[cfg(feature = "reqwest-middleware")]
mod reqwest_middleware;
#[cfg(feature = "rig-agent")]
mod rig_agent;
#[cfg(feature = "rig-core")]
mod rig_core;
#[cfg(feature = "rmcp")]
pub(super) mod rmcp;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(feature = "sea-orm")]
mod sea_orm;
pub(crate) mod source_chain;
#[cfg(any(feature = "sqlx", feature = "sqlx-0_8"))]
mod sqlx;
#[cfg(feature = "tokio-postgres")]
mod tokio_postgres;
#[cfg(feature = "tonic")]
mod tonic;
#[cfg(feature = "vaultrs")]
mod vaultrs;

/// Passes the errors that are found in a chain of sources to the macro `$callback`, each with the features that it needs.
macro_rules! known_errors {
    ($callback:ident) => {
        $callback! {
            #[cfg(feature = "async-nats")]
            ::async_nats::PublishError,
            #[cfg(feature = "async-nats")]
            ::async_nats::client::FlushError,
            #[cfg(feature = "async-nats")]
            ::async_nats::RequestError,
            #[cfg(feature = "async-nats")]
            ::async_nats::SubscribeError,
            #[cfg(feature = "async-nats")]
            ::async_nats::ConnectError,
            #[cfg(feature = "async-nats")]
            ::async_nats::SubjectError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::Error,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::context::PublishError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::context::RequestError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::context::CreateStreamError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::context::GetStreamError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::context::ConsumerInfoError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::context::AccountError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::stream::ConsumerError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::stream::DirectGetError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::stream::DeleteMessageError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::stream::PurgeError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::stream::LastRawMessageError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::kv::CreateError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::kv::PutError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::kv::UpdateError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::kv::EntryError,
            #[cfg(feature = "async-nats")]
            ::async_nats::jetstream::consumer::pull::MessagesError,
            #[cfg(feature = "async-openai")]
            ::async_openai::error::OpenAIError,
            #[cfg(feature = "async-openai")]
            ::async_openai::error::ApiErrorResponse,
            #[cfg(feature = "aws")]
            aws_smithy_types::error::ErrorMetadata,
            #[cfg(feature = "aws")]
            aws_smithy_runtime_api::client::result::ConnectorError,
            #[cfg(feature = "aws")]
            aws_credential_types::provider::error::CredentialsError,
            #[cfg(feature = "genai")]
            ::genai::Error,
            #[cfg(feature = "genai")]
            ::genai::webc::Error,
            #[cfg(feature = "kube")]
            kube_client::Error,
            #[cfg(feature = "kube")]
            kube_client::core::Status,
            #[cfg(feature = "object_store")]
            ::object_store::Error,
            #[cfg(feature = "object_store")]
            ::object_store::client::HttpError,
            #[cfg(feature = "hyper")]
            hyper_util::client::legacy::Error,
            #[cfg(feature = "hyper")]
            ::hyper::Error,
            #[cfg(feature = "hyper")]
            ::h2::Error,
            #[cfg(feature = "diesel")]
            ::diesel::result::Error,
            #[cfg(feature = "diesel")]
            ::diesel::result::ConnectionError,
            #[cfg(feature = "diesel-async")]
            ::diesel_async::pooled_connection::PoolError,
            #[cfg(feature = "etcd-client")]
            ::etcd_client::Error,
            #[cfg(feature = "lapin")]
            ::lapin::Error,
            #[cfg(feature = "lapin")]
            ::lapin::protocol::AMQPError,
            #[cfg(feature = "mongodb")]
            ::mongodb::error::Error,
            #[cfg(feature = "mysql_async")]
            ::mysql_async::Error,
            #[cfg(feature = "mysql_async")]
            ::mysql_async::DriverError,
            #[cfg(feature = "mysql_async")]
            ::mysql_async::ServerError,
            #[cfg(feature = "redis")]
            ::redis::RedisError,
            #[cfg(feature = "redis")]
            ::redis::ServerError,
            #[cfg(feature = "reqwest")]
            ::reqwest::Error,
            #[cfg(feature = "reqwest-0_12")]
            reqwest_0_12::Error,
            #[cfg(feature = "reqwest-middleware")]
            ::reqwest_middleware::Error,
            #[cfg(feature = "reqwest-middleware")]
            reqwest_retry::RetryError,
            #[cfg(feature = "rig-agent")]
            ::rig_agent::completion::PromptError,
            #[cfg(feature = "rig-agent")]
            ::rig_agent::completion::StructuredOutputError,
            #[cfg(feature = "rig-agent")]
            ::rig_agent::agent::StreamToStdoutError,
            #[cfg(feature = "rig-core")]
            ::rig_core::error::ProviderError,
            #[cfg(feature = "rig-core")]
            ::rig_core::error::ErrorReport,
            #[cfg(feature = "rig-core")]
            ::rig_core::http_client::Error,
            #[cfg(feature = "rig-core")]
            ::rig_core::vector_store::VectorStoreError,
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
            #[cfg(feature = "sea-orm")]
            ::sea_orm::DbErr,
            #[cfg(feature = "sea-orm")]
            ::sea_orm::RuntimeErr,
            #[cfg(feature = "sea-orm")]
            ::sea_orm::TransactionError<::sea_orm::DbErr>,
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
            #[cfg(all(feature = "bb8", feature = "diesel-async"))]
            ::bb8::RunError<::diesel_async::pooled_connection::PoolError>,
            #[cfg(all(feature = "bb8", feature = "redis"))]
            ::bb8::RunError<::redis::RedisError>,
            #[cfg(all(feature = "bb8", feature = "tokio-postgres"))]
            ::bb8::RunError<::tokio_postgres::Error>,
            #[cfg(all(feature = "deadpool", feature = "diesel-async"))]
            ::deadpool::managed::PoolError<::diesel_async::pooled_connection::PoolError>,
            #[cfg(all(feature = "deadpool", feature = "redis"))]
            ::deadpool::managed::PoolError<::redis::RedisError>,
            #[cfg(all(feature = "deadpool", feature = "tokio-postgres"))]
            ::deadpool::managed::PoolError<::tokio_postgres::Error>,
        }
    };
}

pub(super) use known_errors;
