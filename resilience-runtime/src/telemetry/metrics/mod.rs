//! The table of all metrics, and what a service keeps to report them to the `metrics` facade when they happen. The
//! exporters read the same table, so all of them report the same.

pub(crate) mod definitions;
#[cfg(feature = "metrics")]
pub(crate) mod handles;
#[cfg(feature = "metrics")]
pub(crate) mod recorder;

#[cfg(feature = "metrics")]
pub(crate) use handles::MetricHandles;
#[cfg(feature = "metrics")]
pub(crate) use recorder::is_recorded;
