//! Logs and spans of calls. In a process of its own, and one test at a time: `tracing` caches the interest in a callsite
//! for all threads of a process.

mod capture;
#[path = "../operations/client.rs"]
#[allow(dead_code)]
mod client;
mod correlation;
mod disabled;
#[path = "../behaviour/errors.rs"]
#[allow(dead_code)]
mod errors;
#[path = "../health/remote.rs"]
#[allow(dead_code)]
mod health_remote;
mod labels;
#[path = "../behaviour/poll.rs"]
#[allow(dead_code)]
mod poll;
#[path = "../behaviour/remote.rs"]
#[allow(dead_code)]
mod remote;
mod secrets;
mod spans;
mod stale;
mod streams;
mod unknown_errors;
