//! The routes for operators: asked without sockets under paused time, except where a socket is the point.

mod asking;
#[path = "../telemetry/capture.rs"]
#[allow(dead_code)]
mod capture;
mod control;
mod documented;
mod events;
mod health_routes;
mod names;
mod nested;
mod page;
mod readers;
#[path = "../health/remote.rs"]
#[allow(dead_code)]
mod remote;
mod scrape;
mod secrets;
mod services;
mod socket;
