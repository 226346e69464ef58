//! What a thread knows of the body that it polls, in two words.

use std::cell::Cell;

use super::brief::{Brief, FLAG_BITS};
use crate::clock::{Moment, NEVER};

/// When the body is cut, and what its plan says of it, with a few flags beside that. Read and written once at each edge of
/// a poll.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    limit: Moment,
    /// The brief, and in its lowest bits the flags.
    word: u64,
}

thread_local! {
    static LIMIT: Cell<Moment> = const { Cell::new(Moment::FAR_FUTURE) };
    static WORD: Cell<u64> = const { Cell::new(0) };
}

const INSIDE: u64 = 1;
const RESUMED: u64 = 1 << 1;
const NOTED: u64 = 1 << 2;
const TOLD: u64 = 1 << 3;

impl Frame {
    /// No body is being polled.
    pub(super) const OUTSIDE: Self = Self {
        limit: Moment::FAR_FUTURE,
        word: 0,
    };

    /// A body is being polled whose time ends at `limit`.
    #[inline]
    pub(super) fn inside(limit: Moment, brief: Brief, resumed: bool) -> Self {
        let resumed = if resumed { RESUMED } else { 0 };
        Self {
            limit,
            word: brief.0 | INSIDE | resumed,
        }
    }

    /// Outside of all bodies the limit is whatever the last one left.
    #[inline]
    pub(super) fn current() -> Self {
        match WORD.get() {
            0 => Self::OUTSIDE,
            word => Self {
                limit: LIMIT.get(),
                word,
            },
        }
    }

    #[inline]
    pub(super) fn set(self) {
        LIMIT.set(self.limit);
        WORD.set(self.word);
    }

    /// Whether any body is being polled.
    #[inline]
    pub(super) fn is_anything_inside() -> bool {
        WORD.get() != 0
    }

    /// Leaves a body that was entered from outside of all, and returns whether that is not all there is to do.
    #[inline]
    pub(super) fn leave() -> bool {
        let word = WORD.get();
        if word & NOTED != 0 {
            return true;
        }
        WORD.set(0);
        false
    }

    #[inline]
    pub(super) fn is_inside(self) -> bool {
        self.word & INSIDE != 0
    }

    /// Whether the body was pending before.
    pub(super) fn is_resumed(self) -> bool {
        self.word & RESUMED != 0
    }

    /// Whether there may be notes on the body, or anything else that the end of the poll has to look at.
    #[inline]
    pub(super) fn is_noted(self) -> bool {
        self.word & NOTED != 0
    }

    pub(super) fn noted(self) -> Self {
        Self {
            word: self.word | NOTED,
            ..self
        }
    }

    /// Whether the call has told about itself in more than a brief.
    pub(super) fn is_told(self) -> bool {
        self.word & TOLD != 0
    }

    pub(super) fn told(self) -> Self {
        Self {
            word: self.word | TOLD,
            ..self
        }
    }

    /// The same, cut no later than `limit`.
    pub(super) fn within(self, limit: Moment) -> Self {
        Self {
            limit: self.limit.min(limit),
            ..self
        }
    }

    pub(super) fn brief(self) -> Brief {
        Brief(self.word & !((1 << FLAG_BITS) - 1))
    }

    /// When the body is cut; never, where no body is being polled.
    pub(super) fn limit(self) -> Moment {
        if self.limit.0 >= NEVER {
            Moment::FAR_FUTURE
        } else {
            self.limit
        }
    }

    /// When the call began whose first attempt this is, if it was cut by nothing but its own limits and did not wait.
    pub(super) fn began(self) -> Moment {
        Moment(self.limit.0.saturating_sub(self.brief().until_limit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_and_brief_come_back_whole() {
        for (began, until) in [(0, 7), (8, 1_000_003), (1_000_003, NEVER)] {
            for resumed in [false, true] {
                let brief = Brief::new(3, until);
                let frame = Frame::inside(Moment(began + until), brief, resumed);
                let frame = frame.noted();
                assert!(frame.is_inside() && frame.is_noted() && !frame.is_told());
                assert_eq!(frame.is_resumed(), resumed);
                assert_eq!((frame.brief(), frame.began()), (brief, Moment(began)));
                let ends = until < NEVER;
                assert_eq!(frame.limit() != Moment::FAR_FUTURE, ends);
            }
        }
        assert_eq!(Frame::OUTSIDE.limit(), Moment::FAR_FUTURE);
        assert!(!Frame::OUTSIDE.is_inside() && !Frame::OUTSIDE.is_noted());
    }
}
