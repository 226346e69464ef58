//! What one caller can do to another: nothing. A pattern that keeps something for its callers, or makes them wait, has its
//! tests here.

mod answers;
mod borrowed;
mod lines;
mod loads;
mod loads_in_line;
mod nested;
mod probes;
mod refreshes;
mod registry;
mod revoked;
mod server;
