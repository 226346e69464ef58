//! The errors of client libraries: one file and one feature each, and a line in `source_chain`.

#[cfg(feature = "async-openai")]
mod async_openai;
#[cfg(feature = "aws")]
mod aws_sdk;
#[cfg(feature = "bb8")]
mod bb8;
#[cfg(feature = "deadpool")]
mod deadpool;
mod io;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "rmcp")]
mod rmcp;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(any(feature = "sqlx", feature = "sqlx-0_8"))]
mod sqlx;
#[cfg(feature = "tokio-postgres")]
mod tokio_postgres;
#[cfg(feature = "tonic")]
mod tonic;
#[cfg(feature = "vaultrs")]
mod vaultrs;
