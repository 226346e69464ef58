//! Methods under `#[async_trait]`, which expands first.
#![deny(warnings)]

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use resilience_runtime::mcp_resilient;

#[async_trait]
trait Tool: Send + Sync {
    async fn call(&self, input: String, suffix: &str) -> io::Result<String>;
    async fn count(&mut self, by: u32) -> io::Result<u32>;
    async fn patterns(&self, pair: (u8, String), parts: Vec<u8>) -> io::Result<String>;
    async fn used_up(self: Box<Self>) -> io::Result<u32>;
    async fn shared(self: Arc<Self>, text: String) -> io::Result<String>;
    async fn part(&self) -> io::Result<&str>;

    #[mcp_resilient]
    async fn default_body(&self, input: String) -> io::Result<String> {
        self.call(input, "?").await
    }
}

struct Echo {
    calls: u32,
    name: String,
}

async fn other(echo: &Echo, input: String, suffix: &str) -> io::Result<String> {
    Ok(format!("{input}{suffix}{}", echo.calls))
}

#[async_trait]
impl Tool for Echo {
    #[mcp_resilient(
        rate_limit(requests_per_minute = 60_000, key = (self.name, suffix)),
        fallback(cache(key = (&self.name, input), ttl = "1m"), call = other, value = self.name.clone()),
    )]
    async fn call(&self, input: String, suffix: &str) -> io::Result<String> {
        Ok(input + suffix + &self.name)
    }

    #[mcp_resilient]
    async fn count(&mut self, by: u32) -> io::Result<u32> {
        self.calls += by;
        Ok(self.calls)
    }

    #[mcp_resilient]
    async fn patterns(&self, (a, mut b): (u8, String), mut parts: Vec<u8>) -> io::Result<String> {
        parts.push(a);
        b.push_str(&parts.len().to_string());
        Ok(b)
    }

    #[mcp_resilient(retry = off)]
    async fn used_up(self: Box<Self>) -> io::Result<u32> {
        Ok(self.calls)
    }

    #[mcp_resilient]
    async fn shared(self: Arc<Self>, text: String) -> io::Result<String> {
        Ok(text + &self.name)
    }

    #[mcp_resilient]
    async fn part(&self) -> io::Result<&str> {
        Ok(&self.name)
    }
}

#[tokio::main]
async fn main() {
    let mut echo = Echo {
        calls: 0,
        name: "e".to_owned(),
    };
    assert_eq!(echo.default_body("x".to_owned()).await.unwrap(), "x?e");
    assert_eq!(echo.count(2).await.unwrap(), 2);
    assert_eq!(
        echo.patterns((1, "b".to_owned()), vec![]).await.unwrap(),
        "b1"
    );
    assert_eq!(echo.part().await.unwrap(), "e");
    let echo = Arc::new(echo);
    assert_eq!(echo.clone().shared("x".to_owned()).await.unwrap(), "xe");
    let echo: Box<dyn Tool> = Box::new(Echo {
        calls: 1,
        name: String::new(),
    });
    assert_eq!(
        tokio::spawn(async move { echo.used_up().await })
            .await
            .unwrap()
            .unwrap(),
        1
    );
}
