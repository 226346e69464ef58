//! Every shape of function that can be hedged, without a warning that it alone would not give.
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

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures_core::Stream;
use resilience_runtime::verdict::ToolSafety;
use resilience_runtime::{
    Verdict, database_resilient, llm_resilient, mcp_resilient, resilient, resilient_methods,
    secret_resilient, service,
};

const SOON: Duration = Duration::from_millis(20);

service! {
    /// Ours.
    pub static OURS: Llm = "ours" { hedge(delay = "p99", max_hedges = 2) }
}

#[llm_resilient(hedge)]
async fn name_alone(text: &str) -> io::Result<usize> {
    Ok(text.len())
}

#[secret_resilient(retry = off, hedge(delay = "p99.9"))]
async fn without_retries(text: String) -> io::Result<usize> {
    tokio::task::yield_now().await;
    Ok(text.len())
}

#[llm_resilient(service = OURS, hedge)]
async fn declared(mut text: String) -> io::Result<usize> {
    text.push('!');
    Ok(text.len())
}

#[database_resilient(idempotent, hedge(delay = "300ms", max_hedges = 3))]
async fn patterns((first, mut second): (String, Vec<u8>), _: u8, [a, b]: [u8; 2]) -> io::Result<usize> {
    second.extend([a, b]);
    Ok(first.len() + second.len())
}

#[llm_resilient(hedge(delay = 0.25))]
async fn impl_traits(text: impl Into<String> + Clone + Send, ask: impl Fn() -> usize + Clone) -> io::Result<usize> {
    Ok(text.into().len() + ask())
}

#[llm_resilient(hedge(delay = SOON))]
async fn generics<'a, T: AsRef<str> + Clone, const N: usize>(text: T, parts: &'a [u8; N]) -> io::Result<&'a [u8]> {
    Ok(&parts[..text.as_ref().len()])
}

#[llm_resilient(borrow(list), hedge(delay = "1s"))]
async fn borrowed(list: Vec<u8>, name: Arc<str>, at: Duration) -> io::Result<usize> {
    assert_eq!(at, SOON);
    tokio::task::yield_now().await;
    Ok(list.len() + name.len())
}

#[llm_resilient(hedge(delay = "1s"))]
async fn unused(_list: Vec<u8>, _name: String) -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "1s"))]
async fn names_of_the_expansion(call: String, attempt: String, body: String, answer: u8) -> io::Result<usize> {
    Ok(call.len() + attempt.len() + body.len() + usize::from(answer))
}

#[llm_resilient(
    hedge(delay = "1s"),
    rate_limit(tokens_per_minute = 1_000, cost = 3, usage = |answer| *answer),
    classify = judge,
    classify_ok = |answer| (*answer == 0).then(Verdict::transient),
    retry(retry_if = |error| error.kind() != io::ErrorKind::NotFound, exhausted = "wrap"),
    fallback(cache(key = &prompt, ttl = "5m"), call = smaller, value = 7),
    cache(key = &prompt, ttl = "1m"),
    correlation_id = &prompt,
)]
async fn with_everything(prompt: String) -> io::Result<u32> {
    tokio::task::yield_now().await;
    u32::try_from(prompt.len()).map_err(io::Error::other)
}

fn judge(error: &io::Error) -> Verdict {
    match error.kind() {
        io::ErrorKind::NotFound => Verdict::permanent(),
        _ => Verdict::transient(),
    }
}

async fn smaller(prompt: String, _error: &io::Error) -> io::Result<u32> {
    tokio::task::yield_now().await;
    u32::try_from(prompt.len()).map_err(io::Error::other)
}

#[mcp_resilient(safety = |_| ToolSafety::default().read_only(true), hedge(delay = "p50"))]
async fn by_hook(name: String) -> io::Result<usize> {
    Ok(name.len())
}

struct Once(bool);

impl Stream for Once {
    type Item = io::Result<u8>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(std::mem::take(&mut self.0).then_some(Ok(1)))
    }
}

#[llm_resilient(stream = "first_item", hedge(delay = "1s"))]
async fn stream(prompt: String) -> io::Result<impl Stream<Item = io::Result<u8>>> {
    Ok(Once(!prompt.is_empty()))
}

type Boxed<'a> = Pin<Box<dyn Stream<Item = io::Result<u8>> + Send + 'a>>;

#[llm_resilient(stream(complete = |item| *item == 1), hedge(delay = "1s"))]
async fn boxed_stream<'a>(prompt: &'a str, _parts: Vec<u8>) -> io::Result<Boxed<'a>> {
    Ok(Box::pin(Once(!prompt.is_empty())))
}

/// A client that is copied.
#[derive(Clone, Copy, Debug)]
pub struct Client(u8);

impl Client {
    /// Takes a copy of itself.
    ///
    /// # Errors
    /// Never.
    #[llm_resilient(hedge(delay = "1s"))]
    pub async fn owned(self, text: String) -> io::Result<usize> {
        Ok(text.len() + usize::from(self.0))
    }

    #[llm_resilient(hedge(delay = "1s"))]
    async fn lent<'a>(&'a self, text: &'a str) -> io::Result<(&'a u8, &'a str)> {
        Ok((&self.0, text))
    }

    #[llm_resilient(hedge(delay = "1s"))]
    async fn shared(self: Arc<Self>, text: String, (a, mut b): (u8, u8), mut n: u8) -> io::Result<usize> {
        b += 1;
        n += 1;
        Ok(text.len() + usize::from(self.0 + a + b + n))
    }

    #[llm_resilient(hedge(delay = "1s"))]
    async fn boxed(self: Box<Self>, at: Duration) -> io::Result<(Duration, u8)> {
        Ok((at * 2, self.0))
    }

    #[llm_resilient(hedge(delay = "1s"))]
    async fn pinned(self: Pin<&mut Self>) -> io::Result<u8> {
        Ok(self.0)
    }
}

#[resilient_methods(service = "all", idempotent, hedge(delay = "p95"))]
impl Client {
    async fn all(&self, text: String) -> io::Result<usize> {
        Ok(text.len() + usize::from(self.0))
    }

    #[resilient(hedge = off)]
    async fn exclusive(&mut self) -> io::Result<u8> {
        self.0 += 1;
        Ok(self.0)
    }
}

#[async_trait]
trait Ask {
    async fn ask(&self, text: String, parts: &[u8]) -> io::Result<usize>;
}

#[async_trait]
impl Ask for Client {
    #[llm_resilient(hedge(delay = "1s"))]
    async fn ask(&self, mut text: String, parts: &[u8]) -> io::Result<usize> {
        text.push('!');
        Ok(text.len() + parts.len() + usize::from(self.0))
    }
}

trait Later {
    fn later(&self, n: Vec<u8>) -> impl Future<Output = io::Result<usize>> + Send;
}

impl Later for Client {
    #[llm_resilient(hedge(delay = "1s"))]
    async fn later(&self, n: Vec<u8>) -> io::Result<usize> {
        Ok(n.into_iter().map(usize::from).sum::<usize>() + usize::from(self.0))
    }
}

macro_rules! asks {
    ($name:ident, $delay:literal, $text:ident, $body:block) => {
        #[llm_resilient(hedge(delay = $delay))]
        async fn $name($text: String) -> io::Result<usize> $body
    };
}
asks!(by_macro, "p90", text, { Ok(text.len()) });

async fn items<S: Stream<Item = io::Result<u8>>>(stream: S) -> usize {
    let mut stream = std::pin::pin!(stream);
    let mut items = 0;
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        items += usize::from(item.unwrap());
    }
    items
}

#[tokio::main]
#[allow(clippy::future_not_send)]
async fn main() {
    let text = || "abc".to_owned();
    assert_eq!(name_alone("abc").await.unwrap(), 3);
    assert_eq!(tokio::spawn(without_retries(text())).await.unwrap().unwrap(), 3);
    assert_eq!(declared(text()).await.unwrap(), 4);
    assert_eq!(patterns((text(), vec![1]), 1, [1, 2]).await.unwrap(), 6);
    assert_eq!(impl_traits("abc", || 1).await.unwrap(), 4);
    assert_eq!(generics("ab", &[1, 2, 3]).await.unwrap(), [1, 2]);
    assert_eq!(borrowed(vec![0], "abc".into(), SOON).await.unwrap(), 4);
    assert_eq!(unused(vec![], text()).await.unwrap(), 1);
    assert_eq!(names_of_the_expansion(text(), text(), text(), 1).await.unwrap(), 10);
    assert_eq!(with_everything(text()).await.unwrap(), 3);
    assert_eq!(by_hook(text()).await.unwrap(), 3);
    assert_eq!(items(stream(text()).await.unwrap()).await, 1);
    assert_eq!(items(boxed_stream("a", vec![]).await.unwrap()).await, 1);
    let mut client = Client(1);
    assert_eq!(client.owned(text()).await.unwrap(), 4);
    assert_eq!(client.lent("a").await.unwrap(), (&1, "a"));
    assert_eq!(Arc::new(client).shared(text(), (1, 2), 3).await.unwrap(), 12);
    assert_eq!(Box::new(client).boxed(SOON).await.unwrap(), (2 * SOON, 1));
    assert_eq!(Pin::new(&mut client).pinned().await.unwrap(), 1);
    assert_eq!(client.all(text()).await.unwrap(), 4);
    assert_eq!(client.exclusive().await.unwrap(), 2);
    assert_eq!(client.ask(text(), &[1]).await.unwrap(), 7);
    assert_eq!(tokio::spawn(async move { client.later(vec![1]).await }).await.unwrap().unwrap(), 3);
    assert_eq!(by_macro(text()).await.unwrap(), 3);
}
