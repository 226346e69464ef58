//! `async fn` in traits: implementations and default bodies.
#![deny(warnings)]
#![allow(async_fn_in_trait)]

use std::io;

use resilience_runtime::mcp_resilient;

trait Tool {
    async fn call(&self, input: String) -> io::Result<String>;

    #[mcp_resilient(timeout = "1s")]
    async fn call_twice(&self, input: String) -> io::Result<String> {
        let first = self.call(input).await?;
        self.call(first).await
    }

    #[mcp_resilient]
    async fn without_self(n: u8) -> io::Result<u8> {
        Ok(n)
    }
}

struct Echo;

impl Tool for Echo {
    #[mcp_resilient(service = "echo")]
    async fn call(&self, input: String) -> io::Result<String> {
        Ok(input + "!")
    }
}

#[tokio::main]
async fn main() {
    assert_eq!(Echo.call_twice("x".to_owned()).await.unwrap(), "x!!");
    assert_eq!(Echo::without_self(1).await.unwrap(), 1);
}
