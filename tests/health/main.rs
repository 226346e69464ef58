//! Health checks, under paused time except where sockets are the subject.

mod breakers;
mod child;
mod dependencies;
mod endpoint;
mod http;
mod intervals;
mod isolation;
mod remote;
mod services;
mod stopping;
mod subscriptions;
mod tcp;
mod thresholds;
mod validation;
