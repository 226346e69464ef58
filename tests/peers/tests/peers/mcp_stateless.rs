//! What is new in the protocol's version 2026-07-28, at a server of rmcp: questions before an answer, tasks, and how long an answer
//! may be kept.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use resilience_peers::{FaultProxy, McpRust, Mode};
use resilience_runtime::rmcp::{cache_lifetime, poll_task};
use resilience_runtime::verdict::Reason;
use resilience_runtime::{Registry, ResilienceError, Service, ServiceKind, mcp_resilient};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig,
    DetailedTask, ElicitRequestParams, ElicitResult, ElicitationAction, GetTaskParams,
    GetTaskResult, Implementation, ReadResourceRequestParams, ReadResourceResult, TaskPayload,
};
use rmcp::service::{ClientCacheConfig, RequestContext, RoleClient, RunningService};
use rmcp::{ClientHandler, ErrorData};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::mcp;
use crate::mcp_tools::meaning;

/// Its user takes some time to say yes.
struct User(Duration);

impl ClientHandler for User {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder();
        let capabilities = capabilities.enable_elicitation().enable_tasks().build();
        ClientConfig::new(capabilities, Implementation::default())
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        sleep(self.0).await;
        let yes = ElicitResult::new(ElicitationAction::Accept);
        Ok(yes.with_content(json!({"sure": true})))
    }
}

struct Shop {
    server: RunningService<RoleClient, User>,
    registry: Registry,
}

impl Shop {
    async fn at(url: &str, user: Duration) -> Result<Self> {
        let server = mcp::without_session_as(User(user), url).await?;
        // One cache is enough: this one answers for a server that is down, as if it were up.
        server
            .set_response_cache_config(ClientCacheConfig::disabled())
            .await;
        Ok(Self {
            server,
            registry: Registry::new(),
        })
    }

    fn service(&self) -> Result<Arc<Service>> {
        Ok(self.registry.service("mcp", ServiceKind::Mcp)?)
    }

    /// One round of a call: it has attempts of its own, and answers that it needs input.
    #[mcp_resilient(registry = &self.registry, timeout = "5s")]
    async fn round(&self, call: CallToolRequestParams) -> Result<CallToolResponse> {
        Ok(self.server.call_tool_once(call).await?)
    }

    /// All of its rounds, and the time that the user takes.
    #[mcp_resilient(registry = &self.registry, retry = off, timeout = off, deadline = "10m")]
    async fn confirm(&self, item: &str) -> Result<CallToolResult> {
        self.rounds(item).await
    }

    #[mcp_resilient(registry = &self.registry, retry = off, timeout = off, deadline = "500ms")]
    async fn confirm_soon(&self, item: &str) -> Result<CallToolResult> {
        self.rounds(item).await
    }

    async fn rounds(&self, item: &str) -> Result<CallToolResult> {
        let mut call = confirm_order(item);
        loop {
            match self.round(call.clone()).await? {
                CallToolResponse::Complete(answer) => return Ok(answer),
                CallToolResponse::InputRequired(asks) => {
                    let questions = asks.input_requests.context("questions")?;
                    sleep(self.server.service().0).await;
                    let yes = || json!({"action": "accept", "content": {"sure": true}});
                    let answers = questions.into_keys().map(|key| (key, yes()));
                    call.input_responses = Some(answers.collect());
                    call.request_state = asks.request_state;
                }
                _ => bail!("it is no task"),
            }
        }
    }

    /// The client asks the user itself, within one attempt.
    #[mcp_resilient(registry = &self.registry, timeout = "10m")]
    async fn confirm_at_once(&self, item: &str) -> Result<CallToolResult> {
        Ok(self.server.call_tool(confirm_order(item)).await?)
    }

    #[mcp_resilient(registry = &self.registry, cache(key = item.to_owned(), across_instances))]
    async fn ask(&self, item: &str) -> Result<CallToolResponse> {
        Ok(self.server.call_tool_once(confirm_order(item)).await?)
    }

    /// Each call that arrives is a task of its own.
    #[mcp_resilient(registry = &self.registry)]
    async fn begin(&self, arguments: &Value) -> Result<CallToolResponse> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new("bake").with_arguments(arguments);
        Ok(self.server.call_tool_once(call).await?)
    }

    #[mcp_resilient(registry = &self.registry, service = "polls", idempotent, retry(base_delay = "1ms"))]
    async fn poll(&self, task: &str) -> Result<GetTaskResult> {
        Ok(self.server.get_task(GetTaskParams::new(task)).await?)
    }

    async fn bake(&self, arguments: Value) -> Result<DetailedTask> {
        let CallToolResponse::Task(created) = self.begin(&arguments).await? else {
            bail!("it is a task");
        };
        let id = created.task.task_id.clone();
        poll_task(&created.task, || self.poll(&id)).await
    }

    #[mcp_resilient(
        registry = &self.registry,
        idempotent,
        cache(key = (), across_instances, ttl = |open| cache_lifetime(open), private)
    )]
    async fn open(&self) -> Result<ReadResourceResult> {
        self.read().await
    }

    /// The key does not say who asks.
    #[mcp_resilient(
        registry = &self.registry,
        idempotent,
        cache(key = (), across_instances, ttl = |open| cache_lifetime(open))
    )]
    async fn open_for_all(&self) -> Result<ReadResourceResult> {
        self.read().await
    }

    async fn read(&self) -> Result<ReadResourceResult> {
        let open = ReadResourceRequestParams::new("orders://open");
        Ok(self.server.read_resource(open).await?)
    }
}

fn confirm_order(item: &str) -> CallToolRequestParams {
    let arguments = json!({"item": item});
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    CallToolRequestParams::new("confirm_order").with_arguments(arguments)
}

#[tokio::test]
async fn a_question_is_neither_a_failure_nor_an_attempt() -> Result<()> {
    let server = McpRust::start().await?;
    let shop = Shop::at(&server.url(), Duration::from_millis(50)).await?;
    assert_eq!(mcp::text(&shop.confirm("tea").await?), "order 1: tea");
    let stats = shop.service()?.stats();
    // The call, and its two rounds inside.
    assert_eq!((stats.calls, stats.attempts, stats.successes), (3, 3, 3));
    let calls = server.calls();
    assert_eq!((calls.began("round"), calls.began("place_order")), (2, 1));

    assert_eq!(
        mcp::text(&shop.confirm_at_once("milk").await?),
        "order 2: milk"
    );
    assert_eq!(shop.service()?.stats().attempts, 4);
    assert_eq!((calls.began("round"), calls.began("place_order")), (4, 2));
    Ok(())
}

#[tokio::test]
async fn its_rounds_end_with_the_deadline() -> Result<()> {
    let server = McpRust::start().await?;
    let shop = Shop::at(&server.url(), Duration::from_secs(600)).await?;
    let began = Instant::now();
    let late = shop.confirm_soon("tea").await;
    let late = late.err().context("the user thinks about it")?;
    let deadline = late.downcast_ref();
    assert!(
        matches!(deadline, Some(ResilienceError::DeadlineExceeded { .. })),
        "{late:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(60));
    let calls = server.calls();
    assert_eq!((calls.began("round"), calls.began("place_order")), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_round_whose_answer_got_lost_is_not_asked_again() -> Result<()> {
    let server = McpRust::start().await?;
    let proxy = FaultProxy::to(server.address()).await?;
    let url = format!("{}/mcp", proxy.url());
    let shop = Shop::at(&url, Duration::from_millis(50)).await?;
    proxy.all(Mode::drop_reply_to("confirm_order").with_reset().times(1));
    // Its outcome is unknown, so it is not asked again where nobody says that it may be.
    let lost = shop.confirm("tea").await;
    let lost = lost.err().context("its answer is lost")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    let calls = server.calls();
    assert_eq!((calls.began("round"), calls.began("place_order")), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_question_is_not_kept() -> Result<()> {
    let server = McpRust::start().await?;
    let shop = Shop::at(&server.url(), Duration::ZERO).await?;
    for rounds in 1..=2 {
        let asks = shop.ask("tea").await?;
        assert!(
            matches!(asks, CallToolResponse::InputRequired(_)),
            "{asks:?}"
        );
        assert_eq!(server.calls().began("round"), rounds);
    }
    Ok(())
}

#[tokio::test]
async fn a_task_is_begun_once_and_polled_at_the_interval_of_the_server() -> Result<()> {
    let server = McpRust::start().await?;
    let proxy = FaultProxy::to(server.address()).await?;
    let shop = Shop::at(&format!("{}/mcp", proxy.url()), Duration::ZERO).await?;
    // Polls may be lost: they are asked again.
    proxy.all(Mode::drop_reply_to("tasks/get").with_reset().times(1));
    let began = Instant::now();
    let done = shop.bake(json!({"millis": 300})).await?;
    assert!(
        matches!(done.payload, TaskPayload::Completed { .. }),
        "{done:?}"
    );
    let calls = server.calls();
    assert_eq!((calls.began("bake"), calls.ended("bake")), (1, 1));
    assert_eq!(proxy.faults(), 1);
    let polls = calls.began("poll") as u128;
    assert!(
        polls >= 2 && polls <= began.elapsed().as_millis() / 50 + 1,
        "{polls}"
    );
    Ok(())
}

#[tokio::test]
async fn a_failed_task_is_no_failure_of_its_server() -> Result<()> {
    let server = McpRust::start().await?;
    let shop = Shop::at(&server.url(), Duration::ZERO).await?;
    for _ in 0..6 {
        let burnt = shop.bake(json!({"millis": 0, "fails": true})).await?;
        assert!(
            matches!(burnt.payload, TaskPayload::Failed { .. }),
            "{burnt:?}"
        );
    }
    let polls = shop.registry.service("polls", ServiceKind::Mcp)?.stats();
    assert_eq!((polls.circuit.consecutive_failures, polls.failed), (0, 0));

    let gone = shop.poll("no-such-task").await;
    let verdict = meaning(&gone.err().context("there is none")?);
    assert_eq!(verdict.reason(), Some(Reason::NotFound));
    Ok(())
}

#[tokio::test]
async fn a_task_outlives_the_server_only_by_its_polls() -> Result<()> {
    let mut server = McpRust::start().await?;
    let shop = Shop::at(&server.url(), Duration::ZERO).await?;
    let calls = server.calls();
    let (lost, ()) = tokio::join!(shop.bake(json!({"millis": 600_000})), async {
        while calls.began("poll") == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        server.kill_hard().await;
    });
    let lost = lost.err().context("it was killed")?;
    assert!(!meaning(&lost).is_permanent(), "{lost:?}");
    let polls = shop.registry.service("polls", ServiceKind::Mcp)?.stats();
    assert!(polls.circuit.consecutive_failures > 0, "{polls:?}");
    assert_eq!(calls.began("bake"), 1);
    Ok(())
}

#[tokio::test]
async fn an_answer_is_kept_as_its_server_says() -> Result<()> {
    let server = McpRust::start().await?;
    let shop = Shop::at(&server.url(), Duration::ZERO).await?;
    let calls = server.calls();
    for _ in 0..3 {
        assert_eq!(shop.open().await?.ttl_ms, Some(60_000));
    }
    assert_eq!(calls.began("read"), 1);
    // It is for its reader alone.
    for reads in 2..=4 {
        shop.open_for_all().await?;
        assert_eq!(calls.began("read"), reads);
    }
    Ok(())
}

/// Where the client's own cache is left on.
#[tokio::test]
async fn the_client_answers_for_a_server_that_is_down() -> Result<()> {
    let mut server = McpRust::start().await?;
    let shop = Shop::at(&server.url(), Duration::ZERO).await?;
    let briefly = ClientCacheConfig::default().with_max_ttl(Duration::from_millis(1));
    shop.server.set_response_cache_config(briefly).await;
    shop.read().await?;
    sleep(Duration::from_millis(2)).await;
    server.kill_hard().await;
    let stale = shop.read().await?;
    assert_eq!(stale.ttl_ms, Some(0));

    shop.server
        .set_response_cache_config(ClientCacheConfig::disabled())
        .await;
    assert!(shop.read().await.is_err());
    Ok(())
}
