//! What must never be told: one error of each client, with a canary in every text that it has, goes through retries,
//! fallbacks and wrapping, with a canary in every argument; nothing that comes out of it may sing.
//!
//! A binary of its own: what is known of a callsite of `tracing` is shared by all threads.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};

use resilience_runtime::{BoxError, Registry, database_resilient, llm_resilient};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

const CANARY: &str = "tweet-7d41";

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
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

type Make = Box<dyn Fn() -> BoxError + Send + Sync>;

fn secret() -> String {
    format!("postgres://admin:{CANARY}@db.example/?api_key={CANARY}")
}

/// One error of each client, as it is and with its texts full of secrets.
async fn errors() -> Vec<(&'static str, Make)> {
    let refused = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client")
        .get(format!("http://127.0.0.1:1/?api_key={CANARY}"))
        .send()
        .await
        .expect_err("it fails");
    assert!(refused.to_string().contains(CANARY), "reqwest shows URLs");
    let refused = Arc::new(refused);
    let config = format!("host=127.0.0.1 port=1 password={CANARY}");
    let unreachable = tokio_postgres::connect(&config, tokio_postgres::NoTls)
        .await
        .err()
        .expect("nobody listens");
    let unreachable = Arc::new(unreachable);

    fn boxed<E: Error + Send + Sync + 'static>(
        make: impl Fn() -> E + Send + Sync + 'static,
    ) -> Make {
        Box::new(move || make().into())
    }
    vec![
        ("std", boxed(|| io::Error::other(secret()))),
        ("text", Box::new(|| secret().into()) as Make),
        ("reqwest", boxed(move || Arc::clone(&refused))),
        (
            "async-openai",
            boxed(|| {
                use async_openai::error::{ApiError, ApiErrorResponse, OpenAIError};
                OpenAIError::ApiError(ApiErrorResponse {
                    status_code: reqwest::StatusCode::TOO_MANY_REQUESTS,
                    api_error: ApiError {
                        message: format!("{} try again in 5ms", secret()),
                        r#type: Some(secret()),
                        code: Some(secret()),
                        ..ApiError::default()
                    },
                })
            }),
        ),
        ("sqlx", boxed(|| sqlx_core::Error::Protocol(secret()))),
        ("sqlx", boxed(|| sqlx_core::Error::Decode(secret().into()))),
        ("tokio-postgres", boxed(move || Arc::clone(&unreachable))),
        (
            "redis",
            boxed(|| {
                let kind = redis::ErrorKind::Server(redis::ServerErrorKind::ResponseError);
                redis::RedisError::from((kind, "An error was signalled by the server", secret()))
            }),
        ),
        (
            "rmcp",
            boxed(|| {
                let data = serde_json::json!({ "token": secret() });
                let error = rmcp::ErrorData::internal_error(secret(), Some(data));
                rmcp::ServiceError::McpError(error)
            }),
        ),
        (
            "vaultrs",
            boxed(|| vaultrs::error::ClientError::APIError {
                code: 503,
                errors: vec![secret()],
            }),
        ),
        (
            "aws",
            boxed(|| {
                let metadata = aws_smithy_types::error::ErrorMetadata::builder();
                let metadata = metadata.code(secret()).message(secret()).build();
                aws_smithy_runtime_api::client::result::SdkError::service_error(metadata, 400_u16)
            }),
        ),
        ("tonic", boxed(|| tonic::Status::unavailable(secret()))),
        (
            "deadpool",
            boxed(|| deadpool::managed::PoolError::Backend(io::Error::other(secret()))),
        ),
        (
            "bb8",
            boxed(|| bb8::RunError::User(io::Error::other(secret()))),
        ),
        (
            "rusqlite",
            boxed(|| {
                let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                rusqlite::Error::SqliteFailure(busy, Some(secret()))
            }),
        ),
        (
            "anyhow",
            Box::new(|| {
                anyhow::Error::new(io::Error::other(secret()))
                    .context(secret())
                    .into()
            }),
        ),
    ]
}

async fn also_fails(prompt: &str, _make: &Make) -> Result<String, BoxError> {
    Err(format!("no other model for {prompt}").into())
}

#[llm_resilient(
    retry(max_attempts = 2, base_delay = "1ms", exhausted = "wrap"),
    rate_limit(requests_per_minute = 1_000, key = prompt),
    fallback = also_fails
)]
async fn ask(prompt: &str, make: &Make) -> Result<String, BoxError> {
    let _ = prompt;
    Err(make())
}

async fn happened(_statement: &str, make: &Make) -> Result<Option<String>, BoxError> {
    Err(make())
}

#[database_resilient(retry(max_attempts = 2, base_delay = "1ms", max_delay = "1ms"), verify = happened)]
async fn query(statement: &str, make: &Make) -> Result<String, BoxError> {
    let _ = statement;
    Err(make())
}

#[tokio::test]
async fn no_client_makes_us_sing() {
    let output = Output::default();
    let ours = tracing_subscriber::filter::FilterFn::new(|metadata| {
        metadata.target().starts_with("resilience")
    });
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(output.clone());
    let subscriber = tracing_subscriber::registry()
        .with(LevelFilter::TRACE)
        .with(ours)
        .with(layer);
    let _listening = tracing::subscriber::set_default(subscriber);

    for (client, make) in errors().await {
        let before = output.text().len();
        let registry = Registry::new();
        let calls = async {
            let prompt = format!("prompt {CANARY}");
            let failed = ask(&prompt, &make).await.expect_err("it fails");
            // Debug withholds the errors inside; Display names the service and the strategy alone.
            let told = format!("{failed} {failed:?}");
            assert!(!told.contains(CANARY), "{client}: {told}");
            let _ = query(&prompt, &make).await.expect_err("it fails");
        };
        registry.scope(calls).await;
        let mut told = output.text()[before..].to_owned();
        for service in registry.services() {
            let _ = write!(told, "{:?} {:?}", service.stats(), service.config());
        }
        let _ = write!(told, "{registry:?}");
        assert!(told.contains("fallback failed"), "{client}: {told}");
        assert!(!told.contains(CANARY), "{client}: {told}");
    }
}
