//! Defines every metric: its names, its unit, its labels, and the counters or levels that it is computed from.

use crate::circuit_breaker::CircuitState;
use crate::config::rejections;
use crate::telemetry::Counter;

/// A metric, with its name in each exporter.
#[derive(Debug)]
pub(crate) struct Metric {
    /// For Prometheus and the `metrics` facade.
    #[cfg_attr(
        not(any(feature = "metrics", feature = "prometheus")),
        allow(dead_code)
    )]
    pub(crate) name: &'static str,
    /// For OpenTelemetry.
    #[cfg_attr(not(feature = "opentelemetry"), allow(dead_code))]
    pub(crate) otel: &'static str,
    /// In the notation of OpenTelemetry.
    #[cfg_attr(not(feature = "opentelemetry"), allow(dead_code))]
    pub(crate) unit: &'static str,
    pub(crate) help: &'static str,
    /// The labels besides service and kind.
    pub(crate) labels: &'static [Label],
    pub(crate) source: Source,
}

/// A label of a metric. Its values are never data of a user.
#[derive(Debug)]
pub(crate) struct Label {
    #[cfg_attr(
        not(any(feature = "metrics", feature = "prometheus")),
        allow(dead_code)
    )]
    pub(crate) name: &'static str,
    #[cfg_attr(not(feature = "opentelemetry"), allow(dead_code))]
    pub(crate) otel: &'static str,
}

/// Where the values of a metric come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// For each value of the label, the counters that are summed.
    Counters(&'static [(&'static str, &'static [Counter])]),
    /// The transitions of the circuit breaker.
    Transitions,
    /// 1 for the breaker's state, 0 for the others.
    CircuitState,
    /// How many keys have a breaker in each state.
    CircuitKeys,
    /// A level that rises and falls.
    Level(Level),
    /// A histogram of durations.
    Durations(Timed),
    /// 1 for the status of a health check, 0 for the others.
    HealthCheck,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    BudgetLeft,
    BudgetCapacity,
    RateLimitRemaining,
    RateLimitLimit,
    BulkheadInFlight,
    BulkheadMaxConcurrent,
    BulkheadKeys,
    BulkheadKeysInFlight,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Timed {
    Calls,
    Attempts,
}

/// On every metric of a service.
pub(crate) const SERVICE: Label = label("service", "resilience.service.name");
/// On every metric of a service.
pub(crate) const KIND: Label = label("kind", "resilience.service.kind");

/// Upper bounds of the buckets of durations, in seconds: 1, 2.5 and 5 of each decade. The histogram of a service has
/// a boundary at each of them, so that no bucket is estimated.
#[cfg(any(feature = "prometheus", feature = "opentelemetry"))]
pub(crate) const BUCKETS: [f64; 16] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0,
];

/// The transitions that a breaker makes by itself. All others are forced, and are reported only once they happen.
pub(crate) const USUAL_TRANSITIONS: [(CircuitState, CircuitState); 4] = [
    (CircuitState::Closed, CircuitState::Open),
    (CircuitState::Open, CircuitState::HalfOpen),
    (CircuitState::HalfOpen, CircuitState::Open),
    (CircuitState::HalfOpen, CircuitState::Closed),
];

const fn label(name: &'static str, otel: &'static str) -> Label {
    Label { name, otel }
}

/// Declares the series of rejections.
macro_rules! rejected {
    ($($(#[$doc:meta])* $pattern:ident: $rejected:ident, $shadow:ident;)*) => {
        const REJECTED: &[Counter] = &[$(Counter::$rejected),*];
        const REJECTED_BY: &[(&str, &[Counter])] = &[$((stringify!($pattern), &[Counter::$rejected])),*];
        const SHADOW_REJECTED_BY: &[(&str, &[Counter])] = &[$((stringify!($pattern), &[Counter::$shadow])),*];
    };
}
rejections!(rejected);

/// The metrics of each service, in the order of the export.
pub(crate) static METRICS: [Metric; 26] = [
    Metric {
        name: "resilience_calls_total",
        otel: "resilience.calls",
        unit: "{call}",
        help: "Calls that ended, by how they did before any fallback.",
        labels: &[label("result", "resilience.call.result")],
        source: Source::Counters(&[
            ("success", &[Counter::Succeeded]),
            ("failure", &[Counter::Failed]),
            ("rejected", REJECTED),
            ("deadline", &[Counter::Deadlines]),
            ("invalid_config", &[Counter::InvalidConfig]),
            ("abandoned", &[Counter::Abandoned]),
        ]),
    },
    Metric {
        name: "resilience_attempts_total",
        otel: "resilience.attempts",
        unit: "{attempt}",
        help: "Runs of a body that ended, by what their error meant.",
        labels: &[label("result", "resilience.attempt.result")],
        source: Source::Counters(&[
            ("success", &[Counter::Succeeded]),
            ("transient", &[Counter::Transient]),
            ("outcome_unknown", &[Counter::OutcomeUnknown]),
            ("throttled", &[Counter::Throttled]),
            ("permanent", &[Counter::Permanent]),
            ("abandoned", &[Counter::AttemptAbandoned]),
            ("not_timed", &[Counter::AttemptNotTimed]),
            ("hedge_cancelled", &[Counter::HedgeCancelled]),
        ]),
    },
    Metric {
        name: "resilience_retries_total",
        otel: "resilience.retries",
        unit: "{retry}",
        help: "Attempts that began after the failure of the one before in their call.",
        labels: &[],
        source: Source::Counters(&[("", &[Counter::Retries])]),
    },
    Metric {
        name: "resilience_hedges_total",
        otel: "resilience.hedges",
        unit: "{attempt}",
        help: "Attempts that began beside another one of their call that had no answer yet.",
        labels: &[],
        source: Source::Counters(&[("", &[Counter::Hedges])]),
    },
    Metric {
        name: "resilience_hedge_wins_total",
        otel: "resilience.hedge.wins",
        unit: "{call}",
        help: "Calls whose answer came from an attempt that began beside another one.",
        labels: &[],
        source: Source::Counters(&[("", &[Counter::HedgeWins])]),
    },
    Metric {
        name: "resilience_rejections_total",
        otel: "resilience.rejections",
        unit: "{call}",
        help: "Calls that were rejected before anything was sent, by cause.",
        labels: &[label("cause", "resilience.rejection.cause")],
        source: Source::Counters(REJECTED_BY),
    },
    Metric {
        name: "resilience_shadow_rejected_total",
        otel: "resilience.shadow_rejected",
        unit: "{attempt}",
        help: "Attempts that passed because a pattern is in shadow, by the one that would have held them back.",
        labels: &[label("cause", "resilience.rejection.cause")],
        source: Source::Counters(SHADOW_REJECTED_BY),
    },
    Metric {
        name: "resilience_timeouts_total",
        otel: "resilience.timeouts",
        unit: "{attempt}",
        help: "Attempts that were cut by their timeout; each is also an attempt of unknown outcome.",
        labels: &[],
        source: Source::Counters(&[("", &[Counter::Timeouts])]),
    },
    Metric {
        name: "resilience_fallbacks_total",
        otel: "resilience.fallbacks",
        unit: "{call}",
        help: "Calls that a fallback answered, by which one.",
        labels: &[label("strategy", "resilience.fallback.strategy")],
        source: Source::Counters(&[
            ("cache", &[Counter::FallbackCache]),
            ("call", &[Counter::FallbackCall]),
            ("value", &[Counter::FallbackValue]),
            ("registered", &[Counter::FallbackRegistered]),
        ]),
    },
    Metric {
        name: "resilience_fallback_failures_total",
        otel: "resilience.fallback.failures",
        unit: "{failure}",
        help: "Fallback functions that failed themselves.",
        labels: &[],
        source: Source::Counters(&[("", &[Counter::FallbackFailed])]),
    },
    Metric {
        name: "resilience_broken_streams_total",
        otel: "resilience.broken_streams",
        unit: "{stream}",
        help: "Streams that broke after they had begun.",
        labels: &[],
        source: Source::Counters(&[("", &[Counter::BrokenStreams])]),
    },
    Metric {
        name: "resilience_cache_requests_total",
        otel: "resilience.cache.requests",
        unit: "{request}",
        help: "Requests to read-through caches, by result.",
        labels: &[label("result", "resilience.cache.result")],
        source: Source::Counters(&[
            ("hit", &[Counter::CacheHits]),
            ("miss", &[Counter::CacheMisses]),
            ("shared", &[Counter::CacheShared]),
            ("stale", &[Counter::CacheStale]),
            ("negative", &[Counter::CacheNegative]),
            ("refresh", &[Counter::CacheRefreshes]),
        ]),
    },
    Metric {
        name: "resilience_cooldowns_total",
        otel: "resilience.rate_limit.pauses",
        unit: "{pause}",
        help: "Cooldowns that servers requested.",
        labels: &[],
        source: Source::Counters(&[("", &[Counter::Cooldowns])]),
    },
    Metric {
        name: "resilience_circuit_breaker_transitions_total",
        otel: "resilience.circuit_breaker.transitions",
        unit: "{transition}",
        help: "Changes of the circuit breaker's state.",
        labels: &[
            label("from", "resilience.circuit_breaker.from"),
            label("to", "resilience.circuit_breaker.to"),
        ],
        source: Source::Transitions,
    },
    Metric {
        name: "resilience_circuit_breaker_state",
        otel: "resilience.circuit_breaker.state",
        unit: "1",
        help: "1 for the state that the circuit breaker is in, 0 for the others.",
        labels: &[label("state", "resilience.circuit_breaker.state")],
        source: Source::CircuitState,
    },
    Metric {
        name: "resilience_circuit_breaker_keys",
        otel: "resilience.circuit_breaker.keys",
        unit: "{key}",
        help: "Keys that have a circuit breaker of their own, by its state.",
        labels: &[label("state", "resilience.circuit_breaker.state")],
        source: Source::CircuitKeys,
    },
    Metric {
        name: "resilience_retry_budget_left",
        otel: "resilience.retry_budget.remaining",
        unit: "{retry}",
        help: "Retries that the budget still pays for.",
        labels: &[],
        source: Source::Level(Level::BudgetLeft),
    },
    Metric {
        name: "resilience_retry_budget_capacity",
        otel: "resilience.retry_budget.limit",
        unit: "{retry}",
        help: "Retries that a full budget pays for.",
        labels: &[],
        source: Source::Level(Level::BudgetCapacity),
    },
    Metric {
        name: "resilience_rate_limit_remaining",
        otel: "resilience.rate_limit.remaining",
        unit: "{token}",
        help: "What could be taken of the rate limit right now, by calls without a key.",
        labels: &[],
        source: Source::Level(Level::RateLimitRemaining),
    },
    Metric {
        name: "resilience_rate_limit_limit",
        otel: "resilience.rate_limit.limit",
        unit: "{token}",
        help: "The most that can ever be taken of the rate limit at once.",
        labels: &[],
        source: Source::Level(Level::RateLimitLimit),
    },
    Metric {
        name: "resilience_bulkhead_in_flight",
        otel: "resilience.bulkhead.in_flight",
        unit: "{call}",
        help: "Calls that are inside the bulkhead.",
        labels: &[],
        source: Source::Level(Level::BulkheadInFlight),
    },
    Metric {
        name: "resilience_bulkhead_max_concurrent",
        otel: "resilience.bulkhead.limit",
        unit: "{call}",
        help: "Calls that the bulkhead has room for; an adaptive limit as it is now.",
        labels: &[],
        source: Source::Level(Level::BulkheadMaxConcurrent),
    },
    Metric {
        name: "resilience_bulkhead_keys",
        otel: "resilience.bulkhead.keys",
        unit: "{key}",
        help: "Keys that have a bulkhead of their own.",
        labels: &[],
        source: Source::Level(Level::BulkheadKeys),
    },
    Metric {
        name: "resilience_bulkhead_keys_in_flight",
        otel: "resilience.bulkhead.keys.in_flight",
        unit: "{call}",
        help: "Calls that are inside the bulkheads of keys.",
        labels: &[],
        source: Source::Level(Level::BulkheadKeysInFlight),
    },
    Metric {
        name: "resilience_call_duration_seconds",
        otel: "resilience.call.duration",
        unit: "s",
        help: "How long calls took that made an attempt, pauses and waits included, fallbacks not.",
        labels: &[],
        source: Source::Durations(Timed::Calls),
    },
    Metric {
        name: "resilience_attempt_duration_seconds",
        otel: "resilience.attempt.duration",
        unit: "s",
        help: "How long attempts took.",
        labels: &[],
        source: Source::Durations(Timed::Attempts),
    },
];

/// What is known of each check of a health monitor. It has no service and kind.
pub(crate) static HEALTH_CHECK: Metric = Metric {
    name: "resilience_health_check_status",
    otel: "resilience.health_check.status",
    unit: "1",
    help: "1 for the status that the health check has, 0 for the others.",
    labels: &[
        label("check", "resilience.health_check.name"),
        label("status", "resilience.health_check.status"),
    ],
    source: Source::HealthCheck,
};
