//! An MCP server of rmcp that takes orders.
//!
//! usage: rmcp-orders CALL_LOG PORT
//!
//! It leaves the lines of orders.py in CALL_LOG, and before them "version VERSION" of rmcp.

use std::convert::Infallible;
use std::env;
use std::fs::{self, File};
use std::future::pending;
use std::io::Write as _;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rmcp::model::*;
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskExit, TaskManager, TaskOptions};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::Service as _;

#[derive(Clone)]
struct Orders {
    log: CallLog,
    tasks: TaskManager,
}

#[derive(Clone)]
struct CallLog(Arc<PathBuf>);

impl CallLog {
    /// One write to a file that stays when this process is killed.
    fn note(&self, line: &str) {
        let log = File::options().create(true).append(true).open(&*self.0);
        let written = log.and_then(|mut log| log.write_all(format!("{line}\n").as_bytes()));
        written.expect("the call log");
    }

    fn began(&self, tool: &str) -> usize {
        let log = fs::read_to_string(&*self.0).unwrap_or_default();
        let wanted = format!("began {tool}");
        log.lines().filter(|line| **line == wanted).count()
    }
}

impl Orders {
    async fn place_order(&self, arguments: &Value) -> String {
        self.log.note("began place_order");
        let number = self.log.began("place_order");
        let seconds = arguments["seconds"].as_f64().unwrap_or(0.0);
        sleep(Duration::from_secs_f64(seconds)).await;
        self.log.note("ended place_order");
        let item = arguments["item"].as_str().unwrap_or_default();
        format!("order {number}: {item}")
    }

    async fn hang_once(&self) -> String {
        self.log.note("began hang_once");
        if self.log.began("hang_once") == 1 {
            pending::<()>().await;
        }
        self.log.note("ended hang_once");
        "done".to_owned()
    }

    /// Each round begins anew: the state says whether it has asked.
    async fn confirm_order(
        &self,
        call: &CallToolRequestParams,
        arguments: &Value,
    ) -> CallToolResponse {
        self.log.note("began round");
        let answers = call.input_responses.as_ref();
        if call.request_state.as_deref() == Some("asked") && answers.is_some() {
            self.log.note("ended round");
            return text(self.place_order(arguments).await);
        }
        self.log.note("ended round");
        let schema = json!({"type": "object", "properties": {"sure": {"type": "boolean"}}});
        let question = ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: "Are you sure?".to_owned(),
            requested_schema: serde_json::from_value(schema).expect("a schema"),
        };
        let question = InputRequest::Elicitation(ElicitRequest::new(question));
        let questions = InputRequests::from([("sure".to_owned(), question)]);
        InputRequiredResult::new(Some(questions), Some("asked".to_owned())).into()
    }

    fn bake(&self, arguments: &Value) -> CallToolResponse {
        let millis = arguments["millis"].as_u64().unwrap_or(0);
        let fails = arguments["fails"].as_bool().unwrap_or(false);
        let log = self.log.clone();
        let options = TaskOptions::new().with_poll_interval_ms(50);
        let task = self.tasks.spawn(options, move |_| {
            Box::pin(async move {
                log.note("began bake");
                sleep(Duration::from_millis(millis)).await;
                if fails {
                    log.note("failed bake");
                    return Err(TaskExit::Error(ErrorData::internal_error("burnt", None)));
                }
                log.note("ended bake");
                Ok(CallToolResult::success(vec![ContentBlock::text("baked")]))
            })
        });
        CreateTaskResult::new(task).into()
    }
}

fn text(text: String) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(text)]).into()
}

fn tool(name: &'static str, reads: bool) -> Tool {
    let schema = json!({"type": "object"});
    let schema = schema.as_object().cloned().unwrap_or_default();
    let hints = ToolAnnotations::new().read_only(reads).destructive(false);
    Tool::new(name, name, Arc::new(schema)).with_annotations(hints)
}

impl ServerHandler for Orders {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder();
        ServerConfig::new(
            capabilities
                .enable_tools()
                .enable_resources()
                .enable_tasks()
                .build(),
        )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let orders = ["place_order", "confirm_order", "bake"].map(|name| tool(name, false));
        let reads = ["orders", "hang_once"].map(|name| tool(name, true));
        let tools = orders.into_iter().chain(reads).collect();
        let tools = ListToolsResult::with_all_items(tools).with_ttl_ms(60_000);
        Ok(tools.with_cache_scope(CacheScope::Public))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::from(call.arguments.clone().unwrap_or_default());
        Ok(match &*call.name {
            "place_order" => text(self.place_order(&arguments).await),
            "orders" => text(self.log.began("place_order").to_string()),
            "hang_once" => text(self.hang_once().await),
            "confirm_order" => self.confirm_order(&call, &arguments).await,
            "bake" => self.bake(&arguments),
            _ => return Err(ErrorData::invalid_params("tool not found", None)),
        })
    }

    async fn read_resource(
        &self,
        read: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.log.note("began read");
        self.log.note("ended read");
        if read.uri != "orders://open" {
            return Err(ErrorData::resource_not_found(read.uri, None));
        }
        let open = ResourceContents::text(self.log.began("place_order").to_string(), read.uri);
        let open = ReadResourceResult::new(vec![open]).with_ttl_ms(60_000);
        Ok(open.with_cache_scope(CacheScope::Private).into())
    }

    async fn get_task(
        &self,
        task: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.log.note("began poll");
        self.log.note("ended poll");
        self.tasks.get_task(&task.task_id).map(GetTaskResult::new)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let log = CallLog(Arc::new(arguments.next().context("CALL_LOG")?.into()));
    let port: u16 = arguments.next().context("PORT")?.parse()?;
    let orders = Orders {
        log: log.clone(),
        tasks: TaskManager::new(),
    };
    log.note(&format!("version {}", Implementation::default().version));
    log.note(&format!("serves {}", process::id()));
    let service = StreamableHttpService::new(
        move || Ok(orders.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (connection, _) = listener.accept().await?;
        let service = service.clone();
        let serve = service_fn(move |request| {
            let mut service = service.clone();
            async move {
                Ok::<_, Infallible>(
                    service
                        .call(request)
                        .await
                        .unwrap_or_else(|never| match never {}),
                )
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), serve));
    }
}
