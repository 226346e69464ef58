//! What is known of services, as numbers.

use std::time::Duration;

use crate::circuit_breaker::CircuitBreakerStats;
use crate::name::{ServiceKind, ServiceName};

use super::counters::{Counter, Counters};
use super::latency::{DurationHistogram, ServiceLatency};

/// What happened to one service since it was created.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceStats {
    /// The service.
    pub service: ServiceName,
    /// Its kind.
    pub kind: ServiceKind,
    /// Calls that ended, in whatever way.
    pub calls: u64,
    /// Runs of a body that ended, in whatever way.
    pub attempts: u64,
    /// Calls that the body answered.
    pub successes: u64,
    /// Calls that ended with a failure of their last attempt.
    pub failed: u64,
    /// Attempts that failed, by what their error meant.
    pub failures: FailureStats,
    /// Attempts that were cut by their `timeout`; also among the failures, outcome unknown.
    pub timeouts: u64,
    /// Calls that were ended by their `deadline`.
    pub deadlines: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// How often the server asked to be left alone, and was.
    pub cooldowns: u64,
    /// Calls that were turned away before anything was sent, by cause.
    pub rejections: RejectionStats,
    /// Calls that a configuration error kept from running.
    pub invalid_config: u64,
    /// Calls that were dropped before they ended.
    pub abandoned: u64,
    /// Streams that broke after they had begun: with an error, by falling silent or by ending early.
    pub broken_streams: u64,
    /// Calls that were answered by a fallback, by strategy.
    pub fallbacks: FallbackStats,
    /// What came of asking the caches of its functions.
    pub cache: CacheStats,
    /// How long calls and attempts took, since it has been [measured](crate::Registry::measure_latency).
    pub latency: Option<LatencyStats>,
    /// The circuit breaker.
    pub circuit: CircuitBreakerStats,
    /// What is left of the retry budget.
    pub retry_budget: f64,
    /// Calls that are inside the bulkhead now; 0 where there is none.
    pub in_flight: usize,
}

/// Failed attempts by what their error meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FailureStats {
    /// Surely not executed.
    pub transient: u64,
    /// Perhaps executed, own timeouts included.
    pub outcome_unknown: u64,
    /// The server asked for fewer calls.
    pub throttled: u64,
    /// Would fail again.
    pub permanent: u64,
}

impl FailureStats {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.transient + self.outcome_unknown + self.throttled + self.permanent
    }
}

/// Calls that were turned away, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RejectionStats {
    /// The circuit breaker was open.
    pub circuit_breaker: u64,
    /// The rate limit was used up, or the server had asked to be left alone.
    pub rate_limit: u64,
    /// The bulkhead was full.
    pub bulkhead: u64,
}

impl RejectionStats {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.circuit_breaker + self.rate_limit + self.bulkhead
    }
}

/// Calls that were answered by a fallback, by strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FallbackStats {
    /// The last good answer.
    pub cache: u64,
    /// A function.
    pub call: u64,
    /// A value.
    pub value: u64,
    /// A fallback registered at run time.
    pub registered: u64,
    /// Fallback functions that failed themselves; those calls were not answered by them.
    pub failed: u64,
}

impl FallbackStats {
    /// All calls that a fallback answered.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.cache + self.call + self.value + self.registered
    }
}

/// What came of asking the caches.
///
/// Each time one is asked, it is a hit, a miss, a refresh, shared or negative, or else stale at once. Only a
/// miss and a refresh are calls as well, with attempts, successes and failures: the others send nothing. Who
/// goes away while waiting for somebody else's call is not counted; whose deadline passes is, as a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheStats {
    /// Answered at once with a fresh answer.
    pub hits: u64,
    /// Nothing fresh was there, so the call was made.
    pub misses: u64,
    /// Answered with what came of somebody else's call, good or bad.
    pub shared: u64,
    /// Answered with an expired answer, because a new one could not be had: in place of a failed call, one's
    /// own or a shared one, or at once while it is too early to try again.
    pub stale: u64,
    /// Told at once that there is nothing.
    pub negative: u64,
    /// A fresh answer was about to expire, so the call was made.
    pub refreshes: u64,
}

/// How long the calls and attempts of a service took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LatencyStats {
    /// Calls that made an attempt, from start to end.
    pub calls: LatencySummary,
    /// Attempts.
    pub attempts: LatencySummary,
}

/// How long things took, in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LatencySummary {
    /// How many there were.
    pub count: u64,
    /// On average.
    pub mean: Option<Duration>,
    /// Half took at most that.
    pub p50: Option<Duration>,
    /// 90 % took at most that.
    pub p90: Option<Duration>,
    /// 95 % took at most that.
    pub p95: Option<Duration>,
    /// 99 % took at most that.
    pub p99: Option<Duration>,
    /// The longest.
    pub max: Duration,
}

impl From<&DurationHistogram> for LatencySummary {
    fn from(histogram: &DurationHistogram) -> Self {
        Self {
            count: histogram.count(),
            mean: histogram.mean(),
            p50: histogram.quantile(0.5),
            p90: histogram.quantile(0.9),
            p95: histogram.quantile(0.95),
            p99: histogram.quantile(0.99),
            max: histogram.max(),
        }
    }
}

impl From<&ServiceLatency> for LatencyStats {
    fn from(latency: &ServiceLatency) -> Self {
        Self {
            calls: (&latency.calls).into(),
            attempts: (&latency.attempts).into(),
        }
    }
}

/// What happened to all services of a registry.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RegistryStats {
    /// Services known.
    pub total_services: usize,
    /// Services whose breaker turns calls away now.
    pub open_breakers: usize,
    /// Fallbacks that exist: registered at run time, or of a function seen so far.
    pub total_fallbacks: usize,
    /// Calls of all services.
    pub total_calls: u64,
    /// Attempts of all services.
    pub total_attempts: u64,
    /// Retries of all services.
    pub total_retries: u64,
    /// Rejections of all services.
    pub total_rejections: u64,
    /// Calls of all services that a fallback answered.
    pub fallbacks_served: u64,
    /// Each service, sorted by name.
    pub services: Vec<ServiceStats>,
}

impl Counters {
    pub(crate) fn calls(&self) -> u64 {
        self.successes()
            + self.get(Counter::Failed)
            + self.get(Counter::Deadlines)
            + self.rejections().total()
            + self.get(Counter::InvalidConfig)
            + self.get(Counter::Abandoned)
    }

    pub(crate) fn attempts(&self) -> u64 {
        self.successes()
            + self.failures().total()
            + self.get(Counter::AttemptAbandoned)
            + self.get(Counter::AttemptNotTimed)
    }

    pub(crate) fn successes(&self) -> u64 {
        self.get(Counter::Succeeded)
    }

    pub(crate) fn failures(&self) -> FailureStats {
        FailureStats {
            transient: self.get(Counter::Transient),
            outcome_unknown: self.get(Counter::OutcomeUnknown),
            throttled: self.get(Counter::Throttled),
            permanent: self.get(Counter::Permanent),
        }
    }

    pub(crate) fn rejections(&self) -> RejectionStats {
        RejectionStats {
            circuit_breaker: self.get(Counter::RejectedByCircuit),
            rate_limit: self.get(Counter::RejectedByRateLimit),
            bulkhead: self.get(Counter::RejectedByBulkhead),
        }
    }

    pub(crate) fn fallbacks(&self) -> FallbackStats {
        FallbackStats {
            cache: self.get(Counter::FallbackCache),
            call: self.get(Counter::FallbackCall),
            value: self.get(Counter::FallbackValue),
            registered: self.get(Counter::FallbackRegistered),
            failed: self.get(Counter::FallbackFailed),
        }
    }
    pub(crate) fn cache(&self) -> CacheStats {
        CacheStats {
            hits: self.get(Counter::CacheHits),
            misses: self.get(Counter::CacheMisses),
            shared: self.get(Counter::CacheShared),
            stale: self.get(Counter::CacheStale),
            negative: self.get(Counter::CacheNegative),
            refreshes: self.get(Counter::CacheRefreshes),
        }
    }
}
