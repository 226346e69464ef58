//! Arguments, results and the texts of errors are never logged.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use resilience_runtime::{
    BoxError, Classify, Registry, ResilienceError, ServiceKind, Verdict, resilient,
};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::capture::CaptureGuard;

const CANARY: &str = "tweet-1f0c";

/// Prints its secret in `Display` and in `Debug`.
#[derive(Clone)]
struct Secret(Verdict);

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://api.example/?key={CANARY}")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({CANARY})")
    }
}

impl Error for Secret {}

#[derive(Debug, thiserror::Error)]
enum LeakyError {
    #[error("leaky: {0}")]
    Remote(#[from] Secret),
    #[error(transparent)]
    Local(#[from] ResilienceError),
}

impl Classify for LeakyError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Remote(secret) => secret.0,
            Self::Local(error) => error.classify(),
        }
    }
}

#[derive(Clone, Default)]
pub struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
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

impl Output {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[resilient(
    service = "api",
    idempotent,
    retry(max_attempts = 2, base_delay = "1ms", exhausted = "wrap"),
    circuit_breaker(failure_threshold = 4),
    rate_limit(requests_per_minute = 5, key = token),
    bulkhead(max_concurrent = 1),
    fallback(cache(key = token, ttl = "1m"), call = backup, on = "any")
)]
async fn ask(token: &str, verdict: Verdict) -> Result<String, LeakyError> {
    if verdict == Verdict::unclassified() {
        return Ok(token.to_owned());
    }
    Err(Secret(verdict).into())
}

async fn backup(_: &str, verdict: Verdict) -> Result<String, LeakyError> {
    Err(Secret(verdict).into())
}

#[resilient(service = "unclassified", fallback(registered))]
async fn unclassified(token: &str) -> anyhow::Result<String> {
    Err(anyhow::anyhow!("{token}").context(CANARY))
}

#[tokio::test(start_paused = true)]
async fn arguments_results_and_error_texts_are_never_logged() {
    let output = Output::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(output.clone())
        .finish();
    let _guard = CaptureGuard::with(subscriber);

    let registry = Registry::new();
    registry.register_fallback::<String>("unclassified", |_| async {
        Err::<String, BoxError>(CANARY.into())
    });
    let mut errors = Vec::new();
    let calls = async {
        ask(CANARY, Verdict::unclassified()).await.unwrap();
        let verdicts = [
            Verdict::transient(),
            Verdict::outcome_unknown(),
            Verdict::throttled(None),
            Verdict::permanent(),
        ];
        for (index, verdict) in verdicts.into_iter().cycle().take(24).enumerate() {
            let token = format!("{CANARY}-{}", index % 3);
            if let Err(LeakyError::Local(error)) = ask(&token, verdict).await {
                errors.push(error);
            }
        }
        let _ = unclassified(CANARY).await;
    };
    registry.scope(calls).await;

    let text = output.text();
    assert!(text.contains("resilience.call"), "calls are logged: {text}");
    assert!(text.contains("attempt failed, trying again"), "{text}");
    assert!(text.contains("no rule knows this error"), "{text}");
    assert!(!text.contains(CANARY), "{text}");

    let failed = |error: &ResilienceError| matches!(error, ResilienceError::FallbackFailed { .. });
    assert!(errors.iter().any(failed), "{errors:?}");
    for error in &errors {
        let printed = format!("{error} {error:?} {error:#?}");
        assert!(!printed.contains(CANARY), "{printed}");
    }
    // The texts stay reachable through `source`.
    let error = errors.iter().find(|error| failed(error)).unwrap();
    let mut source = error.source();
    let mut texts = Vec::new();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    assert!(texts.iter().any(|text| text.contains(CANARY)));

    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let printed = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {}",
        registry,
        registry.stats(),
        api,
        api.config(),
        api.circuit_breaker(),
        api.rate_limiter(),
        serde_json::to_string(&registry.stats()).unwrap(),
    );
    assert!(!printed.contains(CANARY), "{printed}");
}
