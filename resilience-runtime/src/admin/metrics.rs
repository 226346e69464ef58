//! `/metrics`, for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::app_state::AppState;
use super::response::respond;
use crate::exporters::prometheus::{CONTENT_TYPE, text_with_health};

pub(super) async fn metrics(State(state): State<Arc<AppState>>) -> Response {
    let text = text_with_health(&state.registry, &state.monitor);
    respond(StatusCode::OK, CONTENT_TYPE, text)
}
