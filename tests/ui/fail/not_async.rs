//! Functions that are not `async fn` are reported with the way to one.

use std::future::Future;
use std::io;
use std::pin::Pin;

use resilience_runtime::resilient;

#[resilient(service = "s")]
fn blocking() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s")]
fn returns_a_future() -> impl Future<Output = io::Result<u8>> {
    async { Ok(1) }
}

#[resilient(service = "s")]
fn returns_a_boxed_future(n: u8) -> Pin<Box<dyn Future<Output = io::Result<u8>> + Send>> {
    Box::pin(async move { Ok(n) })
}

fn main() {
    let _ = blocking();
    drop(returns_a_future());
    drop(returns_a_boxed_future(1));
}
