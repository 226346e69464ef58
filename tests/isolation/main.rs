//! What one caller can do to another: nothing. A pattern that keeps something for its callers, or makes them wait, has its
//! tests here.

mod answers;
mod lines;
mod probes;
mod registry;
mod revoked;
