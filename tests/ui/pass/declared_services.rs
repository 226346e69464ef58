//! Declared services: everywhere a static can stand, named from everywhere a path can.
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

use std::io;
use std::time::Duration;

use resilience_runtime::{Registry, database_resilient, llm_resilient, mcp_resilient, resilient};

const LIMIT: Duration = Duration::from_secs(3);

/// Ours.
pub mod services {
    use resilience_runtime::service;

    service! {
        /// Answers.
        #[allow(clippy::doc_markdown)]
        pub static OPENAI: Llm = "openai" {
            rate_limit(requests_per_minute = 500, tokens_per_minute = 90_000, burst = 10, max_wait = "2s"),
            circuit_breaker(failure_rate = 0.5, window = "30s", minimum_calls = 20),
            bulkhead(max_concurrent = 9),
            retry_budget(capacity = 10),
            retry(max_attempts = 4, jitter = "equal"),
            timeout = super::LIMIT,
            deadline = off,
        }

        pub(crate) static ORDERS: Database = "orders";
        /// Without values.
        pub static TOOLS: Mcp = "tools" {}
        #[cfg(any())]
        pub static LEFT_OUT: Mcp = "left-out" {};
    }
    service! {}
}

mod vendor {
    pub(crate) use resilience_runtime as rt;
}

vendor::rt::service! {
    static RENAMED: Secret = "renamed";
}

#[vendor::rt::secret_resilient(service = RENAMED, crate = crate::vendor::rt)]
async fn renamed() -> io::Result<u8> {
    Ok(1)
}

macro_rules! declared {
    ($static:ident, $name:literal, $function:ident) => {
        resilience_runtime::service! {
            static $static: Custom = $name { retry(max_attempts = 2) }
        }

        #[resilient(service = $static, timeout = "1s")]
        async fn $function() -> io::Result<u8> {
            Ok(2)
        }
    };
}
declared!(BY_MACRO, "by-macro", by_macro);

#[llm_resilient(service = services::OPENAI, rate_limit(cost = 3, key = prompt, max_wait = "1s"), retry = off)]
async fn ask(prompt: &str) -> io::Result<usize> {
    Ok(prompt.len())
}

#[llm_resilient(service = resilience_ui::REMOTE)]
async fn of_another_crate() -> io::Result<u8> {
    Ok(3)
}

struct Store<T>(T);

impl<T: Sync> Store<T> {
    #[database_resilient(service = self::services::ORDERS, circuit_breaker = off)]
    async fn load(&self) -> io::Result<&T> {
        Ok(&self.0)
    }
}

trait Tool {
    #[mcp_resilient(service = crate::services::TOOLS)]
    async fn run(&self) -> io::Result<u8> {
        Ok(4)
    }
}

impl Tool for u8 {}

#[tokio::main]
async fn main() {
    resilience_runtime::service! {
        static INSIDE: Custom = "inside";
    }

    #[resilient(service = INSIDE)]
    async fn inside() -> io::Result<u8> {
        Ok(5)
    }

    let declared = Registry::global().declare(&[
        &services::OPENAI,
        &services::ORDERS,
        &services::TOOLS,
        &RENAMED,
        &BY_MACRO,
        &resilience_ui::REMOTE,
        &INSIDE,
    ]);
    declared.unwrap();
    assert_eq!(Registry::global().services().len(), 7);
    assert_eq!(ask("hello").await.unwrap(), 5);
    assert_eq!(renamed().await.unwrap(), 1);
    assert_eq!(by_macro().await.unwrap(), 2);
    assert_eq!(of_another_crate().await.unwrap(), 3);
    assert_eq!(*Store(6).load().await.unwrap(), 6);
    assert_eq!(7_u8.run().await.unwrap(), 4);
    assert_eq!(inside().await.unwrap(), 5);
    assert_eq!(Registry::global().services().len(), 7);
    let remote = Registry::global().get("remote").unwrap().config();
    assert_eq!(remote.functions[0].timeout, Some(LIMIT));
    let openai = Registry::global().get("openai").unwrap().config();
    assert_eq!(openai.functions[0].deadline, None);
}
