//! The context of the body that a thread polls now: when it is cut, what it noted of its server, which calls inside of it
//! failed, and what it lends to them.
//!
//! All of it is saved and cleared round each poll of a body, so what is noted reaches the innermost annotated call alone.

mod brief;
mod call_context;
mod entered;
mod frame;
pub mod hint;
mod inner_failure;
mod notes;
mod offer;
mod offers;
mod poll_scope;
mod scope_id;
mod server_hint;
mod shared_context;
mod told;

use crate::clock::Moment;
use frame::Frame;

pub(crate) use brief::Brief;
pub use call_context::CallContext;
pub(crate) use call_context::is_looked_at;
pub(crate) use inner_failure::{InnerFailure, Judged, Leaving};
pub(crate) use notes::{
    Notes, forget_failures, note_failure_type, record_failure, record_report, rewrite_failure,
};
pub(crate) use offer::Offer;
pub(crate) use offers::{borrow_place, borrow_probe, give_back};
pub(crate) use poll_scope::{PollScope, Special};
pub(crate) use scope_id::ScopeId;
pub(crate) use server_hint::Hint;
pub(crate) use shared_context::SharedContext;
pub(crate) use told::Told;

/// Whether a body is being polled.
#[inline]
pub(crate) fn is_inside() -> bool {
    Frame::current().is_inside()
}

/// Whether a body is being polled that was pending before.
pub(crate) fn is_resumed() -> bool {
    Frame::current().is_resumed()
}

/// Whether anything is noted of the body that is being polled.
#[inline]
pub(crate) fn is_noted() -> bool {
    Frame::current().is_noted()
}

/// When the body that is being polled is cut, by its own limits or by those round it; never, where there is none.
pub(crate) fn limit() -> Moment {
    Frame::current().limit()
}
