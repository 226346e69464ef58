//! An unclassified error that prevents retries is logged once and shown in the configuration.

use resilience_runtime::{Registry, ResilienceError, ServiceKind, Verdict, resilient};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;

#[derive(Debug, thiserror::Error)]
enum UnknownError {
    #[error("unknown")]
    Remote,
    #[error(transparent)]
    Local(#[from] ResilienceError),
}

macro_rules! functions {
    ($($name:ident($($args:tt)*);)*) => { $(
        #[resilient(service = "api", circuit_breaker = off, $($args)*)]
        async fn $name() -> Result<u8, UnknownError> {
            Err(UnknownError::Remote)
        }
    )* };
}

fn known(_: &UnknownError) -> Verdict {
    Verdict::outcome_unknown()
}

functions! {
    default_rules();
    default_rules_too();
    idempotent_one(idempotent);
    classified(classify = known);
    decided(retry(retry_if = |_: &UnknownError| false));
    without_retries(retry = off);
}

const MESSAGE: &str = "no rule knows this error";

#[tokio::test(start_paused = true)]
async fn unclassified_error_is_logged_once_for_each_function() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let registry = Registry::new();
    let warnings = || {
        let mut captured = capture.ours();
        captured.retain(|captured| captured.name.starts_with(MESSAGE));
        captured
    };
    for _ in 0..5 {
        registry.scope(default_rules()).await.unwrap_err();
    }
    let captured = warnings();
    assert_eq!(captured.len(), 1);
    assert_eq!(captured[0].level, Level::WARN);
    assert_eq!(captured[0].field("service"), "api");
    assert!(captured[0].field("function").ends_with("::default_rules"));
    assert!(captured[0].field("error_type").ends_with("UnknownError"));
    registry.scope(default_rules_too()).await.unwrap_err();
    assert_eq!(warnings().len(), 2);

    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let functions = api.config().functions;
    let seen = functions.iter().map(|function| function.unretried_error);
    assert!(seen.flatten().all(|name| name.ends_with("UnknownError")));
    assert_eq!(functions.len(), 2);
    assert!(functions[0].unretried_error.is_some());
}

#[tokio::test(start_paused = true)]
async fn unclassified_error_is_not_logged_where_the_retry_is_decided() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let registry = Registry::new();
    let calls = async {
        idempotent_one().await.unwrap_err();
        classified().await.unwrap_err();
        decided().await.unwrap_err();
        without_retries().await.unwrap_err();
    };
    registry.scope(calls).await;
    assert!(
        capture
            .ours()
            .iter()
            .all(|captured| !captured.name.starts_with(MESSAGE))
    );
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let functions = api.config().functions;
    assert_eq!(functions.len(), 4);
    assert!(
        functions
            .iter()
            .all(|function| function.unretried_error.is_none())
    );
}
