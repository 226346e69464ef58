//! Every form of a fallback, and its answers.
#![deny(warnings)]

use std::io;
use std::time::Duration;

use resilience_runtime::{ResilienceError, resilient};

const TTL: Duration = Duration::from_secs(60);

fn failed() -> io::Error {
    io::Error::other("failed")
}

#[resilient(service = "f1", retry(max_attempts = 1), fallback = plain)]
async fn to_plain(a: u8, b: String) -> io::Result<String> {
    let _used = (a, b);
    Err(failed())
}
fn plain(a: u8, b: String) -> io::Result<String> {
    Ok(format!("{a}{b}"))
}

#[resilient(service = "f2", retry = off, fallback = plain_with_error)]
async fn to_plain_with_error(a: u8, b: String) -> io::Result<String> {
    let _used = (a, b);
    Err(failed())
}
fn plain_with_error(a: u8, b: String, error: &io::Error) -> io::Result<String> {
    Ok(format!("{a}{b}{error}"))
}

#[resilient(service = "f3", retry = off, fallback = asynchronous)]
async fn to_async(a: &str, out: &mut Vec<u8>) -> io::Result<String> {
    out.push(1);
    let _ = a;
    Err(failed())
}
async fn asynchronous(a: &str, out: &mut Vec<u8>) -> io::Result<String> {
    out.push(2);
    Ok(a.to_owned())
}

#[resilient(service = "f4", retry(max_attempts = 1), fallback = async_with_error)]
async fn to_async_with_error((a, b): (u8, String), &c: &u8) -> io::Result<String> {
    let _used = (a, b, c);
    Err(failed())
}
async fn async_with_error((a, b): (u8, String), c: &u8, error: &io::Error) -> io::Result<String> {
    Ok(format!("{a}{b}{c}{error}"))
}

#[resilient(service = "f5", retry = off, fallback(call = fails, call = plain, value = b.clone()))]
async fn chain(a: u8, b: String) -> io::Result<String> {
    let _used = (a, b);
    Err(failed())
}
async fn fails(_: u8, _: String) -> io::Result<String> {
    Err(failed())
}

#[resilient(service = "f6", retry(max_attempts = 1), fallback(call = fails, value = b + "!", on = "any"))]
async fn value_of_an_argument(a: u8, b: String) -> io::Result<String> {
    let _used = (a, b);
    Err(failed())
}

#[resilient(service = "f7", retry = off, fallback = fails)]
async fn both_fail(a: u8, b: String) -> io::Result<String> {
    let _used = (a, b);
    Err(failed())
}

#[resilient(service = "f8", retry = off, fallback(value = 7))]
async fn value(fail: bool) -> io::Result<u8> {
    if fail { Err(failed()) } else { Ok(1) }
}

#[resilient(service = "f9", retry = off, fallback(registered, value = 7))]
async fn registered_then_value() -> io::Result<u8> {
    Err(failed())
}

#[resilient(service = "f10", retry = off, fallback(cache(ttl = TTL, max_entries = 10)))]
async fn cached_without_arguments() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "f11", retry = off, fallback(cache(key = (a, b), ttl = "1m"), call = plain, registered))]
async fn everything(a: u8, b: String) -> io::Result<String> {
    Ok(format!("{a}{b}"))
}

#[resilient(service = "f12", retry = off, fallback = off)]
async fn none_at_all() -> io::Result<u8> {
    Err(failed())
}

#[derive(Clone)]
struct Client(u8);

impl Client {
    #[resilient(service = "f13", retry = off, fallback = Self::by_reference_backup)]
    async fn by_reference(&self, n: u8) -> io::Result<u8> {
        let _ = n;
        Err(failed())
    }
    async fn by_reference_backup(&self, n: u8) -> io::Result<u8> {
        Ok(self.0 + n)
    }

    #[resilient(service = "f14", retry = off, fallback(call = Self::exclusive_backup, call = Client::exclusive_backup))]
    async fn exclusive(&mut self, n: u8, text: String) -> io::Result<u8> {
        self.0 += n;
        let _ = text;
        Err(failed())
    }
    fn exclusive_backup(&mut self, _: u8, _: String, _: &io::Error) -> io::Result<u8> {
        Ok(self.0)
    }

    #[resilient(service = "f15", retry = off, fallback = Self::by_value_backup)]
    async fn by_value(self) -> io::Result<u8> {
        let Self(_) = self;
        Err(failed())
    }
    fn by_value_backup(self) -> io::Result<u8> {
        Ok(self.0)
    }

    #[resilient(service = "f16", retry(max_attempts = 1), fallback = Self::by_value_backup)]
    async fn by_value_with_retries(self) -> io::Result<u8> {
        let _ = &self;
        Err(failed())
    }

    #[resilient(service = "f17", retry(max_attempts = 1), fallback = Self::exclusive_backup)]
    async fn exclusive_with_retries(&mut self, n: u8, text: String) -> io::Result<u8> {
        self.0 += n;
        drop(text);
        Err(failed())
    }
}

#[resilient(service = "f18", retry = off, fallback = generic_backup)]
async fn generic<T: ToString + Clone>(value: T) -> io::Result<String> {
    let _ = value;
    Err(failed())
}
fn generic_backup<T: ToString>(value: T) -> io::Result<String> {
    Ok(value.to_string())
}

#[tokio::main]
async fn main() {
    let b = || "b".to_owned();
    assert_eq!(to_plain(1, b()).await.unwrap(), "1b");
    assert_eq!(to_plain_with_error(1, b()).await.unwrap(), "1bfailed");
    let mut out = Vec::new();
    assert_eq!(to_async("a", &mut out).await.unwrap(), "a");
    assert_eq!(out, [1, 2]);
    assert_eq!(
        to_async_with_error((1, b()), &2).await.unwrap(),
        "1b2failed"
    );
    assert_eq!(chain(1, b()).await.unwrap(), "1b");
    assert_eq!(value_of_an_argument(1, b()).await.unwrap(), "b!");
    let error = both_fail(1, b()).await.unwrap_err();
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ResilienceError>());
    assert!(
        matches!(
            inner,
            Some(ResilienceError::FallbackFailed {
                strategy: "fails",
                ..
            })
        ),
        "{inner:?}"
    );
    assert_eq!(value(true).await.unwrap(), 7);
    assert_eq!(value(false).await.unwrap(), 1);
    assert_eq!(registered_then_value().await.unwrap(), 7);
    assert_eq!(cached_without_arguments().await.unwrap(), 1);
    assert_eq!(everything(1, b()).await.unwrap(), "1b");
    assert!(none_at_all().await.is_err());
    assert_eq!(Client(1).by_reference(2).await.unwrap(), 3);
    assert_eq!(Client(1).exclusive(2, b()).await.unwrap(), 3);
    assert_eq!(Client(1).by_value().await.unwrap(), 1);
    assert_eq!(Client(1).by_value_with_retries().await.unwrap(), 1);
    assert_eq!(Client(1).exclusive_with_retries(2, b()).await.unwrap(), 3);
    assert_eq!(generic(5).await.unwrap(), "5");
}
