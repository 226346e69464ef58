//! The same work with `sqlx` and with `tokio-postgres` in a `deadpool`.

use std::time::Duration;

use deadpool_postgres::{ManagerConfig, RecyclingMethod, Runtime, Timeouts};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Row as _};
use tokio::time::sleep;
use tokio_postgres::{IsolationLevel, NoTls};

use super::{BankError, Transfer};

/// How long the pools wait for a connection, be it a new one.
const ACQUIRE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Sqlx,
    TokioPostgres,
}

impl Client {
    pub(crate) const BOTH: [Self; 2] = [Self::Sqlx, Self::TokioPostgres];
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Isolation {
    ReadCommitted,
    Serializable,
}

const INSERT: &str = "INSERT INTO ledger VALUES ($1, $2)";
const UPDATE: &str = "UPDATE account SET balance = balance + $2 WHERE id = $1";

pub(super) enum Pool {
    Sqlx(PgPool),
    TokioPostgres(deadpool_postgres::Pool, Box<tokio_postgres::Config>),
}

impl Pool {
    pub(super) fn new(client: Client, url: &str, connections: u32) -> Self {
        match client {
            Client::Sqlx => {
                let options: PgConnectOptions = url.parse().expect("a URL");
                Self::Sqlx(
                    PgPoolOptions::new()
                        .max_connections(connections)
                        .acquire_timeout(ACQUIRE)
                        .connect_lazy_with(options),
                )
            }
            Client::TokioPostgres => {
                let config: tokio_postgres::Config = url.parse().expect("a URL");
                // A connection that hangs is found out before it is used again.
                let manager = deadpool_postgres::Manager::from_config(
                    config.clone(),
                    NoTls,
                    ManagerConfig {
                        recycling_method: RecyclingMethod::Verified,
                    },
                );
                let pool = deadpool_postgres::Pool::builder(manager)
                    .max_size(connections as usize)
                    .timeouts(Timeouts {
                        wait: Some(ACQUIRE),
                        create: Some(ACQUIRE),
                        recycle: Some(Duration::from_millis(500)),
                    })
                    .runtime(Runtime::Tokio1)
                    .build()
                    .expect("a pool");
                Self::TokioPostgres(pool, Box::new(config))
            }
        }
    }

    /// The same, but this is how long it waits for a connection.
    pub(super) fn waiting(self, wait: Duration) -> Self {
        match self {
            Self::Sqlx(pool) => Self::Sqlx(
                pool.options()
                    .clone()
                    .acquire_timeout(wait)
                    .connect_lazy_with((*pool.connect_options()).clone()),
            ),
            Self::TokioPostgres(pool, config) => {
                let manager = deadpool_postgres::Manager::new((*config).clone(), NoTls);
                let pool = deadpool_postgres::Pool::builder(manager)
                    .max_size(pool.status().max_size)
                    .wait_timeout(Some(wait))
                    .runtime(Runtime::Tokio1)
                    .build()
                    .expect("a pool");
                Self::TokioPostgres(pool, config)
            }
        }
    }

    pub(super) async fn transfer(
        &self,
        transfer: Transfer,
        isolation: Isolation,
        before_commit: impl FnOnce() + Send,
    ) -> Result<(), BankError> {
        let Transfer {
            id,
            from,
            to,
            cents,
        } = transfer;
        let updates = [(i64::from(from), -cents), (i64::from(to), cents)];
        match self {
            Self::Sqlx(pool) => {
                let begin = match isolation {
                    Isolation::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
                    Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
                };
                let mut transaction = pool.begin_with(begin).await?;
                let insert = sqlx::query(INSERT).bind(id).bind(cents);
                insert.execute(&mut *transaction).await?;
                for (account, cents) in updates {
                    let update = sqlx::query(UPDATE).bind(account).bind(cents);
                    update.execute(&mut *transaction).await?;
                }
                before_commit();
                transaction.commit().await?;
            }
            Self::TokioPostgres(pool, _) => {
                let level = match isolation {
                    Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
                    Isolation::Serializable => IsolationLevel::Serializable,
                };
                let mut client = pool.get().await?;
                let transaction = client.build_transaction().isolation_level(level);
                let transaction = transaction.start().await?;
                transaction.execute(INSERT, &[&id, &cents]).await?;
                for (account, cents) in updates {
                    transaction.execute(UPDATE, &[&account, &cents]).await?;
                }
                before_commit();
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// The one number that this statement with one argument answers.
    pub(super) async fn number(
        &self,
        statement: &'static str,
        argument: i64,
    ) -> Result<Option<i64>, BankError> {
        match self {
            Self::Sqlx(pool) => {
                let row = sqlx::query(statement)
                    .bind(argument)
                    .fetch_one(pool)
                    .await?;
                Ok(row.try_get(0)?)
            }
            Self::TokioPostgres(pool, _) => {
                let client = pool.get().await?;
                let row = client.query_one(statement, &[&argument]).await?;
                Ok(row.try_get(0)?)
            }
        }
    }

    pub(super) async fn tell(&self, statement: &'static str, text: &str) -> Result<(), BankError> {
        match self {
            Self::Sqlx(pool) => {
                sqlx::query(statement).bind(text).execute(pool).await?;
            }
            Self::TokioPostgres(pool, _) => {
                let client = pool.get().await?;
                client.execute(statement, &[&text]).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn run(&self, statements: &'static str) -> Result<(), BankError> {
        match self {
            Self::Sqlx(pool) => {
                let mut connection = pool.acquire().await?;
                let done = sqlx::raw_sql(statements).execute(&mut *connection).await;
                // It is on its way back into the pool while the next attempt begins.
                let state = done
                    .as_ref()
                    .err()
                    .and_then(|error| error.as_database_error());
                if state.is_some_and(|error| error.code().as_deref() == Some("25006")) {
                    connection.close_on_drop();
                }
                done?;
            }
            Self::TokioPostgres(pool, _) => pool.get().await?.batch_execute(statements).await?,
        }
        Ok(())
    }

    pub(super) async fn run_apart(&self, statements: &'static str) -> Result<(), BankError> {
        match self {
            Self::Sqlx(pool) => {
                let options = pool.connect_options();
                let mut connection = PgConnection::connect_with(&options).await?;
                let done = sqlx::raw_sql(statements).execute(&mut connection).await;
                let closed = connection.close().await;
                done?;
                closed?;
            }
            Self::TokioPostgres(_, config) => {
                let (client, connection) = config.connect(NoTls).await?;
                let connection = tokio::spawn(connection);
                let done = client.batch_execute(statements).await;
                drop(client);
                // Its place on the server is free when the connection has ended.
                let _ = connection.await;
                done?;
            }
        }
        Ok(())
    }

    pub(super) async fn occupy(&self) -> Result<impl Send + use<>, BankError> {
        Ok(match self {
            Self::Sqlx(pool) => (Some(pool.acquire().await?), None),
            Self::TokioPostgres(pool, _) => (None, Some(pool.get().await?)),
        })
    }

    /// `sqlx` looks at a connection that comes back before anybody gets it again.
    pub(super) async fn until_idle(&self) {
        if let Self::Sqlx(pool) = self {
            while pool.num_idle() == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    pub(super) async fn drain(&self) -> Result<(), BankError> {
        match self {
            Self::Sqlx(pool) => {
                while let Some(connection) = pool.try_acquire() {
                    connection.close().await?;
                }
            }
            Self::TokioPostgres(pool, _) => {
                pool.retain(|_, _| false);
            }
        }
        Ok(())
    }
}
