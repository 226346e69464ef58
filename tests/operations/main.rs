//! The routes for operators, without sockets and under paused time, except where a socket is the subject.

#[path = "../telemetry/capture.rs"]
#[allow(dead_code)]
mod capture;
mod client;
mod control;
mod dashboard;
mod documented;
mod events;
mod health_routes;
mod metrics;
mod names;
mod nested;
mod origin;
#[path = "../health/remote.rs"]
#[allow(dead_code)]
mod remote;
mod secrets;
mod services;
mod socket;
mod subscribers;
