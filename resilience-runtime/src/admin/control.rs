//! `POST /services/{name}/circuit`: what a person says of a circuit breaker.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::Site;
use super::answer::{JSON, json, refusal};
use super::services::unknown;
use crate::circuit_breaker::{CircuitBreaker, CircuitState};
use crate::name::ServiceName;

/// No order is longer.
const LONGEST: usize = 1_024;

#[derive(Deserialize)]
struct Order {
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
struct Done<'a> {
    service: &'a ServiceName,
    state: CircuitState,
}

pub(super) async fn circuit(
    State(site): State<Arc<Site>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A page of somebody else cannot send this without asking the server first, which says nothing to that.
    if !is_json(request.headers()) {
        let words = "an order is sent as `content-type: application/json`";
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, words);
    }
    let body = to_bytes(request.into_body(), LONGEST).await;
    let order = body
        .ok()
        .and_then(|body| serde_json::from_slice(&body).ok());
    let Some(Order { action }) = order else {
        let words =
            "an order is `{\"action\": …}`, one of force_open, force_closed, reset, disable";
        return refusal(StatusCode::BAD_REQUEST, words);
    };
    let Some(service) = name.ok().and_then(|Path(name)| site.registry.get(&name)) else {
        return unknown();
    };
    tracing::warn!(
        target: "resilience",
        service = service.name().as_str(),
        action = action.name(),
        "circuit breaker changed by hand"
    );
    let breaker = service.circuit_breaker();
    action.apply(&breaker);
    let done = Done {
        service: service.name(),
        state: breaker.state(),
    };
    json(StatusCode::OK, JSON, &done)
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
