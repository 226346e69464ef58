//! A program with a few services whose failures come and go, and the page that shows them.
//! `cargo run --example operations [port] [--seconds N]`, then open the address that it prints.

mod load;
mod remote;
mod services;

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use resilience_runtime::{
    Registry, admin::AdminRouter, health::DatabaseHealthChecker, health::HealthCheck,
    health::HealthMonitorConfig, health::ServiceHealthChecker, health::ServiceHealthMonitor,
};
use tokio::net::TcpListener;

use remote::Remotes;

type BoxError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (port, seconds) = arguments()?;
    let registry = Registry::global();
    let remotes = Remotes::new();
    let load = load::start(&remotes);
    let monitor = monitor(registry, &remotes).await?;
    let monitoring = monitor.start_monitoring()?;

    let routes = AdminRouter::new(registry, &monitor)
        .app_version("1.4.2")
        .control(from_fn(from_this_machine))
        .router();
    let listener = listen(port).await?;
    println!("http://{}/dashboard", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });

    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => tokio::signal::ctrl_c().await?,
    }
    server.abort();
    drop(monitoring);
    drop(load);
    tell(registry, seconds);
    Ok(())
}

/// The port, if it is to be a certain one, and for how long to run.
fn arguments() -> Result<(Option<u16>, Option<u64>), BoxError> {
    let mut port = std::env::var("PORT")
        .ok()
        .map(|port| port.parse())
        .transpose()?;
    let mut seconds = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            seconds = Some(arguments.next().ok_or("--seconds N")?.parse()?);
        } else {
            port = Some(argument.parse().map_err(|_| "[port] [--seconds N]")?);
        }
    }
    Ok((port, seconds))
}

/// At that port, or at the first free one from 8080 on.
async fn listen(port: Option<u16>) -> io::Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind(("127.0.0.1", port)).await;
    }
    for port in 8080..8180 {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return Ok(listener);
        }
    }
    TcpListener::bind("127.0.0.1:0").await
}

/// In place of a real authorisation: only this machine can reach the address, and no page of another name
/// that leads to it is let through. An application asks here who it is.
async fn from_this_machine(request: Request, next: Next) -> Result<Response, StatusCode> {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    match host.split(':').next() {
        Some("127.0.0.1" | "localhost") => Ok(next.run(request).await),
        _ => Err(StatusCode::FORBIDDEN),
    }
}

async fn monitor(registry: &Registry, remotes: &Remotes) -> Result<ServiceHealthMonitor, BoxError> {
    // In an application: `HealthMonitorConfig::from_env()?`, and intervals of tens of seconds.
    let monitor = ServiceHealthMonitor::new(
        HealthMonitorConfig::default()
            .interval(Duration::from_secs(1))
            .timeout(Duration::from_millis(500))
            .failure_threshold(1)
            .recovery_threshold(2),
    )?;
    for remote in [remotes.orders, remotes.vault] {
        let ping = DatabaseHealthChecker::new(remote.name(), move || remote.ping());
        let critical = remote.name() == "orders";
        monitor.add_checker(remote.name(), HealthCheck::new(ping).critical(critical))?;
    }
    let openai = registry.service("openai", resilience_runtime::ServiceKind::Llm)?;
    let check = HealthCheck::new(ServiceHealthChecker::new(&openai)).critical(false);
    monitor.add_checker("openai", check)?;
    Ok(monitor)
}

/// What has happened, in a few words.
fn tell(registry: &Registry, seconds: Option<u64>) {
    let stats = registry.stats();
    for service in &stats.services {
        println!(
            "{:<12} {:>5} calls, {:>4} retried, {:>4} rejected, {:>4} by a fallback, opened {} times, {} cooldowns",
            service.service,
            service.calls,
            service.retries,
            service.rejections.total(),
            service.fallbacks.total(),
            service.circuit.opened,
            service.cooldowns,
        );
    }
    // Who looks on for some seconds has something to see.
    if seconds.is_some_and(|seconds| seconds >= 5) {
        let each = || stats.services.iter();
        assert!(each().any(|it| it.circuit.opened > 0), "no circuit opened");
        assert!(
            each().any(|it| it.cooldowns > 0),
            "no server asked for a pause"
        );
        assert!(
            each().any(|it| it.rejections.rate_limit > 0),
            "no limit was reached"
        );
        assert!(stats.fallbacks_served > 0, "no fallback answered");
    }
}
