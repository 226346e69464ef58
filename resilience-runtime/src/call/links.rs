//! What connects an attempt with the calls inside of its body and the one round it, as flags.

/// What an attempt shares with the calls inside of its body and the one round it. Most share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Links(u8);

impl Links {
    pub(super) const NONE: Self = Self(0);
    /// Its breaker's ticket is that of the attempt round it.
    pub(super) const PROBE: Self = Self(1);
    /// Its place in the bulkhead is that of the attempt round it.
    pub(super) const PLACE: Self = Self(2);
    /// It holds something that a call inside may borrow.
    pub(super) const LENDS: Self = Self(4);
    /// A call inside has borrowed it.
    pub(super) const LENT: Self = Self(8);

    /// It has notes, or is inside of the body of another call.
    pub(super) const NOTED: Self = Self(16);
    /// More is to be known of it than its plan says.
    pub(super) const SPECIAL: Self = Self(32);
    /// It uses the breaker or the bulkhead of a key.
    pub(super) const KEYED: Self = Self(64);
    /// It is at one of several targets, which counts it.
    pub(super) const TARGET: Self = Self(128);
    /// What it is whatever permits it holds.
    pub(super) const LASTING: Self =
        Self(Self::NOTED.0 | Self::SPECIAL.0 | Self::KEYED.0 | Self::TARGET.0);
    /// Its end concerns more than its service.
    pub(super) const TOLD: Self = Self(Self::NOTED.0 | Self::TARGET.0);
    /// What is to be undone when it ends.
    pub(super) const ENDS: Self = Self(Self::KEYED.0 | Self::TARGET.0);

    #[inline]
    pub(super) fn any(self) -> bool {
        self.0 != 0
    }

    #[inline]
    pub(super) fn any_but(self, flag: Self) -> bool {
        self.0 & !flag.0 != 0
    }

    #[inline]
    pub(super) fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    #[inline]
    pub(super) fn any_borrowed(self) -> bool {
        self.0 & (Self::PROBE.0 | Self::PLACE.0) != 0
    }

    #[inline]
    pub(super) fn add(&mut self, flag: Self) {
        self.0 |= flag.0;
    }

    pub(super) fn only(self, flag: Self) -> Self {
        Self(self.0 & flag.0)
    }

    pub(super) fn set(&mut self, flag: Self, on: bool) {
        if on {
            self.0 |= flag.0;
        } else {
            self.0 &= !flag.0;
        }
    }
}
