//! What becomes of tool calls behind the attribute when four servers break, by each version that they speak: their own log of calls
//! says how often a tool ran. One that is not idempotent and ran twice fails.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::{
    CallLog, FastMcp, FaultProxy, McpOrders, McpRust, McpTypescript, Mode, Server,
};
use resilience_runtime::ResilienceError;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::mcp;
use crate::mcp_tools::{Tools, Way, meaning};

/// What the four have in common.
trait Orders {
    /// The version that the test expects of it.
    const VERSION: &'static str;
    /// Whether a tool runs on when its call is cancelled.
    const RUNS_ON: bool;
    /// Whether its refusal of a lost session names the call that it refuses.
    const REFUSES_BY_NAME: bool;

    fn address(&self) -> SocketAddr;
    fn calls(&self) -> CallLog;
    fn version(&self) -> &str;
    async fn kill_hard(&mut self);
    async fn start(&mut self) -> Result<()>;
}

macro_rules! orders {
    ($($peer:ty, $version:literal, runs_on = $runs_on:literal, refuses_by_name = $by_name:literal;)*) => {$(
        impl Orders for Server<$peer> {
            const VERSION: &'static str = $version;
            const RUNS_ON: bool = $runs_on;
            const REFUSES_BY_NAME: bool = $by_name;

            fn address(&self) -> SocketAddr {
                <$peer>::address(self)
            }

            fn calls(&self) -> CallLog {
                <$peer>::calls(self)
            }

            fn version(&self) -> &str {
                Self::version(self)
            }

            async fn kill_hard(&mut self) {
                Self::kill_hard(self).await;
            }

            async fn start(&mut self) -> Result<()> {
                Self::start(self).await
            }
        }
    )*};
}

orders! {
    McpOrders, "2.3.0", runs_on = false, refuses_by_name = true;
    FastMcp, "4.2.3", runs_on = false, refuses_by_name = true;
    McpTypescript, "1.32.2", runs_on = true, refuses_by_name = false;
    McpRust, "3.11.0", runs_on = true, refuses_by_name = true;
}

/// The two ways of the protocol.
type Era = fn(String) -> Way;
const SESSIONS: Era = Way::Http;
const STATELESS: Era = Way::Stateless;

fn url(address: SocketAddr) -> String {
    format!("http://{address}/mcp")
}

async fn until(mut reached: impl FnMut() -> bool) {
    while !reached() {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Our own, and not an end of the transport.
fn is_timeout(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ResilienceError::Timeout { .. }))
}

fn order(seconds: f64) -> Value {
    json!({"item": "tea", "seconds": seconds})
}

/// Killed in mid-call, it has placed the order, and is not asked for it again; for what only reads it is.
async fn killed_in_mid_call<O: Orders>(server: &mut O, era: Era) -> Result<()> {
    let tools = Tools::over(era(url(server.address()))).await?;
    let calls = server.calls();
    let arguments = order(600.0);
    let (lost, ()) = tokio::join!(tools.call("place_order", &arguments), async {
        until(|| calls.began("place_order") == 1).await;
        server.kill_hard().await;
    });
    let lost = lost.err().context("it was killed")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    assert!(!is_timeout(&lost), "{lost:?}");
    assert_eq!(tools.stats()?.attempts, 1);

    server.start().await?;
    let placed = tools.call_briefly("orders", &Value::Null).await?;
    assert_eq!(mcp::text(&placed), "1");

    let (done, restarted) = tokio::join!(tools.call_briefly("hang_once", &Value::Null), async {
        until(|| calls.began("hang_once") == 1).await;
        server.kill_hard().await;
        server.start().await
    });
    restarted?;
    assert_eq!(mcp::text(&done?), "done");
    assert!(calls.ended("hang_once") >= 1);
    assert_eq!(
        (calls.began("place_order"), calls.ended("place_order")),
        (1, 0)
    );
    Ok(())
}

/// The stream is cut when the answer is on its way.
async fn answer_cut_off<O: Orders>(server: &O, era: Era) -> Result<()> {
    let proxy = FaultProxy::to(server.address()).await?;
    let tools = Tools::over(era(format!("{}/mcp", proxy.url()))).await?;
    let lost = Mode::drop_reply_to("place_order").once_answered("order 1");
    proxy.all(lost.with_reset().times(1));
    let lost = tools.call("place_order", &order(0.1)).await;
    assert_eq!(proxy.faults(), 1);
    let calls = server.calls();
    // Some keep the answer for a client that comes back for it.
    if let Err(lost) = lost {
        assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    }
    assert_eq!(
        (calls.began("place_order"), calls.ended("place_order")),
        (1, 1)
    );
    Ok(())
}

/// A server that was started again knows no session of before, and ran nothing of what it refuses.
async fn started_again<O: Orders>(server: &mut O, era: Era) -> Result<()> {
    let tools = Tools::over(era(url(server.address()))).await?;
    server.kill_hard().await;
    server.start().await?;
    let calls = server.calls();
    if O::REFUSES_BY_NAME {
        let placed = tools.call("place_order", &order(0.0)).await?;
        assert_eq!(mcp::text(&placed), "order 1: tea");
    } else {
        // Nobody can tell whose refusal it is; the next call begins a new session.
        let placed = tools.call_briefly("place_order", &order(0.0)).await;
        let lost = placed.err().context("its session is lost")?;
        assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
        assert_eq!((calls.began("place_order"), tools.renewals()), (0, 0));
        let placed = tools.call("place_order", &order(0.0)).await?;
        assert_eq!((mcp::text(&placed), tools.renewals()), ("order 1: tea", 1));
    }
    assert_eq!(calls.began("place_order"), 1);
    Ok(())
}

/// Some tools run on when their call is cancelled, so that nobody knows what becomes of it.
async fn cancelled<O: Orders>(server: &O, era: Era) -> Result<()> {
    let tools = Tools::over(era(url(server.address()))).await?;
    let arguments = order(1.2);
    let cut = tools.call_briefly("place_order", &arguments).await;
    let cut = cut.err().context("it takes too long")?;
    assert!(is_timeout(&cut), "{cut:?}");
    assert!(meaning(&cut).is_outcome_unknown(), "{cut:?}");
    let calls = server.calls();
    let ended = until(|| calls.ended("place_order") == 1);
    let runs_on = timeout(Duration::from_millis(900), ended).await.is_ok();
    assert_eq!((calls.began("place_order"), runs_on), (1, O::RUNS_ON));
    Ok(())
}

/// No session, no attempt and no failure of the circuit: it is the caller's fault.
async fn unknown_tool<O: Orders>(server: &O, era: Era) -> Result<()> {
    let tools = Tools::over(era(url(server.address()))).await?;
    for _ in 0..6 {
        match tools.call_once("no-such-tool", &Value::Null).await {
            Ok(answer) => assert_eq!(answer.is_error, Some(true)),
            Err(error) => {
                let verdict = meaning(&error);
                assert!(verdict.is_permanent(), "{error:?}");
                let missing = resilience_runtime::verdict::Reason::NotFound;
                assert_eq!(verdict.reason(), Some(missing), "{error:?}");
            }
        }
    }
    let stats = tools.stats()?;
    assert_eq!((stats.attempts, stats.circuit.consecutive_failures), (6, 0));
    assert_eq!(tools.renewals(), 0);
    Ok(())
}

/// One server for all faults, since it takes seconds to start some of them.
async fn each_fault<O: Orders>(mut server: O, era: Era) -> Result<()> {
    assert_eq!(server.version(), O::VERSION);
    unknown_tool(&server, era).await.context("unknown tool")?;
    server.calls().clear()?;
    answer_cut_off(&server, era).await.context("cut off")?;
    server.calls().clear()?;
    cancelled(&server, era).await.context("cancelled")?;
    server.calls().clear()?;
    started_again(&mut server, era).await.context("started")?;
    server.calls().clear()?;
    let killed = killed_in_mid_call(&mut server, era).await;
    killed.context("killed")
}

#[tokio::test]
async fn python_with_sessions() -> Result<()> {
    each_fault(McpOrders::start().await?, SESSIONS).await
}

#[tokio::test]
async fn python_without_sessions() -> Result<()> {
    each_fault(McpOrders::start().await?, STATELESS).await
}

#[tokio::test]
async fn fastmcp_with_sessions() -> Result<()> {
    each_fault(FastMcp::start().await?, SESSIONS).await
}

#[tokio::test]
async fn fastmcp_without_sessions() -> Result<()> {
    each_fault(FastMcp::start().await?, STATELESS).await
}

/// It knows no version without them.
#[tokio::test]
async fn typescript_with_sessions() -> Result<()> {
    each_fault(McpTypescript::start().await?, SESSIONS).await
}

#[tokio::test]
async fn rust_with_sessions() -> Result<()> {
    each_fault(McpRust::start().await?, SESSIONS).await
}

#[tokio::test]
async fn rust_without_sessions() -> Result<()> {
    each_fault(McpRust::start().await?, STATELESS).await
}

/// A stream whose events have numbers is asked for again for ever, unless the client is told not to: the call ends by its timeout.
#[tokio::test]
async fn a_client_with_defaults_waits_for_a_stream_that_is_gone() -> Result<()> {
    let mut server = McpRust::start().await?;
    let tools = Tools::over(Way::Patient(server.url())).await?;
    let calls = server.calls();
    let arguments = order(600.0);
    let (lost, ()) = tokio::join!(tools.call_briefly("place_order", &arguments), async {
        until(|| calls.began("place_order") == 1).await;
        server.kill_hard().await;
    });
    let lost = lost.err().context("it was killed")?;
    assert!(is_timeout(&lost), "{lost:?}");
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    Ok(())
}

/// A refusal that names no call is about the one that was sent: nothing waits for a timeout, and an order is placed once.
#[tokio::test]
async fn a_refusal_without_a_name_is_that_of_the_call() -> Result<()> {
    let mut server = McpTypescript::start().await?;
    let tools = Tools::over(Way::Identified(server.url())).await?;
    server.restart().await?;
    let placed = tools.call("place_order", &order(0.0)).await?;
    assert_eq!(mcp::text(&placed), "order 1: tea");
    let stats = tools.stats()?;
    assert_eq!(
        (stats.attempts, stats.timeouts, tools.renewals()),
        (2, 0, 1)
    );
    assert_eq!(server.calls().began("place_order"), 1);
    Ok(())
}
