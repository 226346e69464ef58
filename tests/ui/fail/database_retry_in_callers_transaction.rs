//! A retry would repeat a part of the transaction.

use std::io;

use resilience_runtime::database_resilient;

struct Transaction<'a>(&'a ());
struct PgConnection;

#[database_resilient]
async fn f(tx: &mut Transaction<'_>, connection: &mut PgConnection) -> io::Result<u8> {
    let _ = (tx.0, connection);
    Ok(1)
}

#[database_resilient(retry = off)]
async fn g(tx: &mut Transaction<'_>) -> io::Result<u8> {
    let _ = tx.0;
    Ok(1)
}

fn main() {}
