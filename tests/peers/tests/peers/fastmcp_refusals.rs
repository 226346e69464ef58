//! What fastmcp's middlewares refuse, in both versions: none of it opens the circuit, and what began is not begun again.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use resilience_peers::{FastMcp, Server};
use resilience_runtime::verdict::Reason;
use resilience_runtime::{Registry, Service, ServiceKind, Verdict, mcp_resilient};
use rmcp::model::{CallToolRequestParams, CallToolResult, GetPromptRequestParams};
use rmcp::service::ServiceError;
use serde_json::{Value, json};

use crate::mcp::{self, Session};
use crate::mcp_tools::meaning;

struct Host {
    session: Session,
    registry: Registry,
}

impl Host {
    async fn both(server: &Server<FastMcp>) -> Result<[Self; 2]> {
        let host = |session| Self {
            session,
            registry: Registry::new(),
        };
        let with = mcp::over_http(&server.url()).await?;
        let without = mcp::without_session(&server.url()).await?;
        Ok([host(with), host(without)])
    }

    fn service(&self) -> Result<Arc<Service>> {
        Ok(self.registry.service("mcp", ServiceKind::Mcp)?)
    }

    /// Not idempotent. Five failures in a row open the circuit, as by default.
    #[mcp_resilient(registry = &self.registry, retry(max_attempts = 3, base_delay = "1ms"), retry_budget = off)]
    async fn call(&self, tool: &str, arguments: Value) -> Result<CallToolResult> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        Ok(self.session.call_tool(call).await?)
    }

    #[mcp_resilient(registry = &self.registry, idempotent, retry(base_delay = "1ms"))]
    async fn prompt(&self, name: &str) -> Result<()> {
        let prompt = GetPromptRequestParams::new(name);
        self.session.get_prompt(prompt).await?;
        Ok(())
    }

    async fn refused(&self, tool: &str, arguments: Value) -> Result<Verdict> {
        let refused = self.call(tool, arguments).await;
        Ok(meaning(&refused.err().context("it is refused")?))
    }

    fn failures(&self) -> Result<u32> {
        Ok(self.service()?.stats().circuit.consecutive_failures)
    }
}

#[tokio::test]
async fn limits_throttle() -> Result<()> {
    const LIMITS: [&[&str]; 3] = [&["client-limit"], &["sliding-limit"], &["global-limit"]];
    let start = |limit| async move {
        let server = FastMcp::start_with(limit).await?;
        // The first requests are within the limit.
        let session = mcp::without_session(&server.url()).await?;
        let _ = session.list_tools(None).await;
        let host = Host {
            session,
            registry: Registry::new(),
        };
        for _ in 0..6 {
            let verdict = host.refused("place_order", json!({"item": "tea"})).await?;
            assert!(verdict.is_throttled(), "{limit:?} {verdict:?}");
        }
        assert_eq!(host.failures()?, 0, "{limit:?}");
        assert_eq!(server.calls().began("place_order"), 0);

        // By the version with sessions it refuses to begin one.
        let refused = mcp::over_http(&server.url()).await;
        let verdict = meaning(&refused.err().context("it is refused")?);
        assert!(verdict.is_throttled(), "{limit:?} {verdict:?}");
        anyhow::Ok(())
    };
    let [client, sliding, global] = LIMITS.map(start);
    tokio::try_join!(client, sliding, global)?;
    Ok(())
}

#[tokio::test]
async fn failed_tools_become_errors_that_are_not_repeated() -> Result<()> {
    let server = FastMcp::start_with(&["errors"]).await?;
    let calls = server.calls();
    for host in Host::both(&server).await? {
        calls.clear()?;
        for (how, expected, reason) in [
            ("permission", Verdict::permanent(), Some(Reason::Denied)),
            ("key", Verdict::permanent(), Some(Reason::NotFound)),
            (
                "timeout",
                Verdict::outcome_unknown(),
                Some(Reason::TimedOut),
            ),
            ("crash", Verdict::outcome_unknown(), None),
            ("permission", Verdict::permanent(), Some(Reason::Denied)),
        ] {
            let verdict = host.refused("fail", json!({"how": how})).await?;
            assert_eq!((verdict, verdict.reason()), (expected, reason), "{how}");
        }
        assert_eq!(calls.began("fail"), 5, "{:?}", calls.lines());
        for _ in 0..6 {
            let verdict = host.refused("no-such-tool", Value::Null).await?;
            assert_eq!(verdict.reason(), Some(Reason::NotFound));
            let missing = host.prompt("no-such-prompt").await;
            let verdict = meaning(&missing.err().context("there is none")?);
            assert_eq!(verdict.reason(), Some(Reason::NotFound));
        }
        assert_eq!(host.failures()?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn denials_are_the_callers_fault() -> Result<()> {
    let server = FastMcp::start_with(&["nobody"]).await?;
    let with_errors = FastMcp::start_with(&["errors", "nobody"]);
    let with_errors = with_errors.await?;
    for server in [&server, &with_errors] {
        for host in Host::both(server).await? {
            for _ in 0..6 {
                // Without the middleware "errors" a denied tool is an answer for the model.
                match host.call("place_order", json!({"item": "tea"})).await {
                    Ok(answer) => assert_eq!(answer.is_error, Some(true)),
                    Err(error) => assert_eq!(meaning(&error).reason(), Some(Reason::Denied)),
                }
                let denied = host.prompt("secret").await;
                let denied = denied.err().context("it is denied")?;
                assert_eq!(
                    meaning(&denied).reason(),
                    Some(Reason::Denied),
                    "{denied:?}"
                );
                let mcp = denied.downcast_ref::<ServiceError>();
                assert!(matches!(mcp, Some(ServiceError::McpError(_))), "{denied:?}");
            }
            assert_eq!(host.failures()?, 0);
        }
        assert_eq!(server.calls().began("place_order"), 0);
    }
    Ok(())
}
