//! The hooks `verify`, `reconnect` and `safety`: every shape of argument, sync and async, free and associated.
#![deny(warnings)]
#![warn(clippy::pedantic)]

use resilience_runtime::{BoxError, database_resilient, mcp_resilient, resilient, verdict::ToolSafety};

type Fallible<T> = Result<T, BoxError>;

async fn found(id: &u64, name: &str, tags: &Vec<String>, pair: &(u32, String)) -> Fallible<Option<usize>> {
    let _ = (id, name, tags, pair);
    Ok(None)
}

#[database_resilient(verify = found)]
async fn owned(id: u64, name: &str, mut tags: Vec<String>, (_n, s): (u32, String)) -> Fallible<usize> {
    tags.push(s);
    Ok(tags.len() + name.len() + usize::try_from(id)?)
}

#[database_resilient(retry = off, verify = |text: &String| Ok(Some(text.len())))]
async fn used_up(text: String) -> Fallible<usize> {
    Ok(text.into_bytes().len())
}

async fn written(buffer: &Vec<u8>) -> Fallible<Option<()>> {
    Ok(Some(()).filter(|()| !buffer.is_empty()))
}

#[database_resilient(verify = written)]
async fn exclusive(buffer: &mut Vec<u8>) -> Fallible<()> {
    buffer.push(1);
    Ok(())
}

struct Client<T>(T);

impl<T: Sync + Send + 'static> Client<T> {
    async fn connect(&self, _tool: &str) -> Fallible<()> {
        Ok(())
    }

    fn annotations(&self, tool: &str) -> Option<ToolSafety> {
        Some(ToolSafety::default().read_only(tool.starts_with("get")))
    }

    async fn after_all(&self, tool: &str) -> Fallible<Option<usize>> {
        Ok(Some(tool.len()))
    }

    #[mcp_resilient(reconnect = Self::connect, safety = Self::annotations, verify = Self::after_all)]
    async fn call(&self, tool: &str) -> Fallible<usize> {
        Ok(tool.len())
    }

    #[mcp_resilient(reconnect = Self::connect, retry = off)]
    async fn call_mut(&mut self, tool: &str) -> Fallible<usize> {
        Ok(tool.len())
    }
}

mod traits {
    use super::{Fallible, resilient};

    #[async_trait::async_trait]
    pub trait Tool: Sync {
        async fn renew(&self) -> Fallible<()>;
        async fn run(&self, input: String) -> Fallible<String>;
    }

    pub struct Echo;

    impl Echo {
        async fn again(echo: &&Echo, input: &String) -> Fallible<Option<String>> {
            let _ = echo;
            Ok(Some(input.clone()))
        }
    }

    #[async_trait::async_trait]
    impl Tool for Echo {
        async fn renew(&self) -> Fallible<()> {
            Ok(())
        }

        #[resilient(service = "echo", reconnect = |echo: &Echo, _: &String| { let _ = echo; Ok(()) })]
        async fn run(&self, input: String) -> Fallible<String> {
            Ok(input)
        }
    }

    const _: fn() = || {
        let _ = Echo::again;
    };
}

fn sendable<T: Send>(_: &T) {}

fn main() {
    use traits::Tool as _;

    sendable(&owned(1, "a", Vec::new(), (1, String::new())));
    sendable(&used_up(String::new()));
    sendable(&exclusive(&mut Vec::new()));
    let mut client = Client(1);
    sendable(&client.call("get"));
    sendable(&client.call_mut("get"));
    sendable(&traits::Echo.run(String::new()));
    drop(traits::Echo.renew());
}
