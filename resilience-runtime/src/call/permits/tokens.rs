//! What an attempt has of the rate limit.

use crate::clock::Moment;

/// Its cost since some moment, nothing, or nothing in shadow. As large as a moment: no clock reads the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tokens(Moment);

impl Tokens {
    /// Nothing is taken, or it is settled.
    pub(super) const NONE: Self = Self(Moment::FAR_FUTURE);
    /// Nothing is taken, and it passes in shadow.
    pub(super) const SHADOW: Self = Self(Moment(Moment::FAR_FUTURE.0 - 1));

    /// The cost was taken then.
    #[inline(always)]
    pub(super) const fn taken(at: Moment) -> Self {
        Self(at)
    }

    /// Returns when the cost was taken.
    #[inline(always)]
    pub(super) fn at(self) -> Option<Moment> {
        (self.0 < Self::SHADOW.0).then_some(self.0)
    }
}
