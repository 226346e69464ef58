//! How a failed call ended, as the call round it has to know it.

use crate::poll_context::ScopeId;

/// How a failed call ended, as an enclosing call has to know it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ending {
    /// The call is not to be repeated: it was attempted twice.
    pub(super) gave_up: bool,
    pub(super) rejected_by: Option<ScopeId>,
    /// It was turned away before anything was sent.
    pub(super) nothing_ran: bool,
}

/// How a call ends with an error of the runtime's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    Failed,
    /// The failure was noted already, and the caller gets another error for it.
    Rewritten,
    /// It got the failure of another call of the same key: nothing was sent, and a retry would get the same.
    Shared,
}

/// The failure of an inner call that an error is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    pub(super) service: ScopeId,
    pub(super) ending: Ending,
}

impl Inner {
    /// Whether a call to `service` is not to repeat it.
    pub(super) fn is_not_repeated_by(self, service: ScopeId) -> bool {
        let rejected_by = self.ending.rejected_by;
        self.ending.gave_up || rejected_by.is_some_and(|it| it.is_same_service(service))
    }

    pub(super) fn is_of(self, service: ScopeId) -> bool {
        self.service.is_same_service(service)
    }
}
