//! What becomes of reads of secrets behind the attribute with the AWS SDK: against moto, and where that cannot refuse as
//! AWS does, against a few lines that answer as AWS does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use resilience_peers::{FaultProxy, Moto};
use resilience_runtime::{
    Classify, Registry, ResilienceError, ServiceKind, secret_resilient, telemetry::ServiceStats,
    verdict::ErrorCode, verdict::Reason,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[allow(clippy::large_enum_variant, reason = "errors are few")]
#[derive(Debug, thiserror::Error, Classify)]
enum Unread {
    #[error("AWS")]
    Aws(#[from] SdkError<GetSecretValueError>),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

struct Secrets {
    client: Client,
    registry: Registry,
}

impl Secrets {
    /// Without retries of the SDK, as the guide says.
    fn at(url: &str) -> Self {
        Self::with(url, RetryConfig::disabled())
    }

    fn with(url: &str, retry: RetryConfig) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(url)
            .retry_config(retry);
        Self {
            client: Client::from_conf(config.build()),
            registry: Registry::new(),
        }
    }

    #[secret_resilient(
        service = "aws",
        registry = &self.registry,
        client_retries = off,
        retry(max_attempts = 4, base_delay = "10ms", max_delay = "50ms")
    )]
    async fn read(&self, name: &str) -> Result<Option<String>, Unread> {
        let secret = self
            .client
            .get_secret_value()
            .secret_id(name)
            .send()
            .await?;
        Ok(secret.secret_string)
    }

    fn stats(&self) -> Result<ServiceStats> {
        Ok(self.registry.service("aws", ServiceKind::Secret)?.stats())
    }
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_once() -> Result<()> {
    let moto = Moto::start().await?;
    moto.create_secret("db", "s3cret").await?;
    let secrets = Secrets::at(&moto.url());
    assert_eq!(secrets.read("db").await?.as_deref(), Some("s3cret"));
    let missing = secrets.read("nope").await.err().context("not there")?;
    let verdict = missing.classify();
    assert_eq!(verdict.reason(), Some(Reason::NotFound));
    let code = ErrorCode::Name("ResourceNotFoundException");
    assert_eq!(verdict.code(), Some(code));
    assert_eq!(moto.recorded().await?.of("404"), 1);
    Ok(())
}

#[tokio::test]
async fn one_that_cannot_be_reached_is_asked_until_it_can() -> Result<()> {
    let moto = Moto::start().await?;
    moto.create_secret("db", "s3cret").await?;
    let proxy = FaultProxy::to(moto.address()).await?;
    let secrets = Secrets::at(&proxy.url());
    proxy.refuse().await;
    let (secret, ()) = tokio::join!(secrets.read("db"), async {
        while secrets
            .stats()
            .is_ok_and(|stats| stats.failures.transient < 1)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        proxy.listen().expect("it was its own port");
    });
    assert_eq!(secret?.as_deref(), Some("s3cret"));
    assert_eq!(proxy.connections(), 1);
    Ok(())
}

/// Answers 400 with this code so many times, as AWS does, and then with a secret. Counts the requests.
async fn refusing(code: &'static str, times: usize) -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let refuse = count.fetch_add(1, Ordering::SeqCst) < times;
            let _ = answer(stream, refuse.then_some(code)).await;
        }
    });
    Ok((url, asked))
}

/// One request, of which only the end is looked for, and one answer.
async fn answer(mut stream: TcpStream, code: Option<&str>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        if stream.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    let (status, body) = match code {
        Some(code) => (
            400,
            format!(r#"{{"__type":"{code}","message":"Rate exceeded"}}"#),
        ),
        None => (200, r#"{"Name":"db","SecretString":"at last"}"#.to_owned()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await
}

#[tokio::test]
async fn throttling_is_known_by_its_code_though_the_status_is_400() -> Result<()> {
    let (url, asked) = refusing("ThrottlingException", 2).await?;
    let secrets = Secrets::at(&url);
    assert_eq!(secrets.read("db").await?.as_deref(), Some("at last"));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    let stats = secrets.stats()?;
    assert_eq!(stats.failures.throttled, 2, "{stats:?}");
    assert_eq!(stats.circuit.consecutive_failures, 0);
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_denied_is_made_once_with_the_same_status() -> Result<()> {
    let (url, asked) = refusing("AccessDeniedException", 1).await?;
    let denied = Secrets::at(&url).read("db").await;
    let verdict = denied.err().context("denied")?.classify();
    assert_eq!(verdict.reason(), Some(Reason::Denied));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    Ok(())
}

/// And what happens to those who did not read the guide.
#[tokio::test]
async fn an_attempt_is_a_request_once_the_sdk_does_not_retry() -> Result<()> {
    let (url, asked) = refusing("ThrottlingException", usize::MAX).await?;
    assert!(Secrets::at(&url).read("db").await.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 4);

    let (url, asked) = refusing("ThrottlingException", usize::MAX).await?;
    let hasty = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let secrets = Secrets::with(&url, hasty);
    assert!(secrets.read("db").await.is_err());
    let requests = u64::try_from(asked.load(Ordering::SeqCst))?;
    let attempts = secrets.stats()?.attempts;
    assert!(
        requests > attempts,
        "{requests} requests, {attempts} attempts"
    );
    Ok(())
}
