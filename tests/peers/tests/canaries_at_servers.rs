//! What must never be told, at real servers: values, tokens, arguments, answers and addresses with a canary in each go
//! through everything that a call can come to; nothing that we say of it may sing.
//!
//! A binary of its own: what is known of a callsite of `tracing` is shared by all threads.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::{McpOrders, OpenBao};
use resilience_runtime::rmcp::tool_error;
use resilience_runtime::{BoxError, Registry, ResilienceError, mcp_resilient, secret_resilient};
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Map, Value, json};
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use vaultrs::client::{VaultClient, VaultClientSettingsBuilder};

const CANARY: &str = "tweet-0e63";

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }

    /// Hears all that is ours.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let ours = FilterFn::new(|metadata| metadata.target().starts_with("resilience"));
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(self.clone());
        let subscriber = tracing_subscriber::registry()
            .with(LevelFilter::TRACE)
            .with(ours)
            .with(layer);
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Output {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// All that an error of ours tells of itself; those of clients inside are theirs.
fn told_by(error: &BoxError) -> Result<String> {
    let ours = error.downcast_ref::<ResilienceError>();
    let ours = ours.with_context(|| format!("not ours: {error:?}"))?;
    Ok(format!("{ours} {ours:?} {ours:#?}"))
}

/// Whether a client's error would sing, if somebody printed it.
fn sings(error: &BoxError) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(&**error);
    while let Some(error) = next {
        if format!("{error} {error:?}").contains(CANARY) {
            return true;
        }
        next = error.source();
    }
    false
}

fn check(what: &str, told: &str, expected: &[&str]) {
    assert!(!told.contains(CANARY), "{what}: {told}");
    for expected in expected {
        assert!(told.contains(expected), "{what}, {expected}: {told}");
    }
}

fn all_of(registry: &Registry) -> String {
    let mut told = format!("{registry:?}");
    for service in registry.services() {
        let _ = write!(told, "{:?} {:?}", service.stats(), service.config());
    }
    told
}

type Data = Map<String, Value>;

struct Vault {
    client: VaultClient,
    registry: Registry,
}

impl Vault {
    fn new(url: &str, token: &str) -> Result<Self> {
        let settings = VaultClientSettingsBuilder::default()
            .address(url)
            .token(token)
            .build()?;
        Ok(Self {
            client: VaultClient::new(settings)?,
            registry: Registry::new(),
        })
    }

    #[secret_resilient(
        registry = &self.registry,
        retry(max_attempts = 2, base_delay = "1ms", exhausted = "wrap"),
        rate_limit(requests_per_minute = 1_000, key = name),
        cache(key = name, ttl = "20ms", refresh_ahead = off, across_instances),
        correlation_id = "trace-7"
    )]
    async fn read(&self, name: &str) -> Result<Data, BoxError> {
        Ok(vaultrs::kv2::read(&self.client, "secret", name).await?)
    }

    #[secret_resilient(
        registry = &self.registry,
        retry(max_attempts = 2, base_delay = "1ms"),
        fallback = Self::also_fails
    )]
    async fn read_numbers(&self, name: &str) -> Result<Data, BoxError> {
        let numbers: BTreeMap<String, u64> =
            vaultrs::kv2::read(&self.client, "secret", name).await?;
        let numbers = numbers.into_iter();
        Ok(numbers
            .map(|(name, number)| (name, number.into()))
            .collect())
    }

    async fn also_fails(&self, name: &str, error: &BoxError) -> Result<Data, BoxError> {
        Err(format!("no other vault for {name}: {error:?}").into())
    }
}

async fn at_a_vault(output: &Output) -> Result<()> {
    let bao = OpenBao::start().await?;
    let name = format!("db-{CANARY}");
    bao.put(&name, json!({"password": CANARY})).await?;
    let vault = Vault::new(&bao.url(), OpenBao::TOKEN)?;

    let data = vault.read(&name).await.map_err(anyhow::Error::from_boxed)?;
    assert_eq!(data["password"], CANARY);
    let unread = vault.read_numbers(&name).await.err().context("no number")?;
    assert!(
        sings(&unread),
        "the client's error holds the value: {unread:?}"
    );
    check("unread", &told_by(&unread)?, &["fallback"]);

    bao.seal().await?;
    tokio::time::sleep(Duration::from_millis(30)).await;
    vault.read(&name).await.map_err(anyhow::Error::from_boxed)?;
    let sealed = vault.read(&format!("{name}-other")).await;
    check(
        "sealed",
        &told_by(&sealed.err().context("sealed")?)?,
        &["gave up"],
    );
    bao.unseal().await?;

    let stranger = Vault::new(&bao.url(), CANARY)?;
    stranger.read(&name).await.err().context("denied")?;
    let told = output.text();
    check(
        "vault",
        &(told + &all_of(&vault.registry) + &all_of(&stranger.registry)),
        &[
            "trying again",
            "stale",
            "503",
            "403",
            "fallback failed",
            "trace-7",
        ],
    );
    Ok(())
}

type Session = RunningService<RoleClient, ()>;

async fn connect(url: &str) -> Result<Session> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(CANARY);
    let transport = StreamableHttpClientTransport::with_client(http, config);
    Ok(().serve(transport).await?)
}

struct Tools {
    url: String,
    session: Session,
    registry: Registry,
}

impl Tools {
    #[mcp_resilient(
        registry = &self.registry,
        retry(max_attempts = 2, base_delay = "1ms", exhausted = "wrap"),
        rate_limit(requests_per_minute = 1_000, key = arguments.to_string()),
        timeout = "3s",
        idempotent,
        classify_ok = tool_error,
        reconnect = Self::renew
    )]
    async fn call(&self, tool: &str, arguments: &Value) -> Result<CallToolResult, BoxError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        Ok(self.session.call_tool(call).await?)
    }

    async fn renew(&self, _: &str, _: &Value) -> Result<(), BoxError> {
        connect(&self.url).await?;
        Ok(())
    }
}

async fn at_tools(output: &Output) -> Result<()> {
    let before = output.text().len();
    let mut server = McpOrders::start().await?;
    let url = format!("{}?api_key={CANARY}", server.url());
    let tools = Tools {
        session: connect(&url).await?,
        url,
        registry: Registry::new(),
    };
    let placed = tools.call("place_order", &json!({"item": CANARY})).await;
    let placed = placed.map_err(anyhow::Error::from_boxed)?;
    assert!(format!("{placed:?}").contains(CANARY));
    let failed = tools.call(CANARY, &json!({"item": CANARY})).await;
    let failed = failed.map_err(anyhow::Error::from_boxed)?;
    assert_eq!(failed.is_error, Some(true));
    let late = json!({"seconds": 600, "name": CANARY});
    let late = tools.call("slow", &late).await.err().context("late")?;
    check("late", &told_by(&late)?, &["gave up"]);

    server.kill_hard().await;
    let down = tools.call("orders", &json!({"secret": CANARY})).await;
    let down = down.err().context("down")?;
    assert!(sings(&down), "reqwest shows URLs: {down:?}");
    check("down", &told_by(&down)?, &["gave up"]);
    let told = output.text()[before..].to_owned();
    check(
        "tools",
        &(told + &all_of(&tools.registry)),
        &["trying again", "Timeout", "connect"],
    );
    Ok(())
}

#[tokio::test]
async fn no_server_makes_us_sing() -> Result<()> {
    let output = Output::default();
    let _listening = output.listen();
    at_a_vault(&output).await?;
    at_tools(&output).await
}
