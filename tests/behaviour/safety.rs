//! `safety`: a tool's annotations decide at run time whether it may be called again.

use std::collections::HashMap;

use resilience_runtime::{Registry, mcp_resilient, verdict::ToolSafety};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

struct Tools(HashMap<&'static str, ToolSafety>);

impl Tools {
    fn annotations(&self, tool: &str, _: &Remote) -> Option<ToolSafety> {
        self.0.get(tool).copied()
    }

    #[mcp_resilient(safety = Self::annotations)]
    async fn call(&self, tool: &str, remote: &Remote) -> Answer {
        let _ = tool;
        remote.answer()
    }
}

async fn attempts(tool: &str) -> usize {
    let tools = Tools(HashMap::from([
        ("read", ToolSafety::default().read_only(true)),
        (
            "put",
            ToolSafety::default().idempotent(true).destructive(true),
        ),
        ("order", ToolSafety::default().idempotent(false)),
        (
            "odd",
            ToolSafety::default().read_only(true).destructive(true),
        ),
    ]));
    let remote = Remote::scripted([Err(ApiError::Unknown)]);
    let _ = Registry::new().scope(tools.call(tool, &remote)).await;
    remote.asked()
}

#[tokio::test(start_paused = true)]
async fn read_only_or_idempotent_tool_is_retried() {
    assert_eq!(attempts("read").await, 2);
    assert_eq!(attempts("put").await, 2);
}

#[tokio::test(start_paused = true)]
async fn unsafe_or_contradictory_tool_is_not_retried() {
    assert_eq!(attempts("order").await, 1);
    assert_eq!(attempts("odd").await, 1);
    assert_eq!(attempts("nobody knows it").await, 1);
}

#[tokio::test(start_paused = true)]
async fn transient_error_is_retried_for_any_tool() {
    let tools = Tools(HashMap::new());
    let remote = Remote::scripted([Err(ApiError::Transient)]);
    let out = Registry::new().scope(tools.call("order", &remote)).await;
    assert!(out.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_bool_will_do() {
    #[mcp_resilient(safety = |name: &str, _: &Remote| name.starts_with("get"))]
    async fn call(name: &str, remote: &Remote) -> Answer {
        let _ = name;
        remote.answer()
    }
    for (name, asked) in [("get_time", 2), ("set_time", 1)] {
        let remote = Remote::scripted([Err(ApiError::Unknown)]);
        let _ = Registry::new().scope(call(name, &remote)).await;
        assert_eq!(remote.asked(), asked, "{name}");
    }
}
