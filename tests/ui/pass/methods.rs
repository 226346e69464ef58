//! Whole `impl` blocks.
#![deny(
    warnings,
    unused,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use resilience_runtime::{
    Registry, ServiceKind, llm_resilient, resilient, resilient_methods, service,
};

service! {
    static ORDERS: Database = "orders" { timeout = "9s", retry(base_delay = "30ms") }
}

struct Orders<T> {
    rows: Vec<T>,
}

#[resilient_methods(
    service = ORDERS,
    retry(max_attempts = 4, max_delay = "1s",),
    fallback(value = Default::default(),),
)]
impl<T: Clone + Default + Send + Sync> Orders<T> {
    const FIRST: usize = 0;

    /// Loads.
    pub(crate) async fn load(&self, id: usize) -> io::Result<T> {
        self.rows.get(id).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    #[resilient(retry(max_attempts = 2), timeout = "1s", fallback = off)]
    async fn push(&mut self, row: T) -> io::Result<usize> {
        self.rows.push(row);
        Ok(self.rows.len())
    }

    #[resilient(retry = off, fallback(value = vec![T::default()]))]
    async fn all(&self) -> io::Result<Vec<T>> {
        Err(io::ErrorKind::Other.into())
    }

    #[resilient(skip)]
    async fn last(&self) -> Option<&T> {
        self.rows.last()
    }

    #[must_use]
    fn first(&self) -> &T {
        &self.rows[Self::FIRST]
    }
}

trait Tool {
    async fn call(&self, input: String) -> io::Result<String>;
    fn name(&self) -> &str;
}

#[resilient_methods(service = "echo")]
impl Tool for String {
    async fn call(&self, input: String) -> io::Result<String> {
        Ok(input + self)
    }

    fn name(&self) -> &str {
        self
    }
}

#[async_trait]
trait Model {
    async fn ask(&self, prompt: &str) -> io::Result<String>;
    async fn count(&self, prompt: &str) -> io::Result<usize>;
    fn size(&self) -> usize;
}

#[async_trait]
#[resilient_methods(service = "outer", idempotent)]
impl Model for u8 {
    #[llm_resilient(fallback(value = prompt.to_uppercase()))]
    async fn ask(&self, prompt: &str) -> io::Result<String> {
        Err(io::Error::other(prompt.to_owned()))
    }

    async fn count(&self, prompt: &str) -> io::Result<usize> {
        Ok(prompt.len() + usize::from(*self))
    }

    fn size(&self) -> usize {
        1
    }
}

#[resilient_methods(service = "inner", retry = off)]
#[async_trait]
impl Model for u16 {
    async fn ask(&self, prompt: &str) -> io::Result<String> {
        Ok(prompt.to_owned())
    }

    async fn count(&self, prompt: &str) -> io::Result<usize> {
        Ok(prompt.len())
    }

    fn size(&self) -> usize {
        2
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let mut orders = Orders { rows: vec![7_u8] };
    assert_eq!(orders.load(0).await.unwrap(), 7);
    assert_eq!(orders.load(9).await.unwrap(), 0);
    assert_eq!(orders.push(8).await.unwrap(), 2);
    assert_eq!(orders.all().await.unwrap(), [0]);
    assert_eq!(orders.last().await, Some(&8));
    assert_eq!(*orders.first(), 7);
    let service = Registry::global().get("orders").unwrap();
    assert_eq!(service.kind(), ServiceKind::Database);
    let functions = service.config().functions;
    assert_eq!(functions.len(), 3);
    let push = &functions[1];
    let retry = push.retry.as_ref().unwrap();
    assert_eq!(retry.max_attempts, 2);
    assert_eq!(retry.base_delay, Duration::from_millis(30));
    assert_eq!(retry.max_delay, Duration::from_secs(1));
    assert_eq!(push.timeout, Some(Duration::from_secs(1)));
    assert_eq!(functions[0].timeout, Some(Duration::from_secs(9)));
    assert!(functions[2].retry.is_none());

    let tool = String::from("!");
    assert_eq!(tool.call("hello".to_owned()).await.unwrap(), "hello!");
    assert_eq!(tool.name(), "!");
    assert_eq!(1_u8.ask("x").await.unwrap(), "X");
    assert_eq!(1_u8.count("x").await.unwrap(), 2);
    assert_eq!(1_u16.ask("x").await.unwrap(), "x");
    assert_eq!(1_u16.count("x").await.unwrap(), 1);
    assert_eq!(1_u8.size() + 1_u16.size(), 3);
    let names = Registry::global().services();
    let names: Vec<_> = names.iter().map(|it| it.name().as_str()).collect();
    assert_eq!(names, ["echo", "inner", "orders", "outer"]);
    assert_eq!(Registry::global().get("outer").unwrap().config().functions.len(), 2);
}
