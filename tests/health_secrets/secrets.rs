//! Never shown: the texts of errors, addresses and headers.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use resilience_runtime::{
    ResilienceError, health::DatabaseHealthChecker, health::HealthCheck, health::HealthChecker,
    health::HealthEndpoint, health::HealthFuture, health::TcpHealthChecker,
};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::remote::{immediate, monitor, seconds};

const CANARY: &str = "tweet-1f0c";

/// Prints its secret in `Display` and in `Debug`.
struct LeakyError;

impl fmt::Display for LeakyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://admin:{CANARY}@db")
    }
}

impl fmt::Debug for LeakyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeakyError({CANARY})")
    }
}

impl Error for LeakyError {}

struct ByHand;

impl HealthChecker for ByHand {
    fn check(&self) -> HealthFuture<'_> {
        Box::pin(async { Err(CANARY.into()) })
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

#[tokio::test(start_paused = true)]
async fn error_texts_and_addresses_are_never_shown() {
    let output = Output::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(output.clone())
        .finish();
    let _default = tracing::subscriber::set_default(subscriber);

    let monitor = monitor(immediate());
    let database = DatabaseHealthChecker::new("database", || async { Err::<(), _>(LeakyError) });
    // A name that cannot be looked up: no socket is opened.
    let tcp = TcpHealthChecker::new("tcp", format!("{CANARY} no address"));
    let mut shown = format!("{database:?} {tcp:?}");
    monitor.add_checker("database", database).unwrap();
    monitor.add_checker("tcp", tcp).unwrap();
    monitor.add_checker("by-hand", ByHand).unwrap();
    monitor
        .add_checker("text", || async { Err::<(), _>(CANARY) })
        .unwrap();
    let panics = || async {
        if CANARY.is_empty() {
            Ok::<_, LeakyError>(())
        } else {
            panic!("{CANARY}")
        }
    };
    monitor.add_checker("panic", panics).unwrap();
    let check = HealthCheck::new(|| async { Err::<(), _>(LeakyError) }).depends_on(["database"]);
    shown += &format!("{check:?}");
    monitor.add_checker("dependent", check).unwrap();
    let endpoint = HealthEndpoint::new(&monitor, "1.0.0");
    let monitoring = monitor.start_monitoring().unwrap();
    seconds(25.0).await;

    shown += &String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    for captured in [
        "health check failed",
        "health degraded",
        "secrets::LeakyError",
        "cause=\"panicked\"",
    ] {
        assert!(shown.contains(captured), "{captured}: {shown}");
    }
    let health = endpoint.get_health().await;
    shown += &format!("{monitor:?} {monitoring:?} {endpoint:?} {health:?} {health:#?}");
    shown += &format!("{:?}", monitor.subscribe().borrow());
    shown += &serde_json::to_string(&health).unwrap();
    shown += &serde_json::to_string(&monitor.get_all_health()).unwrap();
    for name in ["database", "by-hand", "text", "panic", "dependent"] {
        let error = monitor.require(name).await.unwrap_err();
        assert!(matches!(error, ResilienceError::HealthCheckFailed { .. }));
        shown += &format!("{error} {error:?} {error:#?}");
    }
    assert!(!shown.contains(CANARY), "{shown}");
}
