//! The statistics of services.

use std::time::Duration;

use crate::circuit_breaker::CircuitBreakerStats;
use crate::config::rejections;
use crate::name::{ServiceKind, ServiceName};

use super::counters::{Counter, Counters};
use super::latency::{DurationHistogram, ServiceLatency};

/// Holds the statistics of one service since it was created.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceStats {
    /// Names the service that was counted.
    pub service: ServiceName,
    /// Holds the kind of the service.
    pub kind: ServiceKind,
    /// Counts calls that ended, with any result.
    pub calls: u64,
    /// Counts attempts that ended, with any result.
    pub attempts: u64,
    /// Counts calls whose body returned a success.
    pub successes: u64,
    /// Counts calls that ended with a failure of their last attempt.
    pub failed: u64,
    /// Counts failed attempts by the class of their error.
    pub failures: FailureStats,
    /// Counts attempts that were ended by their `timeout`; they are also failures of unknown outcome.
    pub timeouts: u64,
    /// Counts calls that were ended by their `deadline`.
    pub deadlines: u64,
    /// Counts attempts after the first one of a call, without hedges.
    pub retries: u64,
    /// Counts attempts that started beside another one of their call.
    pub hedges: u64,
    /// Counts calls whose answer came from such an attempt.
    pub hedge_wins: u64,
    /// Counts attempts that were dropped because another one of their call had decided.
    pub hedge_cancelled: u64,
    /// Counts the cooldowns that the server requested.
    pub cooldowns: u64,
    /// Counts calls that were rejected before anything was sent, by cause.
    pub rejections: RejectionStats,
    /// Counts attempts that passed in [shadow](crate::config::PatternMode::Shadow) alone, by the pattern that would have
    /// rejected them or made them wait.
    pub shadow_rejected: RejectionStats,
    /// Counts calls that failed with an invalid configuration.
    pub invalid_config: u64,
    /// Counts calls that were dropped before they ended.
    pub abandoned: u64,
    /// Counts streams that broke off after their first item: with an error, by the idle timeout or by ending early.
    pub broken_streams: u64,
    /// Counts calls that a fallback answered, by strategy.
    pub fallbacks: FallbackStats,
    /// Counts the requests to the caches of the service's functions, by result.
    pub cache: CacheStats,
    /// Summarizes the durations of calls and attempts since they have been [measured](crate::Registry::measure_latency).
    pub latency: Option<LatencyStats>,
    /// Holds the statistics of the circuit breaker.
    pub circuit: CircuitBreakerStats,
    /// Holds how many retries the budget allows at the moment.
    pub retry_budget: f64,
    /// Counts the calls that hold a permit of the bulkhead; 0 where there is none.
    pub in_flight: usize,
    /// Holds how many calls the bulkhead has room for at the moment; `None` where there is none.
    pub max_concurrent: Option<usize>,
    /// Counts the keys that have a circuit breaker of their own; `None` where no call gave one.
    pub circuit_keys: Option<CircuitBreakerKeys>,
    /// Counts the keys that have a bulkhead of their own; `None` where no call gave one.
    pub bulkhead_keys: Option<BulkheadKeys>,
    /// Holds what is known of the service as a [target](crate::targets); `None` where it is none.
    pub target: Option<TargetStats>,
}

/// Holds what is known of a service that is one of the targets of another one, or the group that some of them share.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TargetStats {
    /// Names the service whose target it is.
    pub pool: ServiceName,
    /// Holds the moving average of how long its attempts take, which follows a slower one at once and a faster one slowly;
    /// `None` before the first answer.
    pub latency: Option<Duration>,
    /// Counts the attempts that it has now, streams that have not ended included.
    pub in_flight: u32,
    /// Holds its share of the calls in relation to the other targets; 0 for a group that is not a target itself.
    pub weight: f64,
}

/// Counts the keys of a service's circuit breakers. No key is kept, so none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CircuitBreakerKeys {
    /// Counts the keys that have a breaker of their own; at most `max_keys`, unless that was lowered.
    pub known: usize,
    /// Counts the open breakers, those forced open included. The one that keys beyond `max_keys` share is one of them.
    pub open: usize,
    /// Counts the half-open breakers.
    pub half_open: usize,
}

/// Counts the keys of a service's bulkheads. No key is kept, so none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BulkheadKeys {
    /// Counts the keys that have a bulkhead of their own; at most `max_keys`, unless that was lowered.
    pub known: usize,
    /// Counts the calls that hold a permit of any of them, or of the one that keys beyond `max_keys` share.
    pub in_flight: usize,
}

/// Counts failed attempts by the class of their error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FailureStats {
    /// Counts attempts that were certainly not executed.
    pub transient: u64,
    /// Counts attempts that may have been executed, timeouts included.
    pub outcome_unknown: u64,
    /// Counts attempts whose server asked for fewer calls.
    pub throttled: u64,
    /// Counts attempts that would fail again.
    pub permanent: u64,
}

impl FailureStats {
    /// Returns the sum of all counts.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.transient + self.outcome_unknown + self.throttled + self.permanent
    }
}

/// Declares the statistics of rejections.
macro_rules! rejection_stats {
    ($($(#[$doc:meta])* $pattern:ident: $rejected:ident, $shadow:ident;)*) => {
        /// Counts rejections by the pattern that is the cause.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct RejectionStats {
            $( $(#[$doc])* pub $pattern: u64, )*
        }

        impl RejectionStats {
            /// Returns the sum of all counts.
            #[must_use]
            pub const fn total(&self) -> u64 {
                0 $(+ self.$pattern)*
            }
        }

        impl Counters {
            pub(crate) fn rejections(&self) -> RejectionStats {
                RejectionStats { $($pattern: self.get(Counter::$rejected),)* }
            }

            pub(crate) fn shadow_rejections(&self) -> RejectionStats {
                RejectionStats { $($pattern: self.get(Counter::$shadow),)* }
            }
        }
    };
}

rejections!(rejection_stats);

/// Counts calls that a fallback answered, by strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FallbackStats {
    /// Counts calls answered with the last good value.
    pub cache: u64,
    /// Counts calls answered by a fallback function.
    pub call: u64,
    /// Counts calls answered with a fallback value.
    pub value: u64,
    /// Counts calls answered by a fallback registered at run time.
    pub registered: u64,
    /// Counts fallback functions that failed; they did not answer their calls.
    pub failed: u64,
}

impl FallbackStats {
    /// Returns the number of calls that a fallback answered.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.cache + self.call + self.value + self.registered
    }
}

/// Counts the requests to caches by result.
///
/// Each request is a hit, a miss, a refresh, shared or negative, or stale at once. Only a miss and a refresh are calls as
/// well, with attempts, successes and failures: the others send nothing. A caller that is dropped while it waits for
/// another call is not counted; one whose deadline passes is counted as a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheStats {
    /// Counts requests answered at once with a fresh value.
    pub hits: u64,
    /// Counts requests without a fresh value, which made the call.
    pub misses: u64,
    /// Counts requests that shared the result of another call, success or failure.
    pub shared: u64,
    /// Counts requests answered with an expired value because the load failed: their own call, a shared one, or an
    /// earlier one after which it is too early to try again.
    pub stale: u64,
    /// Counts requests answered at once with a remembered "not found".
    pub negative: u64,
    /// Counts requests whose fresh value was about to expire, which made the call.
    pub refreshes: u64,
}

/// Summarizes the durations of the calls and attempts of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LatencyStats {
    /// Summarizes the durations of calls that made an attempt, from start to end.
    pub calls: LatencySummary,
    /// Summarizes the durations of attempts.
    pub attempts: LatencySummary,
}

/// Summarizes durations in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LatencySummary {
    /// Counts the durations that were measured.
    pub count: u64,
    /// Holds the mean of the durations.
    pub mean: Option<Duration>,
    /// Holds the median of the durations.
    pub p50: Option<Duration>,
    /// Holds the 90th percentile of the durations.
    pub p90: Option<Duration>,
    /// Holds the 95th percentile of the durations.
    pub p95: Option<Duration>,
    /// Holds the 99th percentile of the durations.
    pub p99: Option<Duration>,
    /// Holds the longest of the durations.
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

/// Holds the statistics of all services of a registry.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RegistryStats {
    /// Counts the services of the registry.
    pub total_services: usize,
    /// Counts the services whose breaker rejects calls now.
    pub open_breakers: usize,
    /// Counts the fallbacks that exist: registered at run time, or of a function called so far.
    pub total_fallbacks: usize,
    /// Counts the calls of all services.
    pub total_calls: u64,
    /// Counts the attempts of all services.
    pub total_attempts: u64,
    /// Counts the retries of all services.
    pub total_retries: u64,
    /// Counts the rejections of all services.
    pub total_rejections: u64,
    /// Counts the calls of all services that a fallback answered.
    pub fallbacks_served: u64,
    /// Holds the statistics of each service, sorted by name.
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
            + self.get(Counter::HedgeCancelled)
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
