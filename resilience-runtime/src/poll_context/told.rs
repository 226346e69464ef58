//! What calls tell their bodies about themselves where a [brief](super::brief) is not enough: of a later attempt, after a wait, or
//! inside of another call.

use std::cell::RefCell;
use std::sync::Arc;

use super::shared_context::SharedContext;
use crate::clock::Moment;
use crate::verdict::Verdict;

/// What a call tells the body of an attempt.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) attempt: u32,
    pub(crate) max_attempts: u32,
    /// When the call began.
    pub(crate) began: Moment,
    /// What the failure of the attempt before meant.
    pub(crate) previous: Option<Verdict>,
    /// What all that was told of this call shares, once anybody asked.
    pub(crate) shared: Option<Arc<SharedContext>>,
}

thread_local! {
    /// Of the bodies that are being polled, the innermost last.
    static TOLD: RefCell<Vec<Told>> = const { RefCell::new(Vec::new()) };
}

/// Works on what was told; `None` where the thread ends.
fn with_told<T>(work: impl FnOnce(&mut Vec<Told>) -> T) -> Option<T> {
    TOLD.try_with(|told| work(&mut told.borrow_mut())).ok()
}

/// Returns whether it is kept.
pub(super) fn push(told: Told) -> bool {
    with_told(|all| all.push(told)).is_some()
}

pub(super) fn pop() -> Option<Told> {
    with_told(Vec::pop)?
}

pub(super) fn innermost() -> Option<Told> {
    with_told(|all| all.last().cloned())?
}
