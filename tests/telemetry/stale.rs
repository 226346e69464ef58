//! Logs of caches: a stale value, and never a key or a value.

use std::time::Duration;

use resilience_runtime::{
    BoxError, Cache, CacheConfig, Classify, Registry, ResilienceError, ServiceKind, Verdict,
    resilient, verdict::ErrorCode, verdict::Reason,
};
use secrecy::SecretString;
use tokio::time::advance;
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;

const CANARY: &str = "tweet-7b1e";

#[derive(Debug)]
struct Failed(Verdict);

impl From<ResilienceError> for Failed {
    fn from(error: ResilienceError) -> Self {
        Self(error.classify())
    }
}

impl Classify for Failed {
    fn classify(&self) -> Verdict {
        self.0
    }
}

#[resilient(service = "api", retry = off, cache(key = token, ttl = "1m"), correlation_id = "trace-7")]
async fn ask(token: &str, fails: Option<Verdict>) -> Result<String, Failed> {
    match fails {
        None => Ok(token.to_owned()),
        Some(verdict) => Err(Failed(verdict)),
    }
}

fn unavailable() -> Verdict {
    Verdict::transient().with_code(ErrorCode::Http(503))
}

#[tokio::test(start_paused = true)]
async fn stale_value_is_logged_with_class_code_and_age() {
    let (capture, _guard) = Capture::of(LevelFilter::DEBUG);
    let calls = async {
        ask("a", None).await.unwrap();
        ask("a", None).await.unwrap();
        advance(Duration::from_secs(126)).await;
        // After a call, and at once.
        ask("a", Some(unavailable())).await.unwrap();
        ask("a", Some(unavailable())).await.unwrap();
    };
    Registry::new().scope(calls).await;
    let logged = capture.events("served stale value");
    assert_eq!(logged.len(), 2);
    for logged in logged {
        assert_eq!(logged.level, Level::WARN);
        assert_eq!(logged.field("service"), "api");
        assert_eq!(logged.field("class"), "transient");
        assert_eq!(logged.field("code"), "http:503");
        assert_eq!(logged.field("correlation_id"), "trace-7");
        let age: u64 = logged.field("stale_age_ms").parse().unwrap();
        assert!((60_000..=72_000).contains(&age), "{age}");
    }
    // Hits are not calls, so they are not logged.
    assert_eq!(capture.spans("resilience.call").len(), 2);
    let above_debug = |level: &Level| *level < Level::DEBUG;
    let others = capture
        .ours()
        .into_iter()
        .filter(|captured| above_debug(&captured.level));
    let others: Vec<String> = others.map(|captured| captured.name).collect();
    assert_eq!(
        others,
        ["call failed", "served stale value", "served stale value"]
    );
}

#[tokio::test(start_paused = true)]
async fn cache_keys_and_values_are_never_logged() {
    let (capture, guard) = Capture::of(LevelFilter::TRACE);
    let registry = Registry::new();
    let by_hand = Cache::<SecretString>::new("vault", CacheConfig::default()).unwrap();
    let mut errors = Vec::new();
    let calls = async {
        let fails = [
            None,
            Some(unavailable()),
            Some(Verdict::permanent().because(Reason::NotFound)),
            Some(Verdict::permanent().because(Reason::Denied)),
        ];
        for (turn, fails) in fails.into_iter().cycle().take(16).enumerate() {
            let token = format!("{CANARY}-{}", turn % 3);
            let (a, b) = tokio::join!(ask(&token, fails), ask(&token, fails));
            errors.extend(a.err());
            errors.extend(b.err());
            advance(Duration::from_secs(50)).await;
        }
        for fails in [false, true, true] {
            let load = || async move {
                if fails {
                    return Err(BoxError::from(std::io::Error::other(CANARY)));
                }
                Ok(SecretString::from(CANARY))
            };
            let _ = by_hand.get_or_load(CANARY, load).await;
            advance(Duration::from_secs(400)).await;
        }
    };
    registry.scope(calls).await;
    drop(guard);

    let captured = format!("{:?}", capture.all());
    assert!(captured.contains("served stale value"), "{captured}");
    assert!(captured.contains("vault"), "{captured}");
    assert!(!captured.contains(CANARY), "{captured}");
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let logged = format!(
        "{by_hand:?} {api:?} {:?} {:?} {registry:?} {errors:?}",
        api.config(),
        api.stats()
    );
    assert!(!logged.contains(CANARY), "{logged}");
}
