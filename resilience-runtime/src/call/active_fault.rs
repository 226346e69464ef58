//! A fault that was injected into an attempt.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::task::coop::Unconstrained;
use tokio::time::Sleep;

use crate::chaos::Instead;

/// What an injected fault does to an attempt.
pub(super) struct ActiveFault {
    pub(super) wait: Duration,
    pub(super) sleep: Option<Pin<Box<Unconstrained<Sleep>>>>,
    pub(super) instead: Option<Instead>,
    pub(super) reply_lost: bool,
}

impl fmt::Debug for ActiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveFault").finish_non_exhaustive()
    }
}
