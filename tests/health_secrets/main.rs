//! What health checks show and log. A program of its own: `tracing` caches whether an event has a subscriber, and tests
//! without one beside it would decide that.

#[path = "../health/remote.rs"]
#[allow(dead_code)]
mod remote;
mod secrets;
