//! `/metrics`, for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::Site;
use super::answer::answer;
use crate::exporters::prometheus::{CONTENT_TYPE, text_with_health};

pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let text = text_with_health(&site.registry, &site.monitor);
    answer(StatusCode::OK, CONTENT_TYPE, text)
}
