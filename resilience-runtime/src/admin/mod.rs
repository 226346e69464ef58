//! Serves routes for operators: health, statistics, events and a dashboard.

mod app_state;
mod change;
mod control;
mod dashboard;
mod dashboard_route;
mod feed;
mod health;
mod hub;
mod metrics;
mod origin;
mod response;
mod sample;
mod sampler;
mod services;
mod snapshot;
mod sse;
mod stream;
mod subscribers;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, Route, get, post};
use tower_layer::Layer;
use tower_service::Service;

use self::app_state::AppState;
use self::hub::Hub;
use self::origin::AllowedHosts;
use crate::health::{HealthEndpoint, ServiceHealthMonitor};
use crate::registry::Registry;

/// Returns the routes for operators: those of [`AdminRouter`] with its defaults, without control.
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

/// Builds the routes for operators, which [the guide](crate::guide::operations) describes.
///
/// They show names, numbers and states: no argument, no result, no text of an error. They are for operators all the
/// same: serve them on a separate port, or behind a layer that authenticates the reader.
///
/// They answer under an address, as in `http://10.0.0.7:9090`, under `localhost`, and under the names of
/// [`allowed_hosts`](Self::allowed_hosts); other requests get 421, so that no page on the web can read them by pointing its own
/// name here. `/livez`, `/readyz` and `/healthz` answer under every name.
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
///     .allowed_hosts(["ops.example.com"])
///     .control(from_fn(operators_only));
/// let app: axum::Router = axum::Router::new().nest("/operations", operations.router());
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[must_use]
pub struct AdminRouter {
    registry: Registry,
    monitor: ServiceHealthMonitor,
    app_version: Option<String>,
    allowed_hosts: AllowedHosts,
    control: Option<MethodRouter<Arc<AppState>>>,
}

impl AdminRouter {
    /// Creates the routes for the services of this registry and the checks of this monitor.
    pub fn new(registry: impl Into<Registry>, monitor: impl Into<ServiceHealthMonitor>) -> Self {
        Self {
            registry: registry.into(),
            monitor: monitor.into(),
            app_version: None,
            allowed_hosts: AllowedHosts::default(),
            control: None,
        }
    }

    /// Sets the version of the application, which some routes report.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = Some(version.into());
        self
    }

    /// Sets the names, besides addresses and `localhost`, under which the routes answer, as the `Host` of a request
    /// gives them: what stands in front of the routes may pass on its own. They are compared without case and port.
    ///
    /// ```
    /// use resilience_runtime::{
    ///     Registry, admin::AdminRouter, health::{HealthMonitorConfig, ServiceHealthMonitor},
    /// };
    ///
    /// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
    /// let routes: axum::Router = AdminRouter::new(Registry::global(), &monitor)
    ///     .allowed_hosts(["ops.example.com", "app.production.svc.cluster.local"])
    ///     .router();
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    pub fn allowed_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.allowed_hosts = AllowedHosts::new(hosts);
        self
    }

    /// Enables `POST /services/{name}/circuit`, which forces circuit breakers open or closed, resets and disables them.
    /// Every request to it goes through `layer`, which must reject unauthorized requests. Requests from pages of
    /// another origin are rejected before. Each use is logged at WARN.
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

    /// Returns the routes as an [`axum::Router`]. From now on the latencies of the registry's services are
    /// [measured](Registry::measure_latency), and its changes recorded.
    pub fn router(self) -> Router {
        let Self {
            registry,
            monitor,
            app_version,
            allowed_hosts,
            control,
        } = self;
        registry.measure_latency();
        let version = app_version.clone().unwrap_or_default();
        let state = AppState {
            endpoint: HealthEndpoint::new(&monitor, version),
            hub: Arc::new(Hub::new(registry.clone(), monitor.clone())),
            registry,
            monitor,
            app_version,
            control: control.is_some(),
        };
        // An orchestrator asks under whatever name or address it has for the process.
        let probes = Router::new()
            .route("/livez", get(health::livez))
            .route("/readyz", get(health::readyz))
            .route("/healthz", get(health::healthz));
        let mut routes = Router::new()
            .route("/health", get(health::health))
            .route("/services", get(services::all))
            .route("/services/{name}", get(services::one))
            .route("/events", get(stream::events))
            .route("/metrics", get(metrics::metrics))
            .route("/dashboard", get(dashboard_route::dashboard));
        if let Some(control) = control {
            routes = routes.route("/services/{name}/circuit", control);
        }
        routes
            .route_layer(from_fn_with_state(Arc::new(allowed_hosts), origin::guard))
            .merge(probes)
            .route_layer(map_response(response::no_store))
            .with_state(Arc::new(state))
    }
}

impl fmt::Debug for AdminRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminRouter")
            .field("app_version", &self.app_version)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("control", &self.control.is_some())
            .finish_non_exhaustive()
    }
}
