//! What one caller can do to another: nothing. A pattern that keeps something for its callers, or makes them wait, has its
//! tests here.

mod answers;
mod borrowed;
mod herd;
mod kept;
mod kinds;
mod lines;
mod loads;
mod loads_in_line;
mod nested;
mod nested_edges;
mod nested_patterns;
mod places;
mod probes;
mod queued;
mod refreshes;
mod registry;
mod renewals;
mod revoked;
mod server;
mod simulation;
mod thread_exit;
