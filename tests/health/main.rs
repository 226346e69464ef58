//! Health checks, promise by promise: under paused time, except where sockets are the point.

mod breakers;
mod child;
mod dependencies;
mod endpoint;
mod http;
mod intervals;
mod isolation;
mod remote;
mod secrets;
mod services;
mod stopping;
mod subscribing;
mod tcp;
mod thresholds;
mod wrong;
