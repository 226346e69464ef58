//! A `COMMIT` whose fate the client does not learn: it is booked once where somebody can look, and never twice.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use resilience_peers::{Ending, FaultProxy, Mode, Postgres, Server, Side};
use resilience_runtime::{Registry, ResilienceError, ServiceStats, database_resilient};
use tokio::time::{sleep, timeout};

use crate::bank::{Bank, BankError, Books, Client, Isolation::ReadCommitted, Transfer};

/// The whole message: `READ COMMITTED` is none.
const COMMIT: &str = "COMMIT\0";

/// None of this takes long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server, and a client that reaches it through a proxy.
struct Scene {
    postgres: Server<Postgres>,
    books: Books,
    proxy: Arc<FaultProxy>,
    bank: Bank,
    registry: Registry,
}

impl Scene {
    async fn of(client: Client) -> Result<Self> {
        Self::with(client, &[]).await
    }

    async fn with(client: Client, settings: &[&str]) -> Result<Self> {
        let postgres = Postgres::start_with(settings).await?;
        let proxy = Arc::new(FaultProxy::to(postgres.address()).await?);
        let url = format!("postgres://postgres@{}/postgres", proxy.address());
        Ok(Self {
            books: Books::open(&postgres).await?,
            bank: Bank::open(client, &url).await?,
            postgres,
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

#[database_resilient(verify = booked, timeout = "400ms", retry(max_attempts = 6))]
async fn verified(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

#[database_resilient(timeout = "400ms", retry(max_attempts = 6))]
async fn blind(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

macro_rules! with_both_clients {
    ($($name:ident)*) => {
        mod sqlx {
            $(#[tokio::test]
            async fn $name() -> anyhow::Result<()> {
                super::$name(crate::bank::Client::Sqlx).await
            })*
        }
        mod tokio_postgres {
            $(#[tokio::test]
            async fn $name() -> anyhow::Result<()> {
                super::$name(crate::bank::Client::TokioPostgres).await
            })*
        }
    };
}

with_both_clients! {
    a_reply_that_is_lost
    a_reply_that_is_lost_while_nobody_can_look
    a_reply_that_is_lost_in_a_crash
    a_commit_that_does_not_arrive
    a_reply_that_comes_too_late
    a_commit_that_hangs_until_the_server_gives_up
    a_commit_that_arrives_after_all
}

async fn a_reply_that_is_lost(client: Client) -> Result<()> {
    for (reset, look) in [(false, true), (true, true), (false, false), (true, false)] {
        let scene = Scene::of(client).await?;
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
    Ok(())
}

async fn a_reply_that_is_lost_while_nobody_can_look(client: Client) -> Result<()> {
    // Refused for a while.
    let scene = Scene::of(client).await?;
    scene
        .proxy
        .open_connections(Mode::drop_reply_to(COMMIT).times(1));
    scene.proxy.refuse().await;
    let proxy = scene.proxy.clone();
    let again = tokio::spawn(async move {
        sleep(Duration::from_millis(150)).await;
        proxy.listen()
    });
    assert_eq!(scene.transfer().await?, 10);
    again.await??;
    assert_eq!((scene.stats().attempts, scene.proxy.faults()), (1, 1));
    scene.is_booked(1).await?;

    // Reset twice.
    let scene = Scene::of(client).await?;
    scene
        .proxy
        .open_connections(Mode::drop_reply_to(COMMIT).times(1));
    scene.proxy.new_connections(Mode::Reset.times(2));
    assert_eq!(scene.transfer().await?, 10);
    assert_eq!((scene.stats().attempts, scene.proxy.faults()), (1, 3));
    scene.is_booked(1).await?;

    // For too long: the caller hears that nothing is known.
    let scene = Scene::of(client).await?;
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
    scene.is_booked(1).await
}

async fn a_reply_that_is_lost_in_a_crash(client: Client) -> Result<()> {
    let mut scene = Scene::of(client).await?;
    scene
        .proxy
        .open_connections(Mode::drop_reply_to(COMMIT).times(1));
    let crash = async {
        while scene.proxy.faults() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        scene.postgres.restart_immediately().await
    };
    let call = scene.registry.scope(patient(&scene.bank, Transfer::of(1)));
    let (crashed, done) = timeout(PATIENCE, async { tokio::join!(crash, call) }).await?;
    crashed?;
    assert_eq!(done?, 10);
    assert_eq!(scene.stats().attempts, 1);
    scene.is_booked(1).await
}

/// Looks for as long as a restart takes.
#[database_resilient(
    verify = booked,
    timeout = "4s",
    retry(max_attempts = 40, max_delay = "200ms"),
    deadline = "30s"
)]
async fn patient(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

async fn a_commit_that_does_not_arrive(client: Client) -> Result<()> {
    let cut = |ending| Mode::Cut {
        from: Side::Client,
        after: 0,
        ending,
    };
    for ending in [Ending::Close, Ending::Reset] {
        let scene = Scene::of(client).await?;
        scene.before_commit(cut(ending));
        assert_eq!(scene.transfer().await?, 10);
        assert_eq!((scene.stats().attempts, scene.proxy.faults()), (2, 1));
        scene.is_booked(1).await?;
    }

    // Nobody looks, so nobody dares to send it again.
    let scene = Scene::of(client).await?;
    scene.before_commit(cut(Ending::Reset));
    scene.blindly().await.expect_err("nobody knows");
    assert_eq!(
        (
            scene.stats().attempts,
            scene.stats().failures.outcome_unknown
        ),
        (1, 1)
    );
    scene.is_booked(0).await
}

async fn a_reply_that_comes_too_late(client: Client) -> Result<()> {
    let scene = Scene::of(client).await?;
    scene.before_commit(Mode::Delay(Duration::from_secs(3)));
    assert_eq!(scene.transfer().await?, 10);
    assert_eq!((scene.stats().attempts, scene.stats().timeouts), (1, 0));
    assert_eq!(scene.proxy.faults(), 1);
    scene.is_booked(1).await?;

    let scene = Scene::of(client).await?;
    scene.before_commit(Mode::Delay(Duration::from_secs(3)));
    let error = scene.blindly().await.expect_err("too late");
    assert!(
        matches!(error, BankError::Guard(ResilienceError::Timeout { .. })),
        "{error:?}"
    );
    assert_eq!((scene.stats().attempts, scene.stats().timeouts), (1, 1));
    scene.is_booked(1).await
}

/// What a client that is gone holds locked is free when the server ends its session, and then its `COMMIT` cannot come.
async fn a_commit_that_hangs_until_the_server_gives_up(client: Client) -> Result<()> {
    let scene = Scene::with(client, &["idle_in_transaction_session_timeout=700ms"]).await?;
    scene.before_commit(Mode::Hang);
    assert_eq!(scene.transfer().await?, 10);
    assert!(scene.stats().attempts >= 2, "{:?}", scene.stats());
    assert_eq!(scene.postgres.recorded().await?.of("25P03"), 1);
    // What was held arrives too late.
    scene.proxy.all(Mode::Pass);
    scene.is_booked(1).await
}

/// The look comes before the `COMMIT` does; what refuses the second one is the unique index.
async fn a_commit_that_arrives_after_all(client: Client) -> Result<()> {
    let scene = Scene::of(client).await?;
    scene.books.refuse_duplicates().await?;
    scene.before_commit(Mode::Hang);
    let proxy = scene.proxy.clone();
    // It waits for the lock of the first one, which then commits.
    scene
        .bank
        .before_commit(|| unreachable!("the first one has not ended"));
    let late = async {
        while scene.locks_waited_for().await? == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        proxy.all(Mode::Pass);
        Ok::<_, anyhow::Error>(())
    };
    let (released, done) =
        timeout(PATIENCE, async { tokio::join!(late, scene.transfer()) }).await?;
    released?;
    let error = done.expect_err("there already");
    assert_eq!(error.state().as_deref(), Some("23505"), "{error:?}");
    assert_eq!(scene.postgres.recorded().await?.of("23505"), 1);
    scene.is_booked(1).await
}

impl Scene {
    async fn locks_waited_for(&self) -> Result<i64> {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        let row = self
            .postgres
            .client()
            .await?
            .query_one(waiting, &[])
            .await?;
        Ok(row.get(0))
    }
}
