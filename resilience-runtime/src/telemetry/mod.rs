//! What is told of calls: counters, latencies, correlation ids, spans and events. Never an argument, a
//! result or an error's text.

mod correlation;
mod counters;
mod event;
mod latency;
mod observers;
#[cfg(feature = "test-util")]
mod probe;
mod stats;
#[cfg(feature = "opentelemetry")]
mod timers;
pub(crate) mod trace;
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
mod transitions;

pub use correlation::{CorrelationId, WithCorrelationId, with_correlation_id};
pub use event::{CallResult, Event, EventKind};
pub(crate) use latency::Latency;
pub use latency::{DurationHistogram, ServiceLatency};
pub use observers::{Events, EventsError};
pub(crate) use observers::{Interest, Observers};
#[cfg(feature = "test-util")]
pub use probe::{CallRecorder, RecordedCall};
pub use stats::{
    CacheStats, FailureStats, FallbackStats, LatencyStats, LatencySummary, RegistryStats,
    RejectionStats, ServiceStats,
};

pub(crate) use counters::{Counter, Counters};
#[cfg(feature = "opentelemetry")]
pub(crate) use timers::Timer;
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
pub(crate) use transitions::Transitions;
