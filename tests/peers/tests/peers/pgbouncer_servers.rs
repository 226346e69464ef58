//! A PgBouncer whose PostgreSQL is gone, or whose server connection ends in the middle of something.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use resilience_peers::{FaultProxy, Mode, PgBouncer, Postgres, Server, postgres_client};
use resilience_runtime::{Classify as _, Registry, database_resilient, telemetry::ServiceStats};
use tokio::time::sleep;

use crate::bank::{Bank, BankError, Books, Client, Isolation::ReadCommitted, Transfer};

const SUBTRACT: &str = "UPDATE account SET balance = balance - 1 WHERE id = 1";
/// It is executed, but not at once.
const SUBTRACT_SLOWLY: &str =
    "UPDATE account SET balance = balance - 1 WHERE id = 1 AND pg_sleep(600) IS NOT NULL";

#[database_resilient(
    retry(max_attempts = 10_000, max_delay = "200ms"),
    retry_budget = off,
    circuit_breaker = off,
    deadline = "120s",
    timeout = "110s"
)]
async fn run(bank: &Bank, statements: &'static str) -> Result<(), BankError> {
    bank.run(statements).await
}

#[database_resilient(verify = booked, retry(max_attempts = 6), deadline = "60s")]
async fn verified(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

#[database_resilient(retry(max_attempts = 6), deadline = "60s")]
async fn blind(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

async fn booked(bank: &Bank, transfer: &Transfer) -> Result<Option<i64>, BankError> {
    bank.booked(transfer.id).await
}

/// A server, a proxy before it, and a pool before that.
struct Scene {
    postgres: Server<Postgres>,
    books: Books,
    proxy: Arc<FaultProxy>,
    bouncer: Server<PgBouncer>,
}

impl Scene {
    async fn new() -> Result<Self> {
        let postgres = Postgres::start().await?;
        let books = Books::open(&postgres).await?;
        let proxy = Arc::new(FaultProxy::to(postgres.address()).await?);
        let settings = [
            "ignore_startup_parameters=extra_float_digits",
            "server_login_retry=1",
            "query_wait_timeout=1",
            "default_pool_size=5",
            // sqlx prepares its statements under names that this version does not tell apart.
            "pool_mode=session",
        ];
        let bouncer = PgBouncer::start(proxy.address(), &settings).await?;
        Ok(Self {
            postgres,
            books,
            proxy,
            bouncer,
        })
    }
}

fn stats(registry: &Registry) -> ServiceStats {
    registry.get("database").expect("it was used").stats()
}

/// Runs it until it is done: somebody helps when it has failed twice.
async fn run_until(bank: &Bank, helps: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    let registry = Registry::new();
    let helped = async {
        while registry.get("database").is_none() || stats(&registry).failures.transient < 2 {
            sleep(Duration::from_millis(5)).await;
        }
        helps().await
    };
    let done = async { anyhow::Ok(registry.scope(run(bank, SUBTRACT)).await?) };
    tokio::try_join!(done, helped).map(drop)
}

#[tokio::test]
async fn pgbouncer_without_its_server_is_asked_until_it_has_one() -> Result<()> {
    let mut scene = Scene::new().await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        scene.postgres.stop().await;
        let bank = Bank::closed(client, &scene.bouncer.url(), 1);
        // It waits for its server as long as it would for a busy one.
        let error = bank.run("SELECT 1").await.expect_err("no server");
        let text = format!("{error:?}");
        assert!(text.contains("query_wait_timeout"), "{text}");
        let verdict = error.classify();
        assert!(
            verdict.is_transient() && verdict.is_breaker_failure(),
            "{text}"
        );
        run_until(&bank, async || scene.postgres.start().await).await?;
        assert_eq!(scene.books.spent(1).await?, n);
    }
    Ok(())
}

#[tokio::test]
async fn pgbouncer_whose_server_lets_nobody_in_is_asked_until_it_does() -> Result<()> {
    let scene = Scene::new().await?;
    let shut = "ALTER DATABASE postgres ALLOW_CONNECTIONS false";
    let open = "ALTER DATABASE postgres ALLOW_CONNECTIONS true";
    let elsewhere = format!("postgres://postgres@{}/template1", scene.postgres.address());
    let administrator = postgres_client(&elsewhere).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        administrator.batch_execute(shut).await?;
        scene
            .bouncer
            .console()
            .await?
            .simple_query("RECONNECT")
            .await?;
        let bank = Bank::closed(client, &scene.bouncer.url(), 1);
        // It says what its server said, under a code of its own.
        let failing = bank.run("SELECT 1").await.expect_err("nobody gets in");
        let text = format!("{failing:?}");
        assert!(
            text.contains("is not currently accepting connections"),
            "{text}"
        );
        assert_eq!(failing.state().as_deref(), Some("08P01"));
        let verdict = failing.classify();
        assert!(
            verdict.is_transient() && verdict.is_breaker_failure(),
            "{failing:?}"
        );
        run_until(&bank, async || {
            Ok(administrator.batch_execute(open).await?)
        })
        .await?;
        assert_eq!(scene.books.spent(1).await?, n);
    }
    Ok(())
}

#[tokio::test]
async fn pgbouncer_server_killed_in_mid_query_is_not_asked_again() -> Result<()> {
    let scene = Scene::new().await?;
    let watcher = scene.postgres.client().await?;
    let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'UPDATE%pg_sleep(600)%' AND state = 'active'";
    for client in Client::BOTH {
        // By an administrator, who is named, and by a connection that ends without a word.
        for told in [true, false] {
            let bank = Bank::closed(client, &scene.bouncer.url(), 1);
            let registry = Registry::new();
            let killer = async {
                while watcher.query_one(running, &[]).await?.get::<_, i64>(0) == 0 {
                    sleep(Duration::from_millis(5)).await;
                }
                if !told {
                    scene.proxy.open_connections(Mode::Reset);
                    while scene.proxy.open() > 0 {
                        sleep(Duration::from_millis(5)).await;
                    }
                }
                let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'UPDATE%pg_sleep(600)%' AND pid <> pg_backend_pid()";
                watcher.query_one(kill, &[]).await?;
                anyhow::Ok(())
            };
            let asked = async {
                // An administrator's word is that it was rolled back: it would be run again.
                if told {
                    bank.run(SUBTRACT_SLOWLY).await
                } else {
                    registry.scope(run(&bank, SUBTRACT_SLOWLY)).await
                }
            };
            let (done, killed) = tokio::join!(asked, killer);
            killed?;
            let error = done.expect_err("killed");
            let verdict = error.classify();
            if told {
                assert_eq!(error.state().as_deref(), Some("57P01"), "{error:?}");
            } else {
                assert!(
                    format!("{error:?}").contains("server conn crashed?"),
                    "{error:?}"
                );
                assert!(verdict.is_outcome_unknown(), "{error:?}");
                assert_eq!(stats(&registry).attempts, 1, "{error:?}");
            }
            assert!(verdict.is_reconnect_needed(), "{error:?}");
            assert!(verdict.is_breaker_failure(), "{error:?}");
            assert_eq!(scene.books.spent(1).await?, 0);
        }
    }
    Ok(())
}

#[tokio::test]
async fn pgbouncer_server_killed_in_mid_commit_is_looked_up() -> Result<()> {
    let scene = Scene::new().await?;
    for client in Client::BOTH {
        for look in [true, false] {
            let books = Books::open(&scene.postgres).await?;
            let bank = Bank::closed(client, &scene.bouncer.url(), 2);
            let registry = Registry::new();
            let proxy = scene.proxy.clone();
            // The server has it, and dies before it can say so.
            bank.before_commit(move || {
                proxy.open_connections(Mode::drop_reply_to("COMMIT\0").times(1));
            });
            let transfer = Transfer::of(1);
            if look {
                let moved = registry.scope(verified(&bank, transfer)).await?;
                assert_eq!((moved, bank.looks()), (10, 1));
            } else {
                let error = registry.scope(blind(&bank, transfer)).await;
                let error = error.expect_err("nobody knows");
                // tokio-postgres may only see that the connection has ended.
                let verdict = error.classify();
                assert!(verdict.is_outcome_unknown(), "{error:?}");
                assert!(verdict.is_reconnect_needed(), "{error:?}");
                assert_eq!(stats(&registry).failures.outcome_unknown, 1);
            }
            assert_eq!(stats(&registry).attempts, 1);
            assert_eq!(books.audit().await?, [1]);
            scene.proxy.all(Mode::Pass);
        }
    }
    Ok(())
}
