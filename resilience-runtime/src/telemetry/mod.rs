//! Observes calls by counters, latencies, correlation ids, spans and events. It never contains an argument, a result
//! or an error's text.

#[cfg(feature = "test-util")]
mod call_recorder;
mod correlation;
mod counters;
mod event;
mod latency;
#[cfg(any(feature = "metrics", feature = "opentelemetry", feature = "prometheus"))]
pub(crate) mod metrics;
mod observers;
#[cfg(feature = "test-util")]
mod recorded_call;
#[cfg(feature = "test-util")]
mod recording;
mod stats;
#[cfg(feature = "opentelemetry")]
mod timers;
pub(crate) mod trace;
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
mod transitions;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub use call_recorder::CallRecorder;
pub use correlation::{CorrelationId, WithCorrelationId, with_correlation_id};
pub use event::{CallResult, Event, EventKind};
pub(crate) use latency::Latency;
pub use latency::{DurationHistogram, ServiceLatency};
pub(crate) use observers::{Channel, Observers};
pub use observers::{Events, EventsError};
#[cfg(feature = "test-util")]
pub use recorded_call::RecordedCall;
pub use stats::{
    BulkheadKeys, CacheStats, CircuitBreakerKeys, FailureStats, FallbackStats, LatencyStats,
    LatencySummary, RegistryStats, RejectionStats, ServiceStats, TargetStats,
};

pub(crate) use counters::{Counter, Counters};
#[cfg(feature = "opentelemetry")]
pub(crate) use timers::Timer;
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
pub(crate) use transitions::Transitions;
