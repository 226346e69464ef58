//! A `COMMIT` whose fate the client does not learn: it is booked once where somebody can look, and never twice.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use resilience_peers::{Ending, FaultProxy, Mode, Postgres, Server, Side};
use resilience_runtime::{Registry, ResilienceError, database_resilient, telemetry::ServiceStats};
use tokio::time::{sleep, timeout};

use crate::bank::{Bank, BankError, Books, Client, Isolation::ReadCommitted, Transfer};

/// The whole message: `READ COMMITTED` is none.
const COMMIT: &str = "COMMIT\0";

/// None of this takes that long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server, and a client that reaches it through a proxy.
struct Scene {
    books: Books,
    proxy: Arc<FaultProxy>,
    bank: Bank,
    registry: Registry,
}

impl Scene {
    async fn of(postgres: &Server<Postgres>, client: Client) -> Result<Self> {
        let proxy = Arc::new(FaultProxy::to(postgres.address()).await?);
        let url = format!("postgres://postgres@{}/postgres", proxy.address());
        Ok(Self {
            books: Books::open(postgres).await?,
            bank: Bank::open(client, &url).await?,
            proxy,
            registry: Registry::new(),
        })
    }

    /// Before the first `COMMIT`, for the connection that it goes over.
    fn before_commit(&self, mode: Mode) {
        let proxy = self.proxy.clone();
        self.bank
            .before_commit(move || proxy.open_connections(mode.times(1)));
    }

    async fn transfer(&self) -> Result<i64, BankError> {
        self.registry
            .scope(verified(&self.bank, Transfer::of(1)))
            .await
    }

    async fn blindly(&self) -> Result<i64, BankError> {
        self.registry
            .scope(blind(&self.bank, Transfer::of(1)))
            .await
    }

    async fn transfer_in_time(&self) -> Result<i64, BankError> {
        self.registry
            .scope(verified_in_time(&self.bank, Transfer::of(1)))
            .await
    }

    async fn blindly_in_time(&self) -> Result<i64, BankError> {
        self.registry
            .scope(blind_in_time(&self.bank, Transfer::of(1)))
            .await
    }

    fn stats(&self) -> ServiceStats {
        self.registry.get("database").expect("it was used").stats()
    }

    /// The server has it so many times, and the money has moved as often.
    async fn is_booked(&self, times: i64) -> Result<()> {
        let entries = usize::try_from(times)?;
        assert_eq!(self.books.audit().await?, vec![1; entries]);
        assert_eq!(self.books.spent(1).await?, 10 * times);
        Ok(())
    }
}

async fn booked(bank: &Bank, transfer: &Transfer) -> Result<Option<i64>, BankError> {
    bank.booked(transfer.id).await
}

#[database_resilient(verify = booked, retry(max_attempts = 6), deadline = "60s")]
async fn verified(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

#[database_resilient(retry(max_attempts = 6), deadline = "60s")]
async fn blind(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

/// Waits for a `COMMIT` only for so long.
#[database_resilient(verify = booked, timeout = "2s", retry(max_attempts = 6), deadline = "60s")]
async fn verified_in_time(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

#[database_resilient(timeout = "2s", retry(max_attempts = 6), deadline = "60s")]
async fn blind_in_time(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

#[tokio::test]
async fn a_reply_that_is_lost() -> Result<()> {
    let postgres = Postgres::start().await?;
    for client in Client::BOTH {
        eprintln!("{client:?}");
        for (reset, look) in [(false, true), (true, true), (false, false), (true, false)] {
            let scene = Scene::of(&postgres, client).await?;
            let drop = Mode::drop_reply_to(COMMIT);
            let drop = if reset { drop.with_reset() } else { drop };
            scene.proxy.all(drop.times(1));
            if look {
                assert_eq!(scene.transfer().await?, 10);
            } else {
                let error = scene.blindly().await.expect_err("nobody knows");
                assert!(
                    matches!(error, BankError::Sqlx(_) | BankError::TokioPostgres(_)),
                    "{error:?}"
                );
                assert_eq!(scene.stats().failures.outcome_unknown, 1);
            }
            assert_eq!((scene.stats().attempts, scene.proxy.faults()), (1, 1));
            scene.is_booked(1).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_reply_that_is_lost_while_nobody_can_look() -> Result<()> {
    let postgres = Postgres::start().await?;
    for client in Client::BOTH {
        eprintln!("{client:?}");
        // Refused for a while.
        let scene = Scene::of(&postgres, client).await?;
        scene
            .proxy
            .open_connections(Mode::drop_reply_to(COMMIT).times(1));
        scene.proxy.refuse().await;
        let again = async {
            while scene.bank.looks() < 2 {
                sleep(Duration::from_millis(1)).await;
            }
            scene.proxy.listen()
        };
        let (done, listens) = tokio::join!(scene.transfer(), again);
        assert_eq!(done?, 10);
        listens?;
        assert_eq!((scene.stats().attempts, scene.proxy.faults()), (1, 1));
        scene.is_booked(1).await?;

        // Reset twice.
        let scene = Scene::of(&postgres, client).await?;
        scene
            .proxy
            .open_connections(Mode::drop_reply_to(COMMIT).times(1));
        scene.proxy.new_connections(Mode::Reset.times(2));
        assert_eq!(scene.transfer().await?, 10);
        assert_eq!((scene.stats().attempts, scene.proxy.faults()), (1, 3));
        scene.is_booked(1).await?;

        // For too long: the caller hears that nothing is known.
        let scene = Scene::of(&postgres, client).await?;
        scene
            .proxy
            .open_connections(Mode::drop_reply_to(COMMIT).times(1));
        scene.proxy.new_connections(Mode::Reset);
        let error = scene.transfer().await.expect_err("nobody can look");
        assert!(
            matches!(error, BankError::Sqlx(_) | BankError::TokioPostgres(_)),
            "{error:?}"
        );
        assert_eq!(
            (
                scene.stats().attempts,
                scene.stats().failures.outcome_unknown
            ),
            (1, 1)
        );
        scene.is_booked(1).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_reply_that_is_lost_in_a_crash() -> Result<()> {
    let mut postgres = Postgres::start().await?;
    for client in Client::BOTH {
        eprintln!("{client:?}");
        let scene = Scene::of(&postgres, client).await?;
        scene
            .proxy
            .open_connections(Mode::drop_reply_to(COMMIT).times(1));
        let crash = async {
            while scene.proxy.faults() == 0 {
                sleep(Duration::from_millis(1)).await;
            }
            postgres.restart_immediately().await
        };
        let call = scene.registry.scope(patient(&scene.bank, Transfer::of(1)));
        let (crashed, done) = timeout(PATIENCE, async { tokio::join!(crash, call) }).await?;
        crashed?;
        assert_eq!(done?, 10);
        assert_eq!(scene.stats().attempts, 1);
        scene.is_booked(1).await?;
    }
    Ok(())
}

/// Looks for as long as a restart takes.
#[database_resilient(
    verify = booked,
    timeout = "30s",
    retry(max_attempts = 1_000, max_delay = "200ms"),
    deadline = "100s"
)]
async fn patient(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

#[tokio::test]
async fn a_commit_that_does_not_arrive() -> Result<()> {
    let postgres = Postgres::start().await?;
    for client in Client::BOTH {
        eprintln!("{client:?}");
        let cut = |ending| Mode::Cut {
            from: Side::Client,
            after: 0,
            ending,
        };
        for ending in [Ending::Close, Ending::Reset] {
            let scene = Scene::of(&postgres, client).await?;
            scene.before_commit(cut(ending));
            assert_eq!(scene.transfer().await?, 10);
            assert_eq!((scene.stats().attempts, scene.proxy.faults()), (2, 1));
            scene.is_booked(1).await?;
        }

        // Nobody looks, so nobody dares to send it again.
        let scene = Scene::of(&postgres, client).await?;
        scene.before_commit(cut(Ending::Reset));
        scene.blindly().await.expect_err("nobody knows");
        assert_eq!(
            (
                scene.stats().attempts,
                scene.stats().failures.outcome_unknown
            ),
            (1, 1)
        );
        scene.is_booked(0).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_reply_that_comes_too_late() -> Result<()> {
    let postgres = Postgres::start().await?;
    for client in Client::BOTH {
        eprintln!("{client:?}");
        let scene = Scene::of(&postgres, client).await?;
        scene.before_commit(Mode::Delay(Duration::from_secs(600)));
        assert_eq!(scene.transfer_in_time().await?, 10);
        assert_eq!((scene.stats().attempts, scene.stats().timeouts), (1, 0));
        assert_eq!(scene.proxy.faults(), 1);
        scene.is_booked(1).await?;

        let scene = Scene::of(&postgres, client).await?;
        scene.before_commit(Mode::Delay(Duration::from_secs(600)));
        let error = scene.blindly_in_time().await.expect_err("too late");
        assert!(
            matches!(error, BankError::Guard(ResilienceError::Timeout { .. })),
            "{error:?}"
        );
        assert_eq!((scene.stats().attempts, scene.stats().timeouts), (1, 1));
        scene.is_booked(1).await?;
    }
    Ok(())
}

/// What a client that is gone holds locked is free when the server ends its session, and then its `COMMIT` cannot come.
#[tokio::test]
async fn a_commit_that_hangs_until_the_server_gives_up() -> Result<()> {
    let postgres = Postgres::start_with(&["idle_in_transaction_session_timeout=3s"]).await?;
    let mut said = 0;
    for client in Client::BOTH {
        eprintln!("{client:?}");
        let scene = Scene::of(&postgres, client).await?;
        scene.before_commit(Mode::Hang);
        assert_eq!(scene.transfer_in_time().await?, 10);
        assert!(scene.stats().attempts >= 2, "{:?}", scene.stats());
        said += 1;
        assert_eq!(postgres.recorded().await?.of("25P03"), said);
        // What was held arrives too late.
        scene.proxy.all(Mode::Pass);
        scene.is_booked(1).await?;
    }
    Ok(())
}

/// The look comes before the `COMMIT` does; what refuses the second one is the unique index.
#[tokio::test]
async fn a_commit_that_arrives_after_all() -> Result<()> {
    let postgres = Postgres::start().await?;
    let mut said = 0;
    for client in Client::BOTH {
        eprintln!("{client:?}");
        let scene = Scene::of(&postgres, client).await?;
        scene.books.refuse_duplicates().await?;
        scene.before_commit(Mode::Hang);
        let proxy = scene.proxy.clone();
        // It waits for the lock of the first one, which then commits.
        scene
            .bank
            .before_commit(|| unreachable!("the first one has not ended"));
        let late = async {
            while locks_waited_for(&postgres).await? == 0 {
                sleep(Duration::from_millis(5)).await;
            }
            proxy.all(Mode::Pass);
            Ok::<_, anyhow::Error>(())
        };
        let (released, done) = timeout(PATIENCE, async {
            tokio::join!(late, scene.transfer_in_time())
        })
        .await?;
        released?;
        let error = done.expect_err("there already");
        assert_eq!(error.state().as_deref(), Some("23505"), "{error:?}");
        said += 1;
        assert_eq!(postgres.recorded().await?.of("23505"), said);
        scene.is_booked(1).await?;
    }
    Ok(())
}

async fn locks_waited_for(postgres: &Server<Postgres>) -> Result<i64> {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    let row = postgres.client().await?.query_one(waiting, &[]).await?;
    Ok(row.get(0))
}
