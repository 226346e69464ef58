//! Services that fall ill and recover, and what the application says of itself meanwhile.
//! `cargo run --example health`

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, ServiceKind, health::DatabaseHealthChecker, health::HealthCheck,
    health::HealthEndpoint, health::HealthMonitorConfig, health::HealthStatus,
    health::ServiceHealthChecker, health::ServiceHealthMonitor,
};

/// In place of a connection pool.
#[derive(Clone)]
struct Database(Arc<AtomicBool>);

impl Database {
    async fn ping(&self) -> io::Result<()> {
        match self.0.load(Ordering::Relaxed) {
            true => Ok(()),
            // What the error says stays inside: nothing that is printed below holds it.
            false => Err(io::Error::other("postgres://admin:hunter2@db refused")),
        }
    }

    fn is_well(&self, well: bool) {
        self.0.store(well, Ordering::Relaxed);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let registry = Registry::new();
    let orders = registry.service("orders", ServiceKind::Database)?;
    let openai = registry.service("openai", ServiceKind::Llm)?;
    let database = Database(Arc::new(AtomicBool::new(true)));

    // In an application: `HealthMonitorConfig::from_env()?`, and intervals of seconds.
    let monitor = ServiceHealthMonitor::new(
        HealthMonitorConfig::default()
            .interval(Duration::from_millis(20))
            .timeout(Duration::from_secs(1)),
    )?;
    let pool = database.clone();
    let ping = DatabaseHealthChecker::new("orders", move || {
        let pool = pool.clone();
        async move { pool.ping().await }
    });
    // While it is down, calls are rejected at once instead of waiting for it.
    monitor.add_checker("orders", HealthCheck::new(ping).trips(&orders))?;
    let search = || async { Ok::<_, io::Error>(()) };
    let search = HealthCheck::new(search).depends_on(["orders"]);
    monitor.add_checker("search", search.critical(false))?;
    monitor.add_checker("openai", ServiceHealthChecker::new(&openai))?;

    let endpoint = HealthEndpoint::new(&monitor, env!("CARGO_PKG_VERSION"));
    let mut changes = monitor.subscribe();
    let monitoring = monitor.start_monitoring()?;
    let mut until = async |status: HealthStatus| {
        let wait = changes.wait_for(|now| now.overall == status);
        tokio::time::timeout(Duration::from_secs(10), wait)
            .await
            .map(drop)
    };

    until(HealthStatus::Healthy).await?;
    tell(&endpoint).await?;

    database.is_well(false);
    until(HealthStatus::Unhealthy).await?;
    let told = tell(&endpoint).await?;
    assert!(!told.contains("hunter2"), "no text of an error is shown");
    assert_eq!(endpoint.get_health().await.http_status(), 503);
    wait_for(|| orders.circuit_breaker().state() == CircuitState::ForcedOpen).await?;
    assert!(orders.call(|| async { io::Result::Ok(()) }).await.is_err());
    wait_for(|| {
        let search = monitor.get_health("search");
        search.is_some_and(|search| search.status == HealthStatus::Unknown)
    })
    .await?;

    database.is_well(true);
    until(HealthStatus::Healthy).await?;
    wait_for(|| orders.circuit_breaker().state() == CircuitState::Closed).await?;

    openai.circuit_breaker().force_open();
    until(HealthStatus::Degraded).await?;
    tell(&endpoint).await?;
    assert_eq!(endpoint.get_health().await.http_status(), 200);

    drop(monitoring);
    println!("nothing is checked any more");
    Ok(())
}

/// What a load balancer would be told.
async fn tell(endpoint: &HealthEndpoint) -> Result<String, serde_json::Error> {
    let health = endpoint.get_health().await;
    let json = serde_json::to_string_pretty(&health)?;
    println!("{} {json}", health.http_status());
    Ok(json)
}

async fn wait_for(mut happens: impl FnMut() -> bool) -> Result<(), tokio::time::error::Elapsed> {
    let waiting = async {
        while !happens() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await
}
