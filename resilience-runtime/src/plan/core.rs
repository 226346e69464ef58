//! What the callers of a service share.

use std::sync::Arc;

use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::fallback::RegisteredFallbacks;
use crate::name::{ServiceKind, ServiceName};
use crate::rate_limit::RateLimiter;
use crate::retry::RetryBudget;
use crate::session::Session;
use crate::telemetry::Counters;

/// What the callers of a service share. Plans refer to it, so it must not refer to plans.
#[derive(Debug)]
pub(crate) struct ServiceCore {
    pub(crate) name: ServiceName,
    pub(crate) kind: ServiceKind,
    pub(crate) breaker: Arc<CircuitBreaker>,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) bulkhead: Arc<Bulkhead>,
    pub(crate) budget: RetryBudget,
    pub(crate) session: Session,
    pub(crate) counters: Counters,
    pub(crate) registered: Arc<RegisteredFallbacks>,
    #[cfg(feature = "testing")]
    pub(crate) faults: Arc<crate::chaos::ServiceFaults>,
}
