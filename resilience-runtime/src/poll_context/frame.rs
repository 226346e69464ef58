//! What a thread knows of the body that it polls, in one word.

use std::cell::Cell;

use crate::clock::Moment;

/// The end of a body's time and a few flags beside it, in one word that is read and written once at each edge of a poll.
/// The flags take the place of the last nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame(u64);

thread_local! {
    static FRAME: Cell<Frame> = const { Cell::new(Frame::OUTSIDE) };
}

impl Frame {
    /// No body is being polled.
    pub(super) const OUTSIDE: Self = Self(!FLAGS);

    /// A body is being polled whose time ends at `limit`.
    #[inline]
    pub(super) fn inside(limit: Moment, resumed: bool) -> Self {
        Self(limit.0 & !FLAGS | INSIDE | if resumed { RESUMED } else { 0 })
    }

    #[inline]
    pub(super) fn current() -> Self {
        FRAME.get()
    }

    #[inline]
    pub(super) fn replace(self) -> Self {
        FRAME.replace(self)
    }

    #[inline]
    pub(super) fn is_inside(self) -> bool {
        self.0 & INSIDE != 0
    }

    /// Whether the body was pending before.
    pub(super) fn is_resumed(self) -> bool {
        self.0 & RESUMED != 0
    }

    /// Whether there may be notes on the body, or anything else that the end of the poll has to look at.
    #[inline]
    pub(super) fn is_noted(self) -> bool {
        self.0 & NOTED != 0
    }

    pub(super) fn noted(self) -> Self {
        Self(self.0 | NOTED)
    }

    /// When the body is cut; never, where no body is being polled.
    pub(super) fn limit(self) -> Moment {
        match self.0 | FLAGS {
            u64::MAX => Moment::FAR_FUTURE,
            _ => Moment(self.0 & !FLAGS),
        }
    }
}

const FLAGS: u64 = 0b111;
const INSIDE: u64 = 1;
const RESUMED: u64 = 1 << 1;
const NOTED: u64 = 1 << 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_cost_the_limit_a_few_nanoseconds() {
        for limit in [0, 7, 8, 1_000_003, u64::MAX - 8, u64::MAX] {
            for resumed in [false, true] {
                let frame = Frame::inside(Moment(limit), resumed).noted();
                assert!(frame.is_inside() && frame.is_noted());
                assert_eq!(frame.is_resumed(), resumed);
                let lost = limit - frame.limit().0;
                assert!(lost < 8, "{limit}: {lost}");
            }
        }
        let frame = Frame::inside(Moment::FAR_FUTURE, false);
        assert_eq!(frame.limit(), Moment::FAR_FUTURE);
        assert_eq!(Frame::OUTSIDE.limit(), Moment::FAR_FUTURE);
        assert!(!Frame::OUTSIDE.is_inside() && !Frame::OUTSIDE.is_noted());
    }
}
