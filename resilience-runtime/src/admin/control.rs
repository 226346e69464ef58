//! `POST /services/{name}/circuit`: controls a circuit breaker by hand.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::app_state::AppState;
use super::response::{JSON, error, json};
use super::services::unknown_service;
use crate::circuit_breaker::{CircuitBreaker, CircuitState};
use crate::name::ServiceName;

/// The largest request body, in bytes.
const MAX_BODY: usize = 1_024;

#[derive(Deserialize)]
struct RequestBody {
    action: Action,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    ForceOpen,
    ForceClosed,
    Reset,
    Disable,
}

#[derive(Serialize)]
struct ResponseBody<'a> {
    service: &'a ServiceName,
    state: CircuitState,
}

pub(super) async fn circuit(
    State(state): State<Arc<AppState>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A page of another origin cannot send this content type without a CORS preflight, which this server never allows.
    if !is_json(request.headers()) {
        let message = "content-type must be application/json";
        return error(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
    }
    let body = to_bytes(request.into_body(), MAX_BODY).await;
    let parsed = body
        .ok()
        .and_then(|body| serde_json::from_slice(&body).ok());
    let Some(RequestBody { action }) = parsed else {
        let message =
            "body must be {\"action\": …}, one of force_open, force_closed, reset, disable";
        return error(StatusCode::BAD_REQUEST, message);
    };
    let Some(service) = name.ok().and_then(|Path(name)| state.registry.get(&name)) else {
        return unknown_service();
    };
    tracing::warn!(
        target: "resilience",
        service = service.name().as_str(),
        action = action.name(),
        "circuit breaker changed by hand"
    );
    let breaker = service.circuit_breaker();
    action.apply(&breaker);
    let body = ResponseBody {
        service: service.name(),
        state: breaker.state(),
    };
    json(StatusCode::OK, JSON, &body)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(JSON))
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::ForceOpen => "force_open",
            Self::ForceClosed => "force_closed",
            Self::Reset => "reset",
            Self::Disable => "disable",
        }
    }

    fn apply(self, breaker: &CircuitBreaker) {
        match self {
            Self::ForceOpen => breaker.force_open(),
            Self::ForceClosed => breaker.force_closed(),
            Self::Reset => breaker.reset(),
            Self::Disable => breaker.disable(),
        }
    }
}
