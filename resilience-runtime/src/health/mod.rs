//! Checks the health of services: a monitor checks services at intervals and publishes their status.
//!
//! The module is built on the others, and no pattern depends on it. It never shows the text of an error: only a status,
//! constant messages, the type of an error and its code if a rule classifies it.

mod breaker_links;
mod cause;
mod check;
mod checker;
mod database;
mod dependencies;
mod endpoint;
mod entry;
mod error;
mod events;
#[cfg(feature = "http-health")]
mod http;
mod hysteresis;
mod monitor;
mod monitor_core;
mod monitor_tasks;
mod monitoring_handle;
mod record;
mod service;
mod status;
mod task;
mod tcp;

pub use crate::config::HealthMonitorConfig;
pub use cause::HealthCause;
pub use check::HealthCheck;
pub use checker::{HealthChecker, HealthFuture, HealthReport};
pub use database::DatabaseHealthChecker;
pub use endpoint::{HealthEndpoint, HealthResponse};
pub use error::MonitorError;
#[cfg(feature = "http-health")]
#[cfg_attr(docsrs, doc(cfg(feature = "http-health")))]
pub use http::HttpHealthChecker;
pub use monitor::ServiceHealthMonitor;
pub use monitoring_handle::MonitoringHandle;
pub use record::{CheckRecord, ServiceHealth};
pub use service::ServiceHealthChecker;
pub use status::{HealthStatus, HealthStatuses};
pub use tcp::TcpHealthChecker;
