//! The future is `Send` if the body's is, and need not be.
#![deny(warnings)]

use std::io;
use std::rc::Rc;

use resilience_runtime::{ResilienceError, resilient};

struct Client(String);

impl Client {
    #[resilient(service = "s", fallback(cache(key = (self.0.as_str(), prompt), ttl = "1m"), call = Self::other, registered))]
    async fn ask(&self, prompt: &str, owned: String) -> io::Result<String> {
        tokio::task::yield_now().await;
        Ok(format!("{}{prompt}{owned}", self.0))
    }

    async fn other(&self, prompt: &str, owned: String, error: &io::Error) -> io::Result<String> {
        tokio::task::yield_now().await;
        Ok(format!("{}{prompt}{owned}{error}", self.0))
    }

    #[resilient(service = "s")]
    async fn change(&mut self, part: &str) -> io::Result<usize> {
        tokio::task::yield_now().await;
        self.0.push_str(part);
        Ok(self.0.len())
    }
}

/// An error that is neither `Send` nor an `Error`: no await may hold it.
struct Local(#[allow(dead_code)] Rc<u8>);
impl From<ResilienceError> for Local {
    fn from(_: ResilienceError) -> Self {
        Self(Rc::new(0))
    }
}

#[resilient(service = "s")]
async fn error_of_one_thread(n: u8) -> Result<u8, Local> {
    tokio::task::yield_now().await;
    if n == 0 {
        return Err(Local(Rc::new(0)));
    }
    Ok(n)
}

#[resilient(service = "s")]
async fn body_of_one_thread(n: Rc<u8>) -> io::Result<u8> {
    let n = Rc::clone(&n);
    tokio::task::yield_now().await;
    Ok(*n)
}

#[resilient(service = "s")]
async fn recursive(n: u32) -> io::Result<u32> {
    if n == 0 {
        return Ok(0);
    }
    Ok(Box::pin(recursive(n - 1)).await? + 1)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let spawned = tokio::spawn(async move {
        let mut client = Client("c".to_owned());
        let text = String::from("p");
        client.change(&text).await?;
        client.ask(&text, "o".to_owned()).await
    });
    assert_eq!(spawned.await.unwrap().unwrap(), "cppo");
    let spawned = tokio::spawn(async move { error_of_one_thread(1).await.is_ok() });
    assert!(spawned.await.unwrap());
    assert_eq!(tokio::spawn(recursive(3)).await.unwrap().unwrap(), 3);
    let local = tokio::task::LocalSet::new();
    let n =
        local.run_until(async { tokio::task::spawn_local(body_of_one_thread(Rc::new(1))).await });
    assert_eq!(n.await.unwrap().unwrap(), 1);
}
