//! Money that moves between the accounts of a real PostgreSQL, through either client.

mod books;
mod pool;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use resilience_runtime::{Classify, ResilienceError};

pub(crate) use books::Books;
pub(crate) use pool::{Client, Isolation};

/// What the client said, or the guard.
#[derive(Debug, thiserror::Error, Classify)]
pub(crate) enum BankError {
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    #[error(transparent)]
    TokioPostgres(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Deadpool(#[from] deadpool_postgres::PoolError),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

impl BankError {
    /// The SQLSTATE, where the server itself refused.
    pub(crate) fn state(&self) -> Option<String> {
        match self {
            Self::Sqlx(error) => error.as_database_error()?.code().map(Into::into),
            Self::TokioPostgres(error)
            | Self::Deadpool(deadpool_postgres::PoolError::Backend(error)) => {
                Some(error.code()?.code().to_owned())
            }
            Self::Deadpool(_) | Self::Guard(_) => None,
        }
    }

    /// No connection was to be had.
    pub(crate) fn is_pool_timeout(&self) -> bool {
        matches!(
            self,
            Self::Sqlx(sqlx::Error::PoolTimedOut)
                | Self::Deadpool(deadpool_postgres::PoolError::Timeout(_))
        )
    }
}

/// One movement, under an id that its caller made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer {
    pub(crate) id: i64,
    pub(crate) from: i32,
    pub(crate) to: i32,
    pub(crate) cents: i64,
}

impl Transfer {
    /// From the first account to the second.
    pub(crate) fn of(id: i64) -> Self {
        Self {
            id,
            from: 1,
            to: 2,
            cents: 10,
        }
    }
}

/// A pool of connections, used as an application would.
pub(crate) struct Bank {
    pool: pool::Pool,
    before_commit: Mutex<VecDeque<Box<dyn FnOnce() + Send>>>,
    looks: AtomicUsize,
}

impl Bank {
    /// Up to ten connections, of which one is there already.
    pub(crate) async fn open(client: Client, url: &str) -> Result<Self, BankError> {
        let bank = Self::closed(client, url, 10);
        bank.run("SELECT 1").await?;
        bank.pool.until_idle().await;
        Ok(bank)
    }

    /// Up to so many, of which there is none yet.
    pub(crate) fn closed(client: Client, url: &str, connections: u32) -> Self {
        Self {
            pool: pool::Pool::new(client, url, connections),
            before_commit: Mutex::default(),
            looks: AtomicUsize::new(0),
        }
    }

    /// Waits only so long for a connection.
    pub(crate) fn impatient(mut self, wait: std::time::Duration) -> Self {
        self.pool = self.pool.waiting(wait);
        self
    }

    /// What happens when the next transfer has sent everything but its `COMMIT`; the one after that has the next one.
    pub(crate) fn before_commit(&self, happens: impl FnOnce() + Send + 'static) {
        self.surprises().push_back(Box::new(happens));
    }

    fn surprise(&self) {
        let next = self.surprises().pop_front();
        if let Some(happens) = next {
            happens();
        }
    }

    fn surprises(&self) -> std::sync::MutexGuard<'_, VecDeque<Box<dyn FnOnce() + Send>>> {
        self.before_commit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A transaction of its own: a line in the ledger, and both accounts in the order of the transfer. The answer is what
    /// was moved.
    pub(crate) async fn transfer(
        &self,
        transfer: Transfer,
        isolation: Isolation,
    ) -> Result<i64, BankError> {
        self.pool
            .transfer(transfer, isolation, || self.surprise())
            .await?;
        Ok(transfer.cents)
    }

    /// What was moved under this id.
    pub(crate) async fn booked(&self, id: i64) -> Result<Option<i64>, BankError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.pool
            .number("SELECT max(cents) FROM ledger WHERE transfer = $1", id)
            .await
    }

    /// How often it was asked what was moved.
    pub(crate) fn looks(&self) -> usize {
        self.looks.load(Ordering::SeqCst)
    }

    /// The balance of an account.
    pub(crate) async fn balance(&self, account: i64) -> Result<Option<i64>, BankError> {
        self.pool
            .number("SELECT balance FROM account WHERE id = $1", account)
            .await
    }

    /// Writes a setting, however often it is there already.
    pub(crate) async fn keep(&self, id: i64) -> Result<(), BankError> {
        let upsert = "INSERT INTO setting VALUES ($1, $1)
                      ON CONFLICT (id) DO UPDATE SET value = excluded.value RETURNING value";
        self.pool.number(upsert, id).await.map(drop)
    }

    /// Runs a statement with one text as its argument.
    pub(crate) async fn tell(&self, statement: &'static str, text: &str) -> Result<(), BankError> {
        self.pool.tell(statement, text).await
    }

    /// Statements in one round trip, over one connection.
    pub(crate) async fn run(&self, statements: &'static str) -> Result<(), BankError> {
        self.pool.run(statements).await
    }

    /// The same over a connection of its own, beside the pool.
    pub(crate) async fn run_apart(&self, statements: &'static str) -> Result<(), BankError> {
        self.pool.run_apart(statements).await
    }

    /// Takes a connection out of the pool, until the answer is dropped.
    pub(crate) async fn occupy(&self) -> Result<impl Send + use<>, BankError> {
        self.pool.occupy().await
    }

    /// Gives up the connections that nobody uses.
    pub(crate) async fn reconnect(&self) -> Result<(), BankError> {
        self.pool.drain().await
    }
}
