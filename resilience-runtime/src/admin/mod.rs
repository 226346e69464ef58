//! Health, statistics, events and a page for those who operate the program, as routes.

mod answer;
mod change;
mod control;
mod dashboard;
mod facts;
mod health;
mod metrics;
mod page;
mod readers;
mod sample;
mod sampler;
mod services;
mod stream;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::map_response;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, Route, get, post};
use tower_layer::Layer;
use tower_service::Service;

use self::stream::Hub;
use crate::health::{HealthEndpoint, ServiceHealthMonitor};
use crate::registry::Registry;

/// The routes for those who operate the program: [`AdminRouter`] as it is by default, without control.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use resilience_runtime::{
///     Registry, admin::admin_router, health::{HealthMonitorConfig, ServiceHealthMonitor},
/// };
///
/// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::from_env()?)?;
/// let routes = admin_router(Registry::global(), &monitor);
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9090").await?;
/// axum::serve(listener, routes).await?; // and open http://127.0.0.1:9090/dashboard
/// # Ok(()) }
/// ```
pub fn admin_router(
    registry: impl Into<Registry>,
    monitor: impl Into<ServiceHealthMonitor>,
) -> Router {
    AdminRouter::new(registry, monitor).router()
}

/// The routes for those who operate the program; what each answers is written in
/// [the guide](crate::guide::operations).
///
/// They show names, numbers and states: no argument, no result, no text of an error. All the same they are for
/// operators: serve them on a port of their own, or behind a layer that knows who may read them.
///
/// ```
/// use axum::extract::Request;
/// use axum::http::StatusCode;
/// use axum::middleware::{Next, from_fn};
/// use axum::response::Response;
/// use resilience_runtime::{
///     Registry, admin::AdminRouter, health::{HealthMonitorConfig, ServiceHealthMonitor},
/// };
///
/// async fn operators_only(request: Request, next: Next) -> Result<Response, StatusCode> {
///     let token = std::env::var("OPERATOR_TOKEN").map_err(|_| StatusCode::FORBIDDEN)?;
///     match request.headers().get("authorization") {
///         Some(sent) if sent.as_bytes() == format!("Bearer {token}").as_bytes() => Ok(next.run(request).await),
///         _ => Err(StatusCode::UNAUTHORIZED),
///     }
/// }
///
/// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
/// let operations = AdminRouter::new(Registry::global(), &monitor)
///     .app_version(env!("CARGO_PKG_VERSION"))
///     .control(from_fn(operators_only));
/// let app: axum::Router = axum::Router::new().nest("/operations", operations.router());
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[must_use]
pub struct AdminRouter {
    registry: Registry,
    monitor: ServiceHealthMonitor,
    app_version: Option<String>,
    control: Option<MethodRouter<Arc<Site>>>,
}

/// What the routes answer from.
struct Site {
    registry: Registry,
    monitor: ServiceHealthMonitor,
    endpoint: HealthEndpoint,
    app_version: Option<String>,
    control: bool,
    hub: Arc<Hub>,
}

impl AdminRouter {
    /// For the services of this registry, and the health that this monitor knows.
    pub fn new(registry: impl Into<Registry>, monitor: impl Into<ServiceHealthMonitor>) -> Self {
        Self {
            registry: registry.into(),
            monitor: monitor.into(),
            app_version: None,
            control: None,
        }
    }

    /// The version of the application, which some routes tell.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = Some(version.into());
        self
    }

    /// Switches on `POST /services/{name}/circuit`, by which circuit breakers are forced open, closed, reset
    /// and disabled. Every request to it goes through `layer`, which is to let only those through who may do
    /// that. Each use is told by `tracing` at WARN.
    pub fn control<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.control = Some(post(control::circuit).layer(layer));
        self
    }

    /// The routes. From here on the latencies of the registry's services are
    /// [measured](Registry::measure_latency), and its changes remembered.
    pub fn router(self) -> Router {
        let Self {
            registry,
            monitor,
            app_version,
            control,
        } = self;
        registry.measure_latency();
        let version = app_version.clone().unwrap_or_default();
        let site = Site {
            endpoint: HealthEndpoint::new(&monitor, version),
            hub: Arc::new(Hub::new(registry.clone(), monitor.clone())),
            registry,
            monitor,
            app_version,
            control: control.is_some(),
        };
        let mut routes = Router::new()
            .route("/livez", get(health::livez))
            .route("/readyz", get(health::readyz))
            .route("/healthz", get(health::healthz))
            .route("/health", get(health::health))
            .route("/services", get(services::all))
            .route("/services/{name}", get(services::one))
            .route("/events", get(stream::events))
            .route("/metrics", get(metrics::metrics))
            .route("/dashboard", get(page::page));
        if let Some(control) = control {
            routes = routes.route("/services/{name}/circuit", control);
        }
        routes
            .route_layer(map_response(answer::mark))
            .with_state(Arc::new(site))
    }
}

impl fmt::Debug for AdminRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminRouter")
            .field("app_version", &self.app_version)
            .field("control", &self.control.is_some())
            .finish_non_exhaustive()
    }
}
