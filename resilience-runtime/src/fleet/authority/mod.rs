//! Decides who gets tokens: plain functions of a state, a request and the time, in whole microseconds.
//!
//! All numbers are integers, and none is above 2⁵³: the script for Redis computes the same in doubles, and a test compares
//! the two.
//!
//! The order of decisions is the order of starts: what is granted starts no earlier than what was promised before. So each
//! meter can charge a grant as if its start had come, and needs to look no further ahead.

mod bucket;
mod fixed;
mod meter;
mod presence;
mod sliding;
mod state;
mod terms;
#[cfg(test)]
mod tests;

pub(super) use state::{Decision, State};
pub(super) use terms::Terms;

use terms::Term;
