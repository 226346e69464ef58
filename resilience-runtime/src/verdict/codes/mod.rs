//! Tables of status and error codes, one file for each protocol or product. They need no client library.

#[cfg(any(test, feature = "lapin"))]
mod amqp;
mod aws;
mod envoy;
#[cfg(any(test, feature = "diesel"))]
mod error_text;
#[cfg(any(test, feature = "tonic"))]
mod etcd;
pub(super) mod http;
pub(super) mod http_parts;
pub(super) mod http_quotas;
#[cfg(any(test, feature = "async-nats"))]
mod jetstream;
mod jsonrpc;
mod llm;
#[cfg(feature = "llm-json")]
mod llm_body;
pub(super) mod llm_prose;
pub(super) mod mcp_texts;
#[cfg(any(test, feature = "mongodb"))]
mod mongodb;
mod mysql;
#[cfg(any(
    test,
    feature = "diesel",
    feature = "sqlx",
    feature = "sqlx-0_8",
    feature = "tokio-postgres"
))]
mod pgbouncer;
mod sqlite;
mod sqlstate;
mod vault;
