//! Every shape of function with a read-through cache.
#![deny(warnings, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::fmt::{self, Display};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use resilience_runtime::{ResilienceError, llm_resilient, resilient, secret_resilient};

const TTL: Duration = Duration::from_secs(60);

#[resilient(service = "c1", cache())]
async fn without_arguments() -> io::Result<u8> {
    Ok(1)
}

#[secret_resilient(
    cache(key = name, ttl = TTL, refresh_ahead = "30s", stale_if_error = "24h", negative_ttl = off, max_entries = 10)
)]
async fn all_of_it(name: &str) -> io::Result<Arc<str>> {
    tokio::task::yield_now().await;
    Ok(name.into())
}

#[resilient(service = "c2", retry = off, cache(key = (&name, id), refresh_ahead = off, stale_if_error = off))]
async fn owned_arguments(name: String, id: u64) -> io::Result<String> {
    Ok(format!("{name}{id}"))
}

#[llm_resilient(
    service = "c3",
    rate_limit(requests_per_second = 100, key = user, cost = cost(prompt)),
    cache(key = (user, prompt), ttl = 3600, refresh_ahead = 0.5),
    fallback(cache(key = prompt, ttl = "1m"), call = other, value = String::new()),
    correlation_id = user
)]
async fn with_everything(user: &str, prompt: &str) -> io::Result<String> {
    Ok(format!("{user}{prompt}"))
}

fn cost(prompt: &str) -> u32 {
    u32::try_from(prompt.len()).unwrap_or(1)
}

async fn other(_: &str, prompt: &str) -> io::Result<String> {
    Ok(prompt.to_owned())
}

struct Repository<T> {
    id: u32,
    item: T,
}

impl<T: Clone + Send + Sync + 'static> Repository<T> {
    #[resilient(service = "c4", cache(key = self.id))]
    async fn get(&self) -> io::Result<T> {
        tokio::task::yield_now().await;
        Ok(self.item.clone())
    }

    #[resilient(service = "c4", retry = off, cache(key = (self.id, by)))]
    async fn change(&mut self, by: u32) -> io::Result<u32> {
        self.id += by;
        Ok(self.id)
    }
}

#[resilient(service = "c5", cache(key = item.to_string()))]
async fn generic<T: Display, const N: usize>(item: T) -> io::Result<[String; N]>
where
    T: Clone,
{
    Ok(std::array::from_fn(|_| item.to_string()))
}

#[resilient(service = "c6", cache())]
async fn opaque() -> io::Result<impl Display + Clone + use<>> {
    Ok("x")
}

#[async_trait]
trait Tool {
    async fn call(&self, input: &str) -> io::Result<String>;
}

#[async_trait]
impl Tool for u8 {
    #[resilient(service = "c7", cache(key = (self, input)))]
    async fn call(&self, input: &str) -> io::Result<String> {
        Ok(format!("{self}{input}"))
    }
}

trait Named {
    fn name(&self) -> String;

    #[allow(async_fn_in_trait)]
    #[resilient(service = "c8", cache(key = self.name()))]
    async fn greet(&self) -> io::Result<String>
    where
        Self: fmt::Debug,
    {
        Ok(format!("{self:?}"))
    }
}

impl Named for u8 {
    fn name(&self) -> String {
        self.to_string()
    }
}

/// An error that is not `Send`: the cache must not hold it.
struct Local(#[allow(dead_code)] Rc<u8>);
impl From<ResilienceError> for Local {
    fn from(_: ResilienceError) -> Self {
        Self(Rc::new(0))
    }
}

#[resilient(service = "c9", cache(key = n))]
async fn error_of_one_thread(n: u8) -> Result<u8, Local> {
    tokio::task::yield_now().await;
    if n == 0 {
        return Err(Local(Rc::new(0)));
    }
    Ok(n)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    for _ in 0..2 {
        assert_eq!(without_arguments().await.unwrap(), 1);
        assert_eq!(&*all_of_it("a").await.unwrap(), "a");
        assert_eq!(owned_arguments("a".to_owned(), 1).await.unwrap(), "a1");
        assert_eq!(with_everything("u", "p").await.unwrap(), "up");
        let spawned = tokio::spawn(async { error_of_one_thread(1).await.is_ok() });
        assert!(spawned.await.unwrap());
        assert_eq!(opaque().await.unwrap().to_string(), "x");
        assert_eq!(7_u8.call("x").await.unwrap(), "7x");
        assert_eq!(7_u8.greet().await.unwrap(), "7");
        assert_eq!(generic::<_, 1>(7).await.unwrap(), ["7"]);
        assert_eq!(generic::<_, 2>(7).await.unwrap(), ["7", "7"]);
    }
    let mut repository = Repository { id: 1, item: 'x' };
    assert_eq!(repository.get().await.unwrap(), 'x');
    repository.item = 'y';
    assert_eq!(repository.get().await.unwrap(), 'x');
    assert_eq!(repository.change(1).await.unwrap(), 2);
    assert_eq!(repository.get().await.unwrap(), 'y');
    let spawned = tokio::spawn(async { Repository { id: 1, item: 1 }.get().await });
    assert_eq!(spawned.await.unwrap().unwrap(), 1, "another instance");
}
