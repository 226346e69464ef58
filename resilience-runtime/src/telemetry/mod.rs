//! What is told of calls: counters, correlation ids, spans and events. Never an argument, a result or
//! an error's text.

mod correlation;
mod counters;
pub(crate) mod events;
mod stats;

pub(crate) use correlation::EnteredCorrelation;
pub use correlation::{CorrelationId, WithCorrelationId, with_correlation_id};
pub use stats::{
    CacheStats, FailureStats, FallbackStats, RegistryStats, RejectionStats, ServiceStats,
};

pub(crate) use counters::{Counter, Counters};
