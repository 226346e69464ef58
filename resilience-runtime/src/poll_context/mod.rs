//! The context of the body that a thread polls now: whether an error that leaves it was already given
//! up on inside, and what the body recorded about the server.
//!
//! All of it is saved and cleared round each poll of a body, so what is recorded reaches the innermost
//! annotated call alone, and only an error that leaves in the same poll counts as given up.

pub mod hint;
mod poll_scope;
mod server_hint;

pub(crate) use poll_scope::{PollScope, mark};
pub(crate) use server_hint::Hint;
