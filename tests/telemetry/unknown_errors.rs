//! An error that no rule knows, where that keeps retries from happening: said once, and to be seen.

use resilience_runtime::{Registry, ResilienceError, ServiceKind, Verdict, resilient};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;

#[derive(Debug, thiserror::Error)]
enum Strange {
    #[error("strange")]
    Strange,
    #[error(transparent)]
    Local(#[from] ResilienceError),
}

macro_rules! strange {
    ($($name:ident($($args:tt)*);)*) => { $(
        #[resilient(service = "api", circuit_breaker = off, $($args)*)]
        async fn $name() -> Result<u8, Strange> {
            Err(Strange::Strange)
        }
    )* };
}

fn known(_: &Strange) -> Verdict {
    Verdict::outcome_unknown()
}

strange! {
    silent();
    other();
    idempotent_one(idempotent);
    classified(classify = known);
    decided(retry(retry_if = |_: &Strange| false));
    without_retries(retry = off);
}

const MESSAGE: &str = "no rule knows this error";

#[tokio::test(start_paused = true)]
async fn it_is_said_once_for_each_function_and_stands_in_the_configuration() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let registry = Registry::new();
    let warnings = || {
        let mut heard = capture.ours();
        heard.retain(|heard| heard.what.starts_with(MESSAGE));
        heard
    };
    for _ in 0..5 {
        registry.scope(silent()).await.unwrap_err();
    }
    let heard = warnings();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].level, Level::WARN);
    assert_eq!(heard[0].field("service"), "api");
    assert!(heard[0].field("function").ends_with("::silent"));
    assert!(heard[0].field("error_type").ends_with("Strange"));
    registry.scope(other()).await.unwrap_err();
    assert_eq!(warnings().len(), 2);

    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let functions = api.config().functions;
    let seen = functions.iter().map(|function| function.unretried_error);
    assert!(seen.flatten().all(|name| name.ends_with("Strange")));
    assert_eq!(functions.len(), 2);
    assert!(functions[0].unretried_error.is_some());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_said_where_somebody_decided() {
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
            .all(|heard| !heard.what.starts_with(MESSAGE))
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
