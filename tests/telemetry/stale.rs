//! What is told of caches: a stale answer, and never a key or a value.

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
async fn a_stale_answer_is_told_with_its_cause_and_age() {
    let (capture, _listening) = Capture::of(LevelFilter::DEBUG);
    let calls = async {
        ask("a", None).await.unwrap();
        ask("a", None).await.unwrap();
        advance(Duration::from_secs(126)).await;
        // After a call, and at once.
        ask("a", Some(unavailable())).await.unwrap();
        ask("a", Some(unavailable())).await.unwrap();
    };
    Registry::new().scope(calls).await;
    let told = capture.events("served stale value");
    assert_eq!(told.len(), 2);
    for told in told {
        assert_eq!(told.level, Level::WARN);
        assert_eq!(told.field("service"), "api");
        assert_eq!(told.field("class"), "transient");
        assert_eq!(told.field("code"), "http:503");
        assert_eq!(told.field("correlation_id"), "trace-7");
        let age: u64 = told.field("stale_age_ms").parse().unwrap();
        assert!((60_000..=72_000).contains(&age), "{age}");
    }
    // Hits are no calls, so they are not told.
    assert_eq!(capture.spans("resilience.call").len(), 2);
    let loud = |level: &Level| *level < Level::DEBUG;
    let others = capture
        .ours()
        .into_iter()
        .filter(|heard| loud(&heard.level));
    let others: Vec<String> = others.map(|heard| heard.what).collect();
    assert_eq!(
        others,
        ["call failed", "served stale value", "served stale value"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_canary_in_keys_and_values_is_never_heard() {
    let (capture, listening) = Capture::of(LevelFilter::TRACE);
    let registry = Registry::new();
    let by_hand = Cache::<SecretString>::new("vault", CacheConfig::default()).unwrap();
    let mut ours = Vec::new();
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
            ours.extend(a.err());
            ours.extend(b.err());
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
    drop(listening);

    let heard = format!("{:?}", capture.all());
    assert!(heard.contains("served stale value"), "{heard}");
    assert!(heard.contains("vault"), "{heard}");
    assert!(!heard.contains(CANARY), "{heard}");
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let told = format!(
        "{by_hand:?} {api:?} {:?} {:?} {registry:?} {ours:?}",
        api.config(),
        api.stats()
    );
    assert!(!told.contains(CANARY), "{told}");
}
