//! What must never be told: the texts of errors, addresses and headers.

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

use crate::remote::{jumpy, monitor, seconds};

const CANARY: &str = "tweet-1f0c";

/// Tells its secret in `Display` and in `Debug`.
struct Loud;

impl fmt::Display for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://admin:{CANARY}@db")
    }
}

impl fmt::Debug for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loud({CANARY})")
    }
}

impl Error for Loud {}

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
async fn a_canary_in_errors_and_addresses_is_never_heard() {
    let output = Output::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(output.clone())
        .finish();
    let _default = tracing::subscriber::set_default(subscriber);

    let monitor = monitor(jumpy());
    let database = DatabaseHealthChecker::new("database", || async { Err::<(), _>(Loud) });
    // A name that cannot be looked up: no socket is opened.
    let tcp = TcpHealthChecker::new("tcp", format!("{CANARY} no address"));
    let mut told = format!("{database:?} {tcp:?}");
    monitor.add_checker("database", database).unwrap();
    monitor.add_checker("tcp", tcp).unwrap();
    monitor.add_checker("by-hand", ByHand).unwrap();
    monitor
        .add_checker("text", || async { Err::<(), _>(CANARY) })
        .unwrap();
    let panics = || async {
        if CANARY.is_empty() {
            Ok::<_, Loud>(())
        } else {
            panic!("{CANARY}")
        }
    };
    monitor.add_checker("panic", panics).unwrap();
    let check = HealthCheck::new(|| async { Err::<(), _>(Loud) }).depends_on(["database"]);
    told += &format!("{check:?}");
    monitor.add_checker("dependent", check).unwrap();
    let endpoint = HealthEndpoint::new(&monitor, "1.0.0");
    let monitoring = monitor.start_monitoring().unwrap();
    seconds(25.0).await;

    told += &String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    for heard in [
        "health check failed",
        "health degraded",
        "secrets::Loud",
        "cause=\"panicked\"",
    ] {
        assert!(told.contains(heard), "{heard}: {told}");
    }
    let health = endpoint.get_health().await;
    told += &format!("{monitor:?} {monitoring:?} {endpoint:?} {health:?} {health:#?}");
    told += &format!("{:?}", monitor.subscribe().borrow());
    told += &serde_json::to_string(&health).unwrap();
    told += &serde_json::to_string(&monitor.get_all_health()).unwrap();
    for name in ["database", "by-hand", "text", "panic", "dependent"] {
        let error = monitor.require(name).await.unwrap_err();
        assert!(matches!(error, ResilienceError::HealthCheckFailed { .. }));
        told += &format!("{error} {error:?} {error:#?}");
    }
    assert!(!told.contains(CANARY), "{told}");
}
