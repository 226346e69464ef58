//! The ways of counting one key: plain functions of a state, a cost and a time.

pub(super) mod any_meter;
pub(super) mod fixed_window;
#[cfg(feature = "fleet")]
pub(super) mod leased;
pub(super) mod limit_set;
pub(super) mod limits;
mod log;
pub(super) mod meter;
pub(super) mod sliding_window;
pub(super) mod token_bucket;
