//! What is known of a call from before: where it began, and what happened to it.

/// Whether a call began while the body round it had not been pending yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Began {
    /// It has not waited since.
    InThisPoll,
    BeforeAnyPending,
    Later,
}

/// What happened to a call and its earlier attempts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Past(u8);

impl Past {
    /// An attempt was cut by its timeout.
    pub(super) const TIMED_OUT: Self = Self(1);
    /// The call has renewed the session itself.
    pub(super) const RECONNECTED: Self = Self(2);

    /// The body round it knows nothing of its failure any more.
    pub(super) const FORGOTTEN: Self = Self(4);
    /// A client has sent the only copy of the request.
    pub(super) const REQUEST_USED_UP: Self = Self(8);

    pub(super) fn has(self, event: Self) -> bool {
        self.0 & event.0 != 0
    }

    pub(super) fn add(&mut self, event: Self) {
        self.0 |= event.0;
    }
}
