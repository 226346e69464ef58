//! What calls tell their bodies about themselves where a [brief](super::brief) is not enough: of a later attempt, after a wait, or
//! inside of another call.

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
