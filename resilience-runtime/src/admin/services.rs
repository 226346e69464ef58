//! `/services`: statistics and configuration of all services.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::app_state::AppState;
use super::response::{JSON, error, json};
use super::snapshot::{Limits, SCHEMA, millis, seconds};
use crate::circuit_breaker::CircuitState;
use crate::config::{ConfigValue, Pattern, PatternMode};
use crate::config::{FunctionConfig, ServiceConfig};
use crate::health::HealthStatus;
use crate::name::{ServiceKind, ServiceName};
use crate::service::Service;
use crate::telemetry::{
    CacheStats, FailureStats, FallbackStats, LatencyStats, LatencySummary, RejectionStats,
    ServiceStats,
};

pub(super) async fn all(State(state): State<Arc<AppState>>) -> Response {
    let stats = state.registry.stats();
    let totals = AllTotals {
        services: stats.total_services,
        open_breakers: stats.open_breakers,
        fallbacks: stats.total_fallbacks,
        calls: stats.total_calls,
        attempts: stats.total_attempts,
        retries: stats.total_retries,
        rejections: stats.total_rejections,
        fallbacks_served: stats.fallbacks_served,
    };
    let services = stats.services.into_iter().filter_map(|stats| {
        let service = state.registry.get(&stats.service)?;
        Some(Description::of(&state, &service, stats))
    });
    let body = Services {
        schema: SCHEMA,
        at_ms: millis(SystemTime::now()),
        app_version: state.app_version.as_deref(),
        totals,
        services: services.collect(),
    };
    json(StatusCode::OK, JSON, &body)
}

pub(super) async fn one(
    State(state): State<Arc<AppState>>,
    name: Result<Path<String>, PathRejection>,
) -> Response {
    match name.ok().and_then(|Path(name)| state.registry.get(&name)) {
        Some(service) => {
            let description = Description::of(&state, &service, service.stats());
            json(StatusCode::OK, JSON, &description)
        }
        None => unknown_service(),
    }
}

pub(super) fn unknown_service() -> Response {
    error(StatusCode::NOT_FOUND, "unknown service")
}

#[derive(Serialize)]
struct Services<'a> {
    schema: u32,
    at_ms: u64,
    app_version: Option<&'a str>,
    totals: AllTotals,
    services: Vec<Description>,
}

#[derive(Serialize)]
struct AllTotals {
    services: usize,
    open_breakers: usize,
    fallbacks: usize,
    calls: u64,
    attempts: u64,
    retries: u64,
    rejections: u64,
    fallbacks_served: u64,
}

/// The whole description of one service.
#[derive(Serialize)]
struct Description {
    name: ServiceName,
    kind: ServiceKind,
    health: Option<HealthStatus>,
    circuit_breaker: Circuit,
    #[serde(flatten)]
    limits: Limits,
    totals: Totals,
    latency: Option<Latencies>,
    config: Config,
}

#[derive(Serialize)]
struct Circuit {
    state: CircuitState,
    mode: PatternMode,
    in_state_seconds: f64,
    opened: u64,
    rejected: u64,
    shadow_rejected: u64,
    consecutive_failures: u32,
    window: Window,
    /// Counts of the breakers of keys; `None`: no key has one.
    keys: Option<CircuitKeys>,
}

#[derive(Serialize)]
struct CircuitKeys {
    known: usize,
    open: usize,
    half_open: usize,
}

#[derive(Serialize)]
struct Window {
    calls: u64,
    failures: u64,
    slow_calls: u64,
}

#[derive(Serialize)]
struct Totals {
    calls: u64,
    attempts: u64,
    successes: u64,
    failed: u64,
    failures: FailureStats,
    timeouts: u64,
    deadlines: u64,
    retries: u64,
    hedges: u64,
    hedge_wins: u64,
    hedge_cancelled: u64,
    cooldowns: u64,
    rejections: RejectionStats,
    shadow_rejected: RejectionStats,
    invalid_config: u64,
    abandoned: u64,
    broken_streams: u64,
    fallbacks: FallbackStats,
    cache: CacheStats,
}

#[derive(Serialize)]
struct Latencies {
    calls: Latency,
    attempts: Latency,
}

#[derive(Serialize)]
struct Latency {
    count: u64,
    mean_seconds: Option<f64>,
    p50_seconds: Option<f64>,
    p90_seconds: Option<f64>,
    p95_seconds: Option<f64>,
    p99_seconds: Option<f64>,
    max_seconds: Option<f64>,
}

#[derive(Serialize)]
struct Config {
    enabled: bool,
    idempotent: bool,
    values: Vec<ConfigValue>,
    functions: Vec<Function>,
    invalid: Option<String>,
}

#[derive(Serialize)]
struct Function {
    function: Box<str>,
    place: &'static str,
    values: Vec<ConfigValue>,
    off: Vec<Pattern>,
    idempotent: bool,
    unretried_error: Option<&'static str>,
    invalid: Option<String>,
    ignored: Option<String>,
}

impl Description {
    fn of(state: &AppState, service: &Service, stats: ServiceStats) -> Self {
        Self {
            health: state.monitor.get_health(&stats.service).map(|it| it.status),
            circuit_breaker: Circuit::of(&stats, service.running.load().config.circuit.mode),
            limits: Limits::of(service),
            latency: stats.latency.as_ref().map(Into::into),
            config: Config::of(service),
            kind: stats.kind,
            name: stats.service,
            totals: Totals {
                calls: stats.calls,
                attempts: stats.attempts,
                successes: stats.successes,
                failed: stats.failed,
                failures: stats.failures,
                timeouts: stats.timeouts,
                deadlines: stats.deadlines,
                retries: stats.retries,
                hedges: stats.hedges,
                hedge_wins: stats.hedge_wins,
                hedge_cancelled: stats.hedge_cancelled,
                cooldowns: stats.cooldowns,
                rejections: stats.rejections,
                shadow_rejected: stats.shadow_rejected,
                invalid_config: stats.invalid_config,
                abandoned: stats.abandoned,
                broken_streams: stats.broken_streams,
                fallbacks: stats.fallbacks,
                cache: stats.cache,
            },
        }
    }
}

impl Circuit {
    fn of(stats: &ServiceStats, mode: PatternMode) -> Self {
        let keys = stats.circuit_keys.map(|keys| CircuitKeys {
            known: keys.known,
            open: keys.open,
            half_open: keys.half_open,
        });
        let stats = &stats.circuit;
        Self {
            state: stats.state,
            mode,
            in_state_seconds: seconds(stats.in_state_for),
            opened: stats.opened,
            rejected: stats.rejected,
            shadow_rejected: stats.shadow_rejected,
            consecutive_failures: stats.consecutive_failures,
            window: Window {
                calls: stats.calls,
                failures: stats.failures,
                slow_calls: stats.slow_calls,
            },
            keys,
        }
    }
}

impl From<&LatencyStats> for Latencies {
    fn from(stats: &LatencyStats) -> Self {
        Self {
            calls: (&stats.calls).into(),
            attempts: (&stats.attempts).into(),
        }
    }
}

impl From<&LatencySummary> for Latency {
    fn from(summary: &LatencySummary) -> Self {
        Self {
            count: summary.count,
            mean_seconds: summary.mean.map(seconds),
            p50_seconds: summary.p50.map(seconds),
            p90_seconds: summary.p90.map(seconds),
            p95_seconds: summary.p95.map(seconds),
            p99_seconds: summary.p99.map(seconds),
            max_seconds: (summary.count > 0).then(|| seconds(summary.max)),
        }
    }
}

impl Config {
    fn of(service: &Service) -> Self {
        let ServiceConfig {
            enabled,
            idempotent,
            values,
            functions,
            ..
        } = service.config();
        let plan = service.plan.load();
        let refusal = plan.as_ref().and_then(|plan| plan.refusal.as_ref());
        Self {
            enabled,
            idempotent,
            values,
            functions: functions.into_iter().map(Into::into).collect(),
            invalid: refusal.map(ToString::to_string),
        }
    }
}

impl From<FunctionConfig> for Function {
    fn from(config: FunctionConfig) -> Self {
        Self {
            function: config.function,
            place: config.place,
            values: config.values,
            off: config.off,
            idempotent: config.idempotent,
            unretried_error: config.unretried_error,
            invalid: config.invalid,
            ignored: config.ignored,
        }
    }
}
