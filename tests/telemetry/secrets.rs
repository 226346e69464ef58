//! What must never be told: arguments, results, and the texts of errors.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use resilience_runtime::{
    BoxError, Classify, Registry, ResilienceError, ServiceKind, Verdict, resilient,
};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::capture::Listening;

const CANARY: &str = "tweet-1f0c";

/// Tells its secret in `Display` and in `Debug`.
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
enum LoudError {
    #[error("loud: {0}")]
    Remote(#[from] Secret),
    #[error(transparent)]
    Local(#[from] ResilienceError),
}

impl Classify for LoudError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Remote(secret) => secret.0,
            Self::Local(error) => error.classify(),
        }
    }
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

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
    fn text(&self) -> String {
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
async fn ask(token: &str, verdict: Verdict) -> Result<String, LoudError> {
    if verdict == Verdict::unclassified() {
        return Ok(token.to_owned());
    }
    Err(Secret(verdict).into())
}

async fn backup(_: &str, verdict: Verdict) -> Result<String, LoudError> {
    Err(Secret(verdict).into())
}

#[resilient(service = "strange", fallback(registered))]
async fn strange(token: &str) -> anyhow::Result<String> {
    Err(anyhow::anyhow!("{token}").context(CANARY))
}

#[tokio::test(start_paused = true)]
async fn a_canary_in_arguments_results_and_errors_is_never_heard() {
    let output = Output::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(output.clone())
        .finish();
    let _guard = Listening::with(subscriber);

    let registry = Registry::new();
    registry.register_fallback::<String>("strange", |_| async {
        Err::<String, BoxError>(CANARY.into())
    });
    let mut ours = Vec::new();
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
            if let Err(LoudError::Local(error)) = ask(&token, verdict).await {
                ours.push(error);
            }
        }
        let _ = strange(CANARY).await;
    };
    registry.scope(calls).await;

    let text = output.text();
    assert!(text.contains("resilience.call"), "it hears: {text}");
    assert!(text.contains("attempt failed, trying again"), "{text}");
    assert!(text.contains("no rule knows this error"), "{text}");
    assert!(!text.contains(CANARY), "{text}");

    let failed = |error: &ResilienceError| matches!(error, ResilienceError::FallbackFailed { .. });
    assert!(ours.iter().any(failed), "{ours:?}");
    for error in &ours {
        let told = format!("{error} {error:?} {error:#?}");
        assert!(!told.contains(CANARY), "{told}");
    }
    // Whoever wants the text walks the sources.
    let error = ours.iter().find(|error| failed(error)).unwrap();
    let mut source = error.source();
    let mut texts = Vec::new();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    assert!(texts.iter().any(|text| text.contains(CANARY)));

    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let told = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {}",
        registry,
        registry.stats(),
        api,
        api.config(),
        api.circuit_breaker(),
        api.rate_limiter(),
        serde_json::to_string(&registry.stats()).unwrap(),
    );
    assert!(!told.contains(CANARY), "{told}");
}
