//! `/livez`, `/readyz`, `/healthz` and `/health`: health for orchestrators and load balancers.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;

use super::app_state::AppState;
use super::response::{TEXT, json, respond};
use crate::health::{HealthEndpoint, HealthResponse, HealthStatus, ServiceHealth};

/// Responds as long as the process is alive. It checks nothing else: a database that is down is no reason for a restart.
pub(super) async fn livez() -> Response {
    respond(StatusCode::OK, TEXT, "ok")
}

pub(super) async fn readyz(state: State<Arc<AppState>>, query: RawQuery) -> Response {
    probe("readyz", &state, query).await
}

pub(super) async fn healthz(state: State<Arc<AppState>>, query: RawQuery) -> Response {
    probe("healthz", &state, query).await
}

/// `application/health+json`.
pub(super) async fn health(state: State<Arc<AppState>>) -> Response {
    let health = state.endpoint.get_health().await;
    json(status_of(&health), HealthEndpoint::CONTENT_TYPE, &health)
}

fn status_of(health: &HealthResponse) -> StatusCode {
    StatusCode::from_u16(health.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

async fn probe(route: &str, state: &AppState, RawQuery(query): RawQuery) -> Response {
    let mut health = state.endpoint.get_health().await;
    let options = Options::parse(query.as_deref().unwrap_or_default());
    // Looked up for each check, so that a long query costs no more than its parsing.
    let is_excluded = |name: &str| options.excluded.iter().any(|excluded| excluded == name);
    if !options.excluded.is_empty() {
        let checks = health.checks.iter();
        health.status = HealthStatus::overall(checks.map(|(name, check)| {
            // An excluded check makes the whole neither unhealthy nor unknown.
            match is_excluded(name) {
                true => (HealthStatus::Healthy, false),
                false => (check.status, check.critical),
            }
        }));
    }
    let status = status_of(&health);
    let passed = status == StatusCode::OK;
    // A failure always lists the checks.
    if passed && !options.verbose {
        return respond(status, TEXT, "ok");
    }
    let mut text = String::new();
    for (name, check) in &health.checks {
        let line = Line {
            check,
            excluded: is_excluded(name),
        };
        let _ = writeln!(text, "{line}");
    }
    let known = |name: &String| health.checks.contains_key(name.as_str());
    if !options.excluded.iter().all(known) {
        text += "warn: an excluded name is not a check\n";
    }
    let end = if passed { "passed" } else { "failed" };
    let _ = writeln!(text, "{route} check {end}");
    respond(status, TEXT, text)
}

/// The options of a query: `?verbose`, and `?exclude=name` any number of times.
#[derive(Default)]
struct Options {
    verbose: bool,
    excluded: Vec<String>,
}

impl Options {
    fn parse(query: &str) -> Self {
        let mut options = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "verbose" => options.verbose = !matches!(&*value, "0" | "false"),
                "exclude" => options.excluded.push(value.into_owned()),
                _ => {}
            }
        }
        options
    }
}

/// One check: `[+]` if it passes, `[-]` if it fails.
struct Line<'a> {
    check: &'a ServiceHealth,
    excluded: bool,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = self.check;
        let works = matches!(check.status, HealthStatus::Healthy | HealthStatus::Degraded);
        f.write_str(if works || self.excluded { "[+]" } else { "[-]" })?;
        // A name must not add a line of its own.
        for c in check.name.chars() {
            f.write_char(if c.is_control() { '\u{fffd}' } else { c })?;
        }
        f.write_str(match check.status {
            HealthStatus::Healthy => " ok",
            HealthStatus::Degraded => " degraded",
            HealthStatus::Unhealthy => " failed",
            HealthStatus::Unknown => " unknown",
        })?;
        if self.excluded {
            f.write_str(" (excluded)")?;
        } else if !check.critical {
            f.write_str(" (not critical)")?;
        }
        match &check.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}
