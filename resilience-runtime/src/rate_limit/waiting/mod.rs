//! Cooldowns, and the callers that wait for tokens or for the end of one.

pub(super) mod fifo;
pub(super) mod queue;
pub(super) mod wait;
pub(super) mod wait_state;
