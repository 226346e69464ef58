//! Health, for those who start, stop and route to the process.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;

use super::Site;
use super::answer::{TEXT, answer, json};
use crate::health::{HealthEndpoint, HealthResponse, HealthStatus, ServiceHealth};

/// Whether the process answers. It asks nothing else: a database that is down is no reason to restart this.
pub(super) async fn livez() -> Response {
    answer(StatusCode::OK, TEXT, "ok")
}

pub(super) async fn readyz(site: State<Arc<Site>>, query: RawQuery) -> Response {
    probe("readyz", &site, query).await
}

pub(super) async fn healthz(site: State<Arc<Site>>, query: RawQuery) -> Response {
    probe("healthz", &site, query).await
}

/// `application/health+json`.
pub(super) async fn health(site: State<Arc<Site>>) -> Response {
    let health = site.endpoint.get_health().await;
    json(status_of(&health), HealthEndpoint::CONTENT_TYPE, &health)
}

fn status_of(health: &HealthResponse) -> StatusCode {
    StatusCode::from_u16(health.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

async fn probe(route: &str, site: &Site, RawQuery(query): RawQuery) -> Response {
    let mut health = site.endpoint.get_health().await;
    let asked = Asked::of(query.as_deref().unwrap_or_default());
    // Whether a name is excluded is decided for each check: the query may be as long as it likes.
    let is_excluded = |name: &str| asked.excluded.iter().any(|excluded| excluded == name);
    if !asked.excluded.is_empty() {
        let checks = health.checks.iter();
        health.status = HealthStatus::overall(checks.map(|(name, check)| {
            // One that is left out is no reason to be down, and none to be unknown.
            match is_excluded(name) {
                true => (HealthStatus::Healthy, false),
                false => (check.status, check.critical),
            }
        }));
    }
    let status = status_of(&health);
    let passed = status == StatusCode::OK;
    // Who fails says why, whether asked or not.
    if passed && !asked.verbose {
        return answer(status, TEXT, "ok");
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
    if !asked.excluded.iter().all(known) {
        text += "warn: a name to exclude is that of no check\n";
    }
    let end = if passed { "passed" } else { "failed" };
    let _ = writeln!(text, "{route} check {end}");
    answer(status, TEXT, text)
}

/// What a query asks for: `?verbose`, and `?exclude=name` any number of times.
#[derive(Default)]
struct Asked {
    verbose: bool,
    excluded: Vec<String>,
}

impl Asked {
    fn of(query: &str) -> Self {
        let mut asked = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "verbose" => asked.verbose = !matches!(&*value, "0" | "false"),
                "exclude" => asked.excluded.push(value.into_owned()),
                _ => {}
            }
        }
        asked
    }
}

/// One check: a plus where it works, a minus where it does not.
struct Line<'a> {
    check: &'a ServiceHealth,
    excluded: bool,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = self.check;
        let works = matches!(check.status, HealthStatus::Healthy | HealthStatus::Degraded);
        f.write_str(if works || self.excluded { "[+]" } else { "[-]" })?;
        // A name must not look like a line of its own.
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
