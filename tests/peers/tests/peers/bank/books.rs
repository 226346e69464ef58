//! What the server holds in the end, over a connection that no fault is in the way of.

use anyhow::Result;
use resilience_peers::{Postgres, Server, postgres_client};

/// What each account begins with.
const BEGINNING: i64 = 1_000;
const ACCOUNTS: i64 = 3;

/// The accounts and the ledger of one server.
pub(crate) struct Books {
    url: String,
}

impl Books {
    /// Opens three accounts, whatever there was before. The ledger has no unique index: what is booked twice is to be seen.
    pub(crate) async fn open(postgres: &Server<Postgres>) -> Result<Self> {
        let books = Self {
            url: postgres.url(),
        };
        books
            .run(&format!(
                "DROP TABLE IF EXISTS account, ledger, setting, secret;
                 CREATE TABLE account (id bigint PRIMARY KEY, balance bigint NOT NULL);
                 CREATE TABLE ledger (transfer bigint NOT NULL, cents bigint NOT NULL);
                 CREATE INDEX ON ledger (transfer);
                 CREATE TABLE setting (id bigint PRIMARY KEY, value bigint NOT NULL);
                 CREATE TABLE secret (text text PRIMARY KEY);
                 INSERT INTO account SELECT id, {BEGINNING} FROM generate_series(1, {ACCOUNTS}) id"
            ))
            .await?;
        Ok(books)
    }

    /// Runs statements directly.
    pub(crate) async fn run(&self, statements: &str) -> Result<()> {
        let client = postgres_client(&self.url).await?;
        Ok(client.batch_execute(statements).await?)
    }

    /// From now on nothing can be booked twice.
    pub(crate) async fn refuse_duplicates(&self) -> Result<()> {
        self.run("CREATE UNIQUE INDEX ON ledger (transfer)").await
    }

    /// Makes sure that no money came or went, and that the accounts are what the ledger says. Returns the ids in the
    /// ledger in order, each as often as it is there.
    pub(crate) async fn audit(&self) -> Result<Vec<i64>> {
        let client = postgres_client(&self.url).await?;
        let row = client
            .query_one(
                "SELECT (SELECT sum(balance)::bigint FROM account), (SELECT count(*) FROM account WHERE balance <> $1)",
                &[&BEGINNING],
            )
            .await?;
        anyhow::ensure!(
            row.get::<_, i64>(0) == BEGINNING * ACCOUNTS,
            "the sum is {}",
            row.get::<_, i64>(0)
        );
        let rows = client
            .query("SELECT transfer FROM ledger ORDER BY transfer", &[])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// The ids of all settings, in order.
    pub(crate) async fn settings(&self) -> Result<Vec<i64>> {
        let client = postgres_client(&self.url).await?;
        let rows = client
            .query("SELECT id FROM setting WHERE value = id ORDER BY id", &[])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// What has left this account.
    pub(crate) async fn spent(&self, account: i64) -> Result<i64> {
        let client = postgres_client(&self.url).await?;
        let row = client
            .query_one("SELECT balance FROM account WHERE id = $1", &[&account])
            .await?;
        Ok(BEGINNING - row.get::<_, i64>(0))
    }
}
