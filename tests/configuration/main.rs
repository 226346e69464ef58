//! Configuration: precedence of sources, conflicts, and that the effective values run.

mod adaptive_keys;
mod bad_values;
mod by_key;
#[path = "../telemetry/capture.rs"]
#[allow(dead_code)]
mod capture;
mod child;
mod circuit_keys;
mod clamping;
mod clashes;
#[path = "../operations/client.rs"]
#[allow(dead_code)]
mod client;
mod declared;
mod declared_edges;
#[path = "../behaviour/errors.rs"]
#[allow(dead_code)]
mod errors;
mod extremes;
mod files;
mod fleet_keys;
#[path = "../health/remote.rs"]
#[allow(dead_code)]
mod health_remote;
mod keyed;
mod limit_keys;
mod limit_sets;
mod limits_per_key;
mod live;
mod names;
mod off;
mod origins;
#[path = "../behaviour/poll.rs"]
#[allow(dead_code)]
mod poll;
mod precedence;
mod presets;
#[path = "../behaviour/remote.rs"]
#[allow(dead_code)]
mod remote;
mod retry_keys;
mod secrets;
mod tokens;
