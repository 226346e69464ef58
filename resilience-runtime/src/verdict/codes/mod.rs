//! Tables of status and error codes, one file for each protocol or product. They need no client library.

mod aws;
mod envoy;
pub(super) mod http;
pub(super) mod http_parts;
mod jsonrpc;
mod llm;
#[cfg(feature = "llm-json")]
mod llm_body;
pub(super) mod llm_prose;
mod mysql;
#[cfg(any(
    test,
    feature = "sqlx",
    feature = "sqlx-0_8",
    feature = "tokio-postgres"
))]
mod pgbouncer;
mod sqlite;
mod sqlstate;
mod vault;
