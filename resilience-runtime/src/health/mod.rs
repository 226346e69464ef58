//! Health: asks services at intervals whether they are there, and says so in one place.
//!
//! It is built on everything else, and no pattern knows of it. Texts of errors stay inside: what is shown
//! is a status, words of our own, the type of an error and its code if a rule knows it.

mod cause;
mod check;
mod checker;
mod damping;
mod database;
mod dependencies;
mod endpoint;
mod entry;
mod error;
mod events;
#[cfg(feature = "http-health")]
mod http;
mod links;
mod monitor;
mod monitoring;
mod record;
mod running;
mod service;
mod status;
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
pub use monitoring::MonitoringHandle;
pub use record::{CheckRecord, ServiceHealth};
pub use service::ServiceHealthChecker;
pub use status::{HealthStatus, HealthStatuses};
pub use tcp::TcpHealthChecker;
