//! A failed attempt, as the call decides on it.

use super::ending::Inner;
use crate::clock::Moment;
use crate::fallback::FailureCause;
use crate::verdict::Verdict;

/// An attempt that failed, as the call decides on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailedAttempt {
    pub(super) verdict: Verdict,
    pub(super) cause: FailureCause,
    /// Whether the error asks for a retry.
    pub(super) wants_retry: bool,
    /// The error is that of an inner call.
    pub(super) inner: Option<Inner>,
    pub(super) error_type: &'static str,
    pub(super) at: Moment,
}

/// What a server answered that fallbacks go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushback {
    ContextTooLarge,
    Throttled,
    /// Denied, or not found: an earlier answer does not hold any more.
    Revoked,
}
