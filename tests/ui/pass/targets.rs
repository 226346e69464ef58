//! A parameter marked `#[target]` in every shape of function, without a warning that the function alone would not give.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
#![forbid(unsafe_code)]

use std::fmt::Display;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use resilience_runtime::targets::Target;
use resilience_runtime::{TargetPool, llm_resilient, resilient};

/// A place.
#[derive(Debug)]
pub struct Place {
    name: String,
}

impl Place {
    async fn ask(&self, words: usize) -> io::Result<usize> {
        tokio::task::yield_now().await;
        Ok(self.name.len() + words)
    }

    const fn itself(&self) -> &Self {
        self
    }
}

static POOL: TargetPool<Place> = TargetPool::new();

/// Asks one of them.
///
/// # Errors
/// When it fails.
#[resilient(service = "free", targets = POOL)]
pub async fn free(#[target] to: &Place, word: &str) -> io::Result<usize> {
    to.ask(word.len()).await
}

/// Does not care which one it is.
///
/// # Errors
/// When it fails.
#[resilient(service = "free", targets = POOL)]
pub async fn unused(#[target] _to: &Place, word: &str) -> io::Result<usize> {
    tokio::task::yield_now().await;
    Ok(word.len())
}

/// Has owned arguments, and binds its target anew.
///
/// # Errors
/// When it fails.
#[resilient(service = "free", targets = POOL)]
pub async fn owned(words: Vec<String>, #[target] mut to: &Place) -> io::Result<usize> {
    let all = to.ask(words.into_iter().count()).await?;
    to = to.itself();
    Ok(all + to.ask(0).await?)
}

/// Names everything at once.
///
/// # Errors
/// When it fails.
#[llm_resilient(
    service = "all",
    targets = POOL,
    pick = "balanced",
    affinity = (user, prompt.len()),
    retry(max_attempts = 5),
    circuit_breaker(failure_threshold = 5),
    rate_limit(requests_per_minute = 60_000, key = user, cost = 1),
    bulkhead(max_concurrent = 32),
    hedge(delay = "1s", max_hedges = 2),
    timeout = "30s",
    cache(key = (user, &prompt), ttl = "5m"),
    fallback(cache(key = (user, &prompt), ttl = "5m"), call = backup, value = 7),
    verify = verify,
    correlation_id = user
)]
pub async fn all(user: &str, #[target] to: &Place, prompt: String) -> io::Result<usize> {
    to.ask(user.len() + prompt.into_bytes().len()).await
}

async fn backup(user: &str, prompt: String, _error: &io::Error) -> io::Result<usize> {
    tokio::task::yield_now().await;
    Ok(user.len() + prompt.into_bytes().len())
}

#[allow(clippy::ptr_arg)]
async fn verify(_user: &str, to: &Place, _prompt: &String) -> io::Result<Option<usize>> {
    to.ask(0).await.map(Some)
}

/// A letter.
#[derive(Debug)]
pub struct Mail {
    to: String,
}

impl Mail {
    const fn to(&self) -> &String {
        &self.to
    }
}

const fn to(word: &str) -> usize {
    word.len()
}

/// Has other things that are called like the target.
///
/// # Errors
/// When it fails.
#[resilient(
    service = "names",
    targets = POOL,
    affinity = (&mail.to, words.iter().map(|to| to.len()).sum::<usize>()),
    rate_limit(tokens_per_minute = 60, key = mail.to(), cost = { let to = 1; to }),
    correlation_id = format!("{}", mail.to),
    cache(key = match words { [to, ..] => to.len(), _ => to("a") }, ttl = "1m")
)]
pub async fn names(#[target] to: &Place, mail: &Mail, words: &[String]) -> io::Result<usize> {
    to.ask(mail.to().len() + words.len()).await
}

/// Has an elided lifetime that is written.
///
/// # Errors
/// When it fails.
#[resilient(service = "free", targets = POOL)]
pub async fn elided(#[target] to: &'_ Place, word: &'_ str) -> io::Result<usize> {
    to.ask(word.len()).await
}

/// Is generic.
///
/// # Errors
/// When it fails.
#[resilient(service = "generic", idempotent, targets = pool, hedge(delay = "p95"))]
pub async fn generic<T: AsRef<str> + Send + Sync, W: Display + Sync>(
    pool: &TargetPool<T>,
    #[target] to: &T,
    word: &W,
) -> io::Result<usize> {
    tokio::task::yield_now().await;
    Ok(to.as_ref().len() + word.to_string().len())
}

/// Takes what implements a trait.
///
/// # Errors
/// When it fails.
#[resilient(service = "generic", targets = POOL)]
pub async fn of_impl(#[target] to: &Place, word: impl Display + Clone + Send) -> io::Result<usize> {
    to.ask(word.to_string().len()).await
}

/// A client.
#[derive(Debug)]
pub struct Client {
    pool: TargetPool<Place>,
    name: String,
}

impl Client {
    /// Borrows from the client.
    ///
    /// # Errors
    /// When it fails.
    #[resilient(service = "method", targets = self.pool)]
    pub async fn method(&self, #[target] to: &Place, word: &str) -> io::Result<&str> {
        to.ask(word.len()).await?;
        Ok(&self.name)
    }

    /// Owns what it borrows.
    ///
    /// # Errors
    /// When it fails.
    #[resilient(service = "method", targets = self.pool, verify = Self::check)]
    pub async fn count(&mut self, word: &str, #[target] to: Arc<Place>) -> io::Result<usize> {
        self.name.push_str(word);
        to.ask(self.name.len()).await
    }

    async fn check(&self, word: &str, to: &Arc<Place>) -> io::Result<Option<usize>> {
        to.ask(word.len()).await.map(Some)
    }
}

/// What can be asked.
pub trait Ask {
    /// Asks.
    fn ask(&self, word: &str) -> impl Future<Output = io::Result<usize>> + Send;
}

impl Ask for Client {
    #[resilient(service = "trait", targets = self.pool)]
    async fn ask(&self, #[target] to: &Place, word: &str) -> io::Result<usize> {
        to.ask(word.len() + self.name.len()).await
    }
}

/// What can be asked behind a pointer.
#[async_trait::async_trait]
pub trait AskBoxed {
    /// Asks.
    async fn ask_boxed(&self, word: &str) -> io::Result<usize>;

    /// Asks with what it owns.
    async fn ask_owned(&self, words: Vec<String>) -> io::Result<usize>;
}

#[async_trait::async_trait]
impl AskBoxed for Client {
    #[resilient(service = "boxed", targets = self.pool)]
    async fn ask_boxed(&self, #[target] to: &Place, word: &str) -> io::Result<usize> {
        to.ask(word.len() + self.name.len()).await
    }

    #[resilient(service = "boxed", idempotent, targets = POOL, hedge(delay = "1s"))]
    async fn ask_owned(&self, words: Vec<String>, #[target] to: Arc<Place>) -> io::Result<usize> {
        to.ask(words.len() + self.name.len()).await
    }
}

struct Items(Arc<Place>);

impl Stream for Items {
    type Item = io::Result<usize>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready((self.0.name.len() > 100).then_some(Ok(1)))
    }
}

/// Streams from one of them.
///
/// # Errors
/// When it fails.
#[llm_resilient(service = "stream", stream = "first_item", targets = POOL)]
pub async fn items(
    #[target] to: Arc<Place>,
    word: &str,
) -> io::Result<impl Stream<Item = io::Result<usize>> + use<>> {
    to.ask(word.len()).await?;
    Ok(Items(to))
}

macro_rules! made_by_a_macro {
    ($name:ident, $pool:expr, $place:ty, $to:ident) => {
        /// Is made by a macro.
        ///
        /// # Errors
        /// When it fails.
        #[resilient(service = "macro", targets = $pool)]
        pub async fn $name(#[target] $to: $place, word: &str) -> io::Result<usize> {
            $to.ask(word.len()).await
        }
    };
}

made_by_a_macro!(made, POOL, &Place, to);
made_by_a_macro!(made_with_arc, POOL, Arc<Place>, to);

fn sendable<T: Send>(future: T) -> T {
    future
}

fn places() -> [Target<Place>; 2] {
    ["a", "b"].map(|name| {
        let place = Place {
            name: name.to_owned(),
        };
        Target::new(name, place).weight(2.0).group("account")
    })
}

#[tokio::main]
async fn main() {
    POOL.set(places()).unwrap();
    assert_eq!(sendable(free("a")).await.unwrap(), 2);
    assert_eq!(sendable(unused("a")).await.unwrap(), 1);
    assert_eq!(sendable(owned(vec![String::new()])).await.unwrap(), 3);
    assert_eq!(sendable(all("a", String::new())).await.unwrap(), 2);
    let mail = Mail { to: "me".to_owned() };
    assert_eq!(sendable(names(&mail, &[])).await.unwrap(), 3);
    assert_eq!(sendable(elided("a")).await.unwrap(), 2);
    let words = TargetPool::of([("a", String::from("abc"))]).unwrap();
    assert_eq!(sendable(generic(&words, &5)).await.unwrap(), 4);
    assert_eq!(sendable(of_impl(5)).await.unwrap(), 2);
    assert_eq!(made("a").await.unwrap() + made_with_arc("a").await.unwrap(), 4);
    let mut client = Client {
        pool: TargetPool::of(places()).unwrap(),
        name: "n".to_owned(),
    };
    assert_eq!(sendable(client.method("a")).await.unwrap(), "n");
    assert_eq!(sendable(client.count("a")).await.unwrap(), 3);
    assert_eq!(sendable(client.ask("a")).await.unwrap(), 4);
    assert_eq!(sendable(client.ask_boxed("a")).await.unwrap(), 4);
    assert_eq!(sendable(client.ask_owned(Vec::new())).await.unwrap(), 3);
    drop(sendable(items("a")).await.unwrap());
}
