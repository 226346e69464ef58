//! The failure of a call inside of a body, and whether an error that leaves the body is that failure.

use std::error::Error;

use super::scope_id::ScopeId;
use crate::clock::Moment;
use crate::error::{Class, ErrorCode, Reason, Verdict};
use crate::error_type::{ErrorType, IsHeld, Variant};

/// A call inside of a body ended with an error.
#[derive(Clone, Debug)]
pub(crate) struct InnerFailure {
    /// The function's address, to recognize it.
    pub(crate) function: usize,
    pub(crate) service: ScopeId,
    /// It was attempted twice, or is itself such a failure of a call further inside: it is not to be repeated.
    pub(crate) gave_up: bool,
    /// The service whose pattern turned it away.
    pub(crate) rejected_by: Option<ScopeId>,
    /// It was turned away before anything was sent, and the body had not been pending before it began.
    pub(crate) nothing_ran: bool,
    pub(crate) error: ErrorType,
    pub(crate) judged: Judged,
    /// The runtime made the error.
    pub(crate) is_local: bool,
    pub(crate) held: Option<(IsHeld, Variant)>,
    pub(crate) ended_in_this_poll: bool,
    pub(crate) began: Moment,
    pub(crate) ended: Moment,
}

/// What an error means, as far as it identifies the error. The attribute's `classify` is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    class: Class,
    code: Option<ErrorCode>,
    reason: Option<Reason>,
}

/// An error that leaves a body.
pub(crate) struct Leaving<'a> {
    pub(crate) error: ErrorType,
    pub(crate) judged: Judged,
    /// Where it has sources, the first that is of a known type.
    pub(crate) sources: Option<&'a (dyn Error + 'static)>,
}

/// Sources that are looked at: an error may be its own source.
const DEEPEST: usize = 32;

impl InnerFailure {
    /// Whether the error that leaves the body is this failure.
    pub(super) fn is(&self, leaving: &Leaving<'_>) -> bool {
        let same_judged = self.judged == leaving.judged;
        if self.error.name == leaving.error.name {
            // An error of ours within an error that is judged by the user's own rules is recognized where it leaves at once.
            let known = same_judged || (self.is_local && self.ended_in_this_poll);
            return self.error.variant == leaving.error.variant && known;
        }
        self.ended_in_this_poll
            || self.is_held_by(leaving.sources)
            || (same_judged && self.judged.says_something())
    }

    fn is_held_by(&self, sources: Option<&(dyn Error + 'static)>) -> bool {
        let Some((is_held, variant)) = self.held else {
            return false;
        };
        let mut chain = std::iter::successors(sources, |&error| error.source()).take(DEEPEST);
        chain.any(|error| is_held(error, variant))
    }

    /// Whether `newer` says the same, and more recently. Calls beside each other are told apart: one of them may yet be
    /// answered by a fallback.
    pub(super) fn is_repeated_by(&self, newer: &Self) -> bool {
        self.function == newer.function
            && self.ended <= newer.began
            && self.error == newer.error
            && self.judged == newer.judged
            && self.service == newer.service
    }
}

impl Judged {
    fn says_something(self) -> bool {
        self.code.is_some() || self.reason.is_some()
    }
}

impl From<Verdict> for Judged {
    fn from(verdict: Verdict) -> Self {
        Self {
            class: verdict.class(),
            code: verdict.code(),
            reason: verdict.reason(),
        }
    }
}
