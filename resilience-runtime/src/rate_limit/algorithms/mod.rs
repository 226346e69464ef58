//! The ways of counting one key: plain functions of a state, a cost and a time.

pub(super) mod carry_over;
pub(super) mod fixed_window;
mod log;
pub(super) mod meter;
pub(super) mod requests_and_tokens;
pub(super) mod sliding_window;
pub(super) mod token_bucket;
