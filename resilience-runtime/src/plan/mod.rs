//! What runs for one function: the end of all configuration. Made by the registry, followed by the call.

mod core;
mod description;
mod hedging;
mod keys;
mod pattern_observer;
mod site;
mod state;
mod targets;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::clock::{NEVER, nanos};
use crate::config::{ConfigError, Effective, Pattern, Patterns, RateLimitConfig};
use crate::name::ServiceKind;
use crate::poll_context::Brief;
use crate::rate_limit::Unit;
use crate::retry::RetryPolicy;
use crate::targets::{Choice, Pick};

pub(crate) use self::core::ServiceCore;
pub use self::description::Function;
pub(crate) use self::hedging::Hedging;
pub use self::site::PlanRef;
pub use self::site::Site;
pub(crate) use self::state::FunctionState;

/// What runs for one function, or for a service's calls by hand. A call keeps the plan that it started
/// with.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The configuration that it was made from; a call site whose registry has moved on asks again.
    pub(crate) epoch: u64,
    pub(crate) core: Arc<ServiceCore>,
    pub(crate) function: Arc<FunctionState>,
    /// Why nothing runs, without the values: every call is told.
    pub(crate) refusal: Option<ConfigError>,
    /// Bodies run bare, only fallbacks stay.
    pub(crate) bare: bool,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) hedge: Option<Hedging>,
    max_attempts: u32,
    pub(crate) max_retry_after: Duration,
    pub(crate) budget: bool,
    pub(crate) circuit: bool,
    pub(crate) rate_limit: bool,
    pub(crate) rate_limit_wait: Duration,
    /// The cost of a call is tokens, beside the one request.
    pub(crate) counts_tokens: bool,
    pub(crate) bulkhead: bool,
    pub(crate) bulkhead_wait: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    /// The timeout in nanoseconds; without one, never.
    pub(crate) until_timeout: u64,
    /// An attempt's longest waits and its timeout; zero without a deadline.
    pub(crate) longest_attempt: u64,
    /// The same of the deadline.
    pub(crate) until_deadline: u64,
    /// The shorter of both.
    pub(crate) until_limit: u64,
    /// What a level above the attribute decides on them, also where the declaration switches them off.
    pub(crate) decided_timeout: Option<Duration>,
    pub(crate) decided_deadline: Option<Duration>,
    /// What a body can be told without asking the call.
    pub(crate) brief: Brief,
    /// Bodies run bare, or the brief does not hold all of it.
    pub(crate) is_unusual: bool,
    pub(crate) idempotent: bool,
    /// Its attempts go to one of several targets each.
    pub(crate) has_targets: bool,
    /// Of a function with targets, what runs at each; made when it is called.
    pub(crate) targets: ArcSwapOption<TargetPlans>,
    /// Of a target, its weight where a level sets it.
    pub(crate) weight: Option<f64>,
}

/// What runs for a function at each target of a pool, under one configuration.
#[derive(Debug)]
pub(crate) struct TargetPlans {
    /// The pool's targets that it was made for.
    pub(crate) version: u64,
    /// The configuration that it was made from.
    pub(crate) epoch: u64,
    pub(crate) targets: Box<[TargetPlan]>,
    choice: Choice,
    pick: Pick,
}

/// What runs for a function at one target.
#[derive(Debug)]
pub(crate) struct TargetPlan {
    pub(crate) plan: Arc<Plan>,
}

impl Plan {
    pub(crate) fn new(
        epoch: u64,
        core: Arc<ServiceCore>,
        function: Arc<FunctionState>,
        bare: bool,
        off: Patterns,
        effective: Result<&Effective, ConfigError>,
    ) -> Self {
        let kind = function.kind.unwrap_or(core.kind);
        let preset;
        let (effective, mut refusal) = match effective {
            Ok(effective) => (effective, None),
            Err(error) => {
                preset = Effective::preset(kind);
                (&preset, Some(error))
            }
        };
        if let (Err(error), false) = (&function.cache, bare) {
            refusal.get_or_insert_with(|| error.clone());
        }
        let on = |pattern| !bare && !off.has(pattern);
        // With targets, each of them has these patterns, and the service itself none.
        let has_gates = !function.targets || core.pool.is_some();
        let gates = |pattern| has_gates && on(pattern);
        let retry = if on(Pattern::Retry) && effective.retry.max_attempts > 1 {
            match RetryPolicy::new(effective.retry.clone()) {
                Ok(policy) => Some(policy),
                Err(error) => {
                    refusal.get_or_insert(error);
                    None
                }
            }
        } else {
            None
        };
        let deadline = on(Pattern::Deadline).then_some(effective.deadline);
        let timeout = on(Pattern::Timeout).then_some(effective.timeout);
        let until = |limit: Option<Duration>| limit.map_or(NEVER, |limit| nanos(limit).min(NEVER));
        let until_limit = until(timeout).min(until(deadline));
        let hedge = (function.hedges && on(Pattern::Hedge))
            .then(|| Hedging::new(effective.hedge.config()))
            .flatten();
        let max_attempts = match (&retry, &hedge) {
            (Some(retry), _) => retry.config().max_attempts,
            (None, Some(hedge)) if !on(Pattern::Retry) => hedge.attempts(),
            (None, _) => 1,
        };
        let brief = Brief::new(max_attempts, until_limit);
        Self {
            epoch,
            refusal: refusal.map(|error| error.withheld()),
            bare,
            retry,
            hedge,
            max_attempts,
            max_retry_after: effective.max_retry_after,
            budget: on(Pattern::RetryBudget) && core.pool.is_none(),
            circuit: gates(Pattern::Circuit),
            rate_limit: gates(Pattern::RateLimit),
            rate_limit_wait: effective.rate_limit_wait,
            counts_tokens: on(Pattern::RateLimit)
                && (effective.rate_limit.as_ref()).is_some_and(RateLimitConfig::counts_tokens),
            bulkhead: gates(Pattern::Bulkhead) && effective.bulkhead.is_some(),
            bulkhead_wait: effective.bulkhead_wait,
            timeout,
            deadline,
            until_timeout: until(timeout),
            longest_attempt: deadline.map_or(0, |_| longest_attempt(effective, timeout)),
            until_deadline: until(deadline),
            until_limit,
            decided_timeout: effective.decided.timeout.then_some(effective.timeout),
            decided_deadline: effective.decided.deadline.then_some(effective.deadline),
            brief,
            is_unusual: bare || !brief.is_exact(max_attempts, until_limit),
            idempotent: function
                .idempotent
                .unwrap_or_else(|| kind.idempotent_by_default()),
            has_targets: function.targets,
            targets: ArcSwapOption::const_empty(),
            weight: effective.target_weight,
            core,
            function,
        }
    }

    /// Whether calls run under it as under the other one. Which configuration they were made from is
    /// another question.
    pub(crate) fn runs_like(&self, other: &Self) -> bool {
        let Self {
            epoch: _,
            core,
            function,
            refusal,
            bare,
            retry,
            hedge,
            max_attempts,
            max_retry_after,
            budget,
            circuit,
            rate_limit,
            rate_limit_wait,
            counts_tokens,
            bulkhead,
            bulkhead_wait,
            timeout,
            deadline,
            until_timeout: _,
            longest_attempt: _,
            until_deadline: _,
            until_limit: _,
            decided_timeout,
            decided_deadline,
            brief: _,
            is_unusual: _,
            idempotent,
            // It is asked by itself whether they still hold.
            has_targets: _,
            targets: _,
            weight,
        } = other;
        let retries = |policy: &Option<RetryPolicy>| policy.as_ref().map(|it| it.config().clone());
        Arc::ptr_eq(&self.core, core)
            && Arc::ptr_eq(&self.function, function)
            && self.refusal.is_none()
            && refusal.is_none()
            && self.bare == *bare
            && retries(&self.retry) == retries(retry)
            && self.hedge == *hedge
            && self.max_attempts == *max_attempts
            && self.max_retry_after == *max_retry_after
            && self.budget == *budget
            && self.circuit == *circuit
            && self.rate_limit == *rate_limit
            && self.rate_limit_wait == *rate_limit_wait
            && self.counts_tokens == *counts_tokens
            && self.bulkhead == *bulkhead
            && self.bulkhead_wait == *bulkhead_wait
            && self.timeout == *timeout
            && self.deadline == *deadline
            && self.decided_timeout == *decided_timeout
            && self.decided_deadline == *decided_deadline
            && self.idempotent == *idempotent
            && self.weight == *weight
    }

    /// The kind that decides on errors: the function's own, whatever kind its service was first seen with.
    pub(crate) fn kind(&self) -> ServiceKind {
        self.function.kind.unwrap_or(self.core.kind)
    }

    /// The kind whose default holds for an error that no rule knows. Nobody knows what became of the call, so only what may be
    /// repeated gets the default of a kind that repeats.
    pub(crate) fn kind_of_unknown_errors(&self) -> ServiceKind {
        if self.idempotent {
            self.kind()
        } else {
            ServiceKind::Custom
        }
    }

    /// What the cost of a call is measured in.
    pub(crate) fn unit(&self) -> Unit {
        if self.counts_tokens {
            Unit::Tokens
        } else {
            Unit::Requests
        }
    }

    /// How many attempts a call makes at most, hedges included.
    #[inline]
    pub(crate) fn max_attempts(&self) -> u32 {
        self.max_attempts
    }
}

/// How long an attempt may take by its own limits, in nanoseconds.
fn longest_attempt(effective: &Effective, timeout: Option<Duration>) -> u64 {
    let waits = nanos(effective.rate_limit_wait).saturating_add(nanos(effective.bulkhead_wait));
    timeout.map_or(u64::MAX, nanos).saturating_add(waits)
}
