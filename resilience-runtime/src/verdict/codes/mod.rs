//! Tables of status and error codes, one file for each protocol or product. They need no client library.

mod aws;
pub(super) mod http;
mod jsonrpc;
mod llm;
#[cfg(feature = "llm-json")]
mod llm_body;
mod mysql;
mod sqlite;
mod sqlstate;
mod vault;
