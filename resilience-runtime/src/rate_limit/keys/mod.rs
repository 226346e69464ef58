//! The keys of a limiter: the state of each in bounded memory, and the decision for a call.

pub(super) mod key_states;
pub(super) mod keyed;
#[cfg(feature = "fleet")]
pub(super) mod leases;
pub(super) mod line_end;
mod ready;
pub(super) mod segment;
pub(super) mod table;
