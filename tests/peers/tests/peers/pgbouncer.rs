//! What a PostgreSQL client sees of a pool that is full.

use anyhow::Result;
use resilience_peers::{PgBouncer, Postgres, postgres_client};
use tokio_postgres::{NoTls, SimpleQueryMessage};

#[tokio::test]
async fn it_answers_and_turns_away_and_knows_of_it() -> Result<()> {
    let postgres = Postgres::start().await?;
    let settings = [
        "query_wait_timeout=1",
        "max_client_conn=4",
        "default_pool_size=1",
    ];
    let pool = PgBouncer::start(postgres.address(), &settings).await?;
    assert!(pool.version().starts_with("1."), "{}", pool.version());

    // The one connection is in a transaction.
    let busy = postgres_client(&pool.url()).await?;
    busy.batch_execute("BEGIN").await?;
    let waiting = postgres_client(&pool.url()).await?;
    let error = waiting
        .batch_execute("SELECT 1")
        .await
        .expect_err("waited too long");
    let error = error.as_db_error().expect("it says why");
    assert_eq!(
        (error.code().code(), error.message()),
        ("08P01", "query_wait_timeout")
    );

    let mut clients = Vec::new();
    let full = loop {
        match tokio_postgres::connect(&pool.url(), NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                clients.push(client);
            }
            Err(error) => break error,
        }
    };
    let full = full.as_db_error().expect("it says why");
    assert_eq!(full.code().code(), "08P01");
    assert!(
        full.message().contains("no more connections allowed"),
        "{}",
        full.message()
    );
    drop(clients);

    // Another who names a parameter that it does not know is turned away for good.
    let options = format!("{}?options=-c%20extra_float_digits%3D1", pool.url());
    let unsupported = postgres_client(&options).await;
    assert!(unsupported.is_err());

    busy.batch_execute("COMMIT").await?;
    let answer = busy.simple_query("SELECT 42").await?;
    assert!(answer.iter().any(
        |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("42"))
    ));

    let faults = pool.recorded().await?;
    assert!(
        faults.of("query_wait_timeout") == 1 && faults.total() >= 2,
        "{faults:?}"
    );
    Ok(())
}
