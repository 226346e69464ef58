//! The state that all routes share.

use std::sync::Arc;

use super::hub::Hub;
use crate::health::{HealthEndpoint, ServiceHealthMonitor};
use crate::registry::Registry;

pub(super) struct AppState {
    pub(super) registry: Registry,
    pub(super) monitor: ServiceHealthMonitor,
    pub(super) endpoint: HealthEndpoint,
    pub(super) app_version: Option<String>,
    pub(super) control: bool,
    pub(super) hub: Arc<Hub>,
}
