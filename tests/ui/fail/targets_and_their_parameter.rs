//! `targets` and the parameter marked `#[target]` belong together; callers never pass it, also beside errors.

use std::io;
use std::sync::Arc;

use resilience_runtime::{TargetPool, resilient};

struct Place {
    name: String,
}

static POOL: TargetPool<Place> = TargetPool::new();

#[resilient(service = "s")]
async fn without_a_pool(#[target] to: &Place, word: &str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn without_a_parameter(word: &str) -> io::Result<usize> {
    Ok(word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn two(#[target] to: &Place, word: &str, #[target] other: &Place) -> io::Result<usize> {
    Ok(to.name.len() + other.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn a_pattern(#[target] Place { name }: &Place, word: &str) -> io::Result<usize> {
    Ok(name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn exclusive(#[target] to: &mut Place, word: &str) -> io::Result<usize> {
    to.name.push_str(word);
    Ok(to.name.len())
}

#[resilient(service = "s", targets = POOL)]
async fn by_value(#[target] to: Place, word: &str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn with_a_lifetime<'a>(#[target] to: &'a Place, word: &'a str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn forever(#[target] to: &'static Place, word: &str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn borrowed_result(#[target] to: &Place, _count: usize) -> Result<&str, io::Error> {
    Ok(&to.name)
}

#[resilient(service = "s", targets = POOL)]
async fn with_a_named_lifetime<'lifetime>(#[target] to: &'lifetime Place, word: &'lifetime str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn like_those_of_async_trait<'life0>(#[target] to: &'life0 Place, word: &'life0 str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn without_a_name(#[target] _: &u64, word: &str) -> io::Result<usize> {
    Ok(word.len())
}

#[resilient(service = "s", targets = POOL)]
async fn by_ref(#[target] ref to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets = POOL)]
async fn taken_apart(#[target] to @ Place { name }: &Place) -> io::Result<usize> {
    Ok(to.name.len() + name.len())
}

#[resilient(service = "s", targets = POOL)]
async fn of_any_type(#[target] to: &impl AsRef<str>) -> io::Result<usize> {
    Ok(to.as_ref().len())
}

#[resilient(service = "s", targets = POOL)]
async fn a_number(#[target] to: u64) -> io::Result<usize> {
    Ok(to.count_ones() as usize)
}

struct Client {
    name: String,
}

impl Client {
    #[resilient(service = "s", targets = POOL)]
    async fn method(&self, #[target] to: &mut Place, word: &str) -> io::Result<usize> {
        Ok(to.name.len() + self.name.len() + word.len())
    }
}

#[async_trait::async_trait]
trait Ask {
    async fn ask(&self, word: &str) -> io::Result<usize>;
    async fn ask_in_vain(&self, word: &str) -> io::Result<usize>;
}

#[async_trait::async_trait]
impl Ask for Client {
    #[resilient(service = "s", targets = POOL, targets = POOL)]
    async fn ask(&self, #[target] to: &Place, word: &str) -> io::Result<usize> {
        Ok(to.name.len() + self.name.len() + word.len())
    }

    #[resilient(service = "s")]
    async fn ask_in_vain(&self, word: &str, #[target] to: Arc<Place>) -> io::Result<usize> {
        Ok(to.name.len() + self.name.len() + word.len())
    }
}

async fn callers_report_nothing_more(client: &Client) -> io::Result<usize> {
    let free = without_a_pool("a").await? + without_a_parameter("a").await? + two("a").await?;
    let wrong = a_pattern("a").await? + exclusive("a").await? + by_value("a").await?;
    let lives = with_a_lifetime("a").await? + forever("a").await? + borrowed_result(1).await?.len();
    let lives = lives + with_a_named_lifetime("a").await? + like_those_of_async_trait("a").await?;
    let wrong = wrong + without_a_name("a").await? + by_ref().await? + taken_apart().await? + a_number().await?;
    let wrong = wrong + of_any_type().await?;
    let methods = client.method("a").await? + client.ask("a").await? + client.ask_in_vain("a").await?;
    Ok(free + wrong + lives + methods)
}

fn main() {}
