//! What a key waits with: its cooldown and its queue.

mod class;
mod line_places;
mod places;
pub(super) mod queue;
pub(super) mod ticket;
mod turns;
pub(super) mod wait_state;
pub(in crate::rate_limit) mod watch;
