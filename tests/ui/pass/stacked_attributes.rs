//! Other attributes above and below.
#![deny(warnings)]

use std::io;

use resilience_runtime::{llm_resilient, resilient};

/// One span for the whole call.
#[llm_resilient]
#[tracing::instrument(skip(prompt), err)]
async fn instrumented_outside(prompt: String, n: u8) -> io::Result<String> {
    Ok(prompt + &n.to_string())
}

/// One span for each attempt.
#[tracing::instrument]
#[llm_resilient]
async fn instrumented_inside(prompt: String, n: u8) -> io::Result<String> {
    Ok(prompt + &n.to_string())
}

struct Client;
impl Client {
    #[tracing::instrument(skip_all)]
    #[llm_resilient]
    async fn method(&mut self, prompt: String) -> io::Result<String> {
        Ok(prompt)
    }
}

#[resilient(service = "t")]
#[tokio::test]
async fn a_test() -> io::Result<()> {
    Ok(())
}

#[cfg_attr(not(windows), resilient(service = "t", timeout = "1s"))]
#[cfg_attr(windows, this_attribute_does_not_exist)]
#[must_use = "it is"]
#[inline]
async fn conditional(#[cfg(not(windows))] n: u8, #[cfg(windows)] n: u16) -> io::Result<u8> {
    #![allow(unused_variables, clippy::mixed_attributes_style)]
    let unused = 1;
    Ok(n)
}

#[resilient(service = "t")]
#[deprecated = "old"]
async fn old() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "t")]
#[expect(unused_variables, reason = "fulfilled as without the attribute")]
async fn expected(unused: u8) -> io::Result<u8> {
    Ok(1)
}

#[tokio::main]
async fn main() {
    assert_eq!(instrumented_outside("p".to_owned(), 1).await.unwrap(), "p1");
    assert_eq!(instrumented_inside("p".to_owned(), 1).await.unwrap(), "p1");
    assert_eq!(Client.method("p".to_owned()).await.unwrap(), "p");
    assert_eq!(conditional(1).await.unwrap(), 1);
    #[allow(deprecated)]
    let old = old().await;
    assert!(old.is_ok());
    assert!(expected(1).await.is_ok());
}
