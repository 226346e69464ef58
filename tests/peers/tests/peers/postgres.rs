//! What a PostgreSQL client sees.

use anyhow::Result;
use resilience_peers::{FaultProxy, Mode, Postgres, postgres_client};
use tokio_postgres::error::SqlState;

fn state(error: &tokio_postgres::Error) -> &str {
    error.code().map_or("none", SqlState::code)
}

#[tokio::test]
async fn it_answers_and_breaks_and_knows_of_it() -> Result<()> {
    let mut postgres =
        Postgres::start_with(&["max_connections=12", "deadlock_timeout=20ms"]).await?;
    assert!(
        postgres.version().starts_with(|c: char| c.is_ascii_digit()),
        "{}",
        postgres.version()
    );
    let (one, two) = (postgres.client().await?, postgres.client().await?);
    one.batch_execute(
        "CREATE TABLE account (id int, balance int); INSERT INTO account VALUES (1, 0), (2, 0)",
    )
    .await?;

    // Each waits for what the other has.
    let update = |id| format!("UPDATE account SET balance = balance + 1 WHERE id = {id}");
    for (client, id) in [(&one, 1), (&two, 2)] {
        client
            .batch_execute(&format!("BEGIN; {}", update(id)))
            .await?;
    }
    let (first, second) = (update(2), update(1));
    let (first, second) = tokio::join!(one.batch_execute(&first), two.batch_execute(&second));
    let error = first.and(second).expect_err("a deadlock");
    assert_eq!(state(&error), "40P01");
    for client in [&one, &two] {
        client.batch_execute("ROLLBACK").await?;
    }

    // The later of two that have read the same.
    for client in [&one, &two] {
        client
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM account")
            .await?;
    }
    one.batch_execute(&format!("{}; COMMIT", update(1))).await?;
    assert_eq!(
        state(&two.batch_execute(&update(1)).await.expect_err("too late")),
        "40001"
    );
    assert_eq!(
        state(&two.batch_execute("SELECT 1").await.expect_err("aborted")),
        "25P02"
    );
    two.batch_execute("ROLLBACK").await?;

    // A lock that is not waited for.
    one.batch_execute("BEGIN; SELECT * FROM account FOR UPDATE")
        .await?;
    let locked = two
        .batch_execute("SELECT * FROM account FOR UPDATE NOWAIT")
        .await
        .expect_err("locked");
    assert_eq!(state(&locked), "55P03");

    // The statistics of a backend are there at the latest when it has gone.
    drop((one, two));
    while postgres.deadlocks().await? == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    let mut many = Vec::new();
    let full = loop {
        match tokio_postgres::connect(&postgres.url(), tokio_postgres::NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                many.push(client);
            }
            Err(error) => break error,
        }
    };
    // One who is no superuser would have been turned away three earlier.
    assert_eq!((state(&full), many.len()), ("53300", 12));
    many.truncate(1);

    postgres.restart().await?;
    let error = many[0].batch_execute("SELECT 1").await.expect_err("ended");
    assert!(error.is_closed() || state(&error) == "57P01", "{error:?}");

    let faults = postgres.recorded().await?;
    for state in ["40P01", "40001", "25P02", "55P03", "53300"] {
        assert_eq!(faults.of(state), 1, "{state}: {faults:?}");
    }
    assert!(faults.of("57P01") >= 1, "{faults:?}");
    Ok(())
}

#[tokio::test]
async fn connections_break_off_when_it_is_restarted_or_killed() -> Result<()> {
    let mut postgres = Postgres::start().await?;
    let keep = postgres.client().await?;
    keep.batch_execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
        .await?;

    postgres.restart_immediately().await?;
    assert!(keep.batch_execute("SELECT 1").await.is_err());
    let again = postgres.client().await?;
    assert_eq!(
        again
            .query_one("SELECT count(*) FROM kept", &[])
            .await?
            .get::<_, i64>(0),
        1
    );

    postgres.kill_hard().await;
    assert!(postgres_client(&postgres.url()).await.is_err());
    postgres.start().await?;
    let again = postgres.client().await?;
    assert_eq!(
        again
            .query_one("SELECT count(*) FROM kept", &[])
            .await?
            .get::<_, i64>(0),
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_commit_can_happen_without_a_reply() -> Result<()> {
    let postgres = Postgres::start().await?;
    let direct = postgres.client().await?;
    direct
        .batch_execute("CREATE TABLE account (balance int); INSERT INTO account VALUES (0)")
        .await?;

    let proxy = FaultProxy::to(postgres.address()).await?;
    let mut client =
        postgres_client(&format!("postgres://postgres@{}/postgres", proxy.address())).await?;
    proxy.all(Mode::drop_reply_to("COMMIT").times(1));
    let transaction = client.transaction().await?;
    transaction
        .batch_execute("UPDATE account SET balance = balance + 100")
        .await?;
    let error = transaction.commit().await.expect_err("nobody knows");
    assert!(error.is_closed(), "{error:?}");

    let balance: i32 = direct
        .query_one("SELECT balance FROM account", &[])
        .await?
        .get(0);
    assert_eq!((balance, proxy.faults()), (100, 1));
    Ok(())
}
