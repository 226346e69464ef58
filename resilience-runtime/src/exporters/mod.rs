//! Exporters of the metrics: the `metrics` facade, OpenTelemetry and Prometheus. All of them read the table of
//! `telemetry::metrics`, so they report the same.

mod collect;
#[cfg(all(test, not(resilience_loom)))]
mod definitions_tests;
#[cfg(feature = "metrics")]
pub mod metrics_facade;
#[cfg(feature = "opentelemetry")]
pub mod opentelemetry;
#[cfg(feature = "prometheus")]
pub mod prometheus;
