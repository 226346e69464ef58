//! Aliases of `Result`, foreign and own; `?`, early returns, bodies that never return.
#![deny(warnings)]

use std::error::Error;
use std::io;

use resilience_runtime::{ResilienceError, llm_resilient, resilient};

#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error(transparent)]
    Guard(#[from] ResilienceError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Number(#[from] std::num::ParseIntError),
}

type Result<T> = std::result::Result<T, ApiError>;
type Answer = Result<u32>;

#[llm_resilient]
async fn own_alias(text: &str) -> Result<u32> {
    Ok(text.parse::<u32>()?)
}

#[llm_resilient]
async fn alias_without_arguments(text: &str) -> Answer {
    if text.is_empty() {
        return Ok(0);
    }
    let number = text.parse()?;
    Ok(number)
}

#[llm_resilient]
async fn anyhow_result(text: &str) -> anyhow::Result<u32> {
    anyhow::ensure!(!text.is_empty(), "empty");
    Ok(text.parse()?)
}

#[llm_resilient]
async fn io_result() -> io::Result<()> {
    Ok(())
}

#[llm_resilient]
async fn boxed_error() -> std::result::Result<u8, Box<dyn Error + Send + Sync>> {
    Err("no".into())
}

#[llm_resilient]
async fn boxed_error_of_one_thread() -> std::result::Result<u8, Box<dyn Error>> {
    Err("no".into())
}

#[resilient(service = "s")]
async fn never_returns(stop: bool) -> Result<u8> {
    assert!(!stop, "stopped");
    loop {
        tokio::task::yield_now().await;
        std::future::pending::<()>().await;
    }
}

#[resilient(service = "s")]
async fn not_written_yet() -> Result<u8> {
    unimplemented!()
}

#[resilient(service = "s")]
async fn inference() -> Result<Vec<u64>> {
    Ok(["1", "2"]
        .iter()
        .map(|text| text.parse())
        .collect::<std::result::Result<_, _>>()?)
}

#[resilient(service = "s", classify_ok = |n: &u8| (*n > 1).then(resilience_runtime::Verdict::permanent))]
async fn some_answers_are_failures(n: u8) -> Result<u8> {
    Ok(n)
}

#[resilient(service = "s", retry(exhausted = "wrap"))]
async fn wrapped() -> Result<u8> {
    Ok(1)
}

#[resilient(service = "s")]
async fn impl_error() -> std::result::Result<u8, impl Error> {
    if false {
        return Err(ApiError::Io(io::Error::other("x")));
    }
    Ok(1)
}

#[tokio::main]
async fn main() {
    assert_eq!(own_alias("1").await.unwrap(), 1);
    assert_eq!(alias_without_arguments("").await.unwrap(), 0);
    assert_eq!(anyhow_result("1").await.unwrap(), 1);
    io_result().await.unwrap();
    assert!(boxed_error().await.is_err());
    assert!(boxed_error_of_one_thread().await.is_err());
    drop(never_returns(false));
    drop(not_written_yet());
    assert_eq!(inference().await.unwrap(), [1, 2]);
    assert_eq!(some_answers_are_failures(2).await.unwrap(), 2);
    assert_eq!(wrapped().await.unwrap(), 1);
    assert_eq!(impl_error().await.unwrap(), 1);
}
