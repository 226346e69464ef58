//! The mark `#[target]`: once, without values, spelt as it is, and not at `self`.

use std::io;

use resilience_runtime::{TargetPool, resilient};

struct Place {
    name: String,
}

static POOL: TargetPool<Place> = TargetPool::new();

#[resilient(service = "s", targets = POOL)]
async fn with_a_value(#[target(weight = 2)] to: &Place, word: &str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn twice(#[target] #[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets = POOL)]
async fn in_the_plural(#[targets] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets = POOL)]
async fn misspelt(word: &str, #[traget] to: &Place) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn all_at_once(#[targets] to: Place) -> io::Result<usize> {
    Ok(to.name.len())
}

struct Client {
    pool: TargetPool<Place>,
}

impl Client {
    #[resilient(service = "s", targets = self.pool)]
    async fn receiver(#[target] &self, word: &str) -> io::Result<usize> {
        Ok(word.len())
    }

    #[resilient(service = "s", targets = self.pool)]
    async fn both(#[target] &self, #[target] to: &Place) -> io::Result<usize> {
        Ok(to.name.len())
    }
}

async fn callers_report_nothing_more(client: &Client) -> io::Result<usize> {
    let free = with_a_value("a").await? + twice().await? + in_the_plural().await?;
    let more = misspelt("a").await? + all_at_once().await?;
    Ok(free + more + client.receiver("a").await? + client.both().await?)
}

fn main() {}
