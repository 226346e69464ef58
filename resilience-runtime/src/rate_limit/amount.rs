//! What is taken of the limits for one call, whatever they count.

/// A number of units, or of tokens by sort. In eight bytes, since every call and every waiter has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The units, or the input tokens.
    first: u32,
    /// The output tokens; [`UNITS`](Self::UNITS): the first is a number of units.
    second: u32,
}

impl Amount {
    const UNITS: u32 = u32::MAX;

    /// Where nobody says what a call costs: one of whatever is counted of what is sent.
    pub(crate) const DEFAULT: Self = Self::split(1, 0);

    /// So many tokens of no known sort, or requests where no tokens are limited.
    #[inline]
    pub(crate) const fn units(n: u32) -> Self {
        Self {
            first: n,
            second: Self::UNITS,
        }
    }

    /// One request with so many tokens.
    #[inline]
    pub(crate) const fn split(input: u32, output: u32) -> Self {
        Self {
            first: input,
            second: if output == Self::UNITS {
                Self::UNITS - 1
            } else {
                output
            },
        }
    }

    /// Whether it does not say which tokens are sent and which are received.
    #[inline]
    pub(crate) const fn is_units(self) -> bool {
        self.second == Self::UNITS
    }

    /// The requests, where no tokens are limited.
    #[inline]
    pub(crate) const fn requests(self) -> u32 {
        if self.is_units() { self.first } else { 1 }
    }

    /// The tokens of both sorts.
    #[inline]
    pub(crate) const fn tokens(self) -> u32 {
        if self.is_units() {
            self.first
        } else {
            self.first.saturating_add(self.second)
        }
    }

    /// The tokens that are sent; `None`: not known.
    #[inline]
    pub(crate) const fn input(self) -> Option<u32> {
        if self.is_units() {
            None
        } else {
            Some(self.first)
        }
    }

    /// The tokens that are received; `None`: not known.
    #[inline]
    pub(crate) const fn output(self) -> Option<u32> {
        if self.is_units() {
            None
        } else {
            Some(self.second)
        }
    }

    /// Whether it takes nothing of any limit.
    #[inline]
    pub(crate) const fn is_nothing(self) -> bool {
        self.is_units() && self.first == 0
    }

    /// The greater one, by its tokens.
    pub(crate) const fn or_more(self, other: Self) -> Self {
        if other.tokens() > self.tokens() {
            other
        } else {
            self
        }
    }
}
