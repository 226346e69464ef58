//! How things ended, counted from outside; and what the library says of it.

use resilience_runtime::telemetry::ServiceStats;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub successes: u64,
    pub failed: u64,
    pub deadlines: u64,
    pub by_circuit: u64,
    pub by_rate_limit: u64,
    pub by_bulkhead: u64,
    pub abandoned: u64,
    pub attempts: u64,
    pub retries: u64,
    pub transient: u64,
    pub outcome_unknown: u64,
    pub throttled: u64,
    pub permanent: u64,
    pub timeouts: u64,
    pub cooldowns: u64,
    pub fallback_call: u64,
    /// Answered with the last good answer: nobody sees of what those calls failed.
    pub fallback_cache: u64,
}

impl Tally {
    pub fn of(stats: &ServiceStats) -> Self {
        Self {
            successes: stats.successes,
            failed: stats.failed,
            deadlines: stats.deadlines,
            by_circuit: stats.rejections.circuit_breaker,
            by_rate_limit: stats.rejections.rate_limit,
            by_bulkhead: stats.rejections.bulkhead,
            abandoned: stats.abandoned,
            attempts: stats.attempts,
            retries: stats.retries,
            transient: stats.failures.transient,
            outcome_unknown: stats.failures.outcome_unknown,
            throttled: stats.failures.throttled,
            permanent: stats.failures.permanent,
            timeouts: stats.timeouts,
            cooldowns: stats.cooldowns,
            fallback_call: stats.fallbacks.call,
            fallback_cache: stats.fallbacks.cache,
        }
    }

    pub fn calls(&self) -> u64 {
        self.successes + self.abandoned + self.unanswered()
    }

    /// Calls that neither succeeded nor were left.
    pub fn unanswered(&self) -> u64 {
        self.failed + self.deadlines + self.by_circuit + self.by_rate_limit + self.by_bulkhead
    }

    /// The same without the causes of what was not answered.
    pub fn without_causes(self) -> Self {
        Self {
            failed: self.unanswered(),
            deadlines: 0,
            by_circuit: 0,
            by_rate_limit: 0,
            by_bulkhead: 0,
            ..self
        }
    }
}
