//! The time of one poll of a body, and what is kept for it.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use super::server_hint::Hint;

/// A few flags in one byte, which is read and written once at each edge of a poll.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame(u8);

impl Frame {
    const OUTSIDE: Self = Self(0);
    /// A body is being polled.
    const INSIDE: u8 = 1;
    /// Without it, an annotated function that calls an annotated function multiplies attempts.
    const GIVEN_UP: u8 = 2;
    /// There is something in `HINT`.
    const HINTED: u8 = 4;

    #[inline]
    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    #[inline]
    fn with(self, flag: u8, on: bool) -> Self {
        Self(if on { self.0 | flag } else { self.0 & !flag })
    }
}

thread_local! {
    static FRAME: Cell<Frame> = const { Cell::new(Frame::OUTSIDE) };
    static HINT: Cell<Option<Box<Hint>>> = const { Cell::new(None) };
}

/// Says that the error which is about to leave an annotated call is not to be retried by an outer one.
pub(crate) fn mark(given_up: bool) {
    FRAME.set(FRAME.get().with(Frame::GIVEN_UP, given_up));
}

/// Notes something of the server, where a body is being polled.
pub(super) fn note(say: impl FnOnce(&mut Hint)) {
    let frame = FRAME.get();
    if frame.has(Frame::INSIDE) {
        let mut hint = HINT.take().unwrap_or_default();
        say(&mut hint);
        HINT.set(Some(hint));
        FRAME.set(frame.with(Frame::HINTED, true));
    }
}

/// The time of one poll of a body.
pub(crate) struct PollScope {
    outer: Frame,
    outer_hint: Option<Box<Hint>>,
}

impl PollScope {
    /// `recorded`: what the body recorded in earlier polls.
    #[inline]
    pub(crate) fn enter(recorded: Option<Box<Hint>>) -> Self {
        let outer = FRAME.replace(Frame(Frame::INSIDE));
        if recorded.is_none() && !outer.has(Frame::HINTED) {
            return Self {
                outer,
                outer_hint: None,
            };
        }
        Self::enter_with_hints(outer, recorded)
    }

    #[cold]
    fn enter_with_hints(outer: Frame, recorded: Option<Box<Hint>>) -> Self {
        FRAME.set(Frame(Frame::INSIDE).with(Frame::HINTED, recorded.is_some()));
        Self {
            outer,
            outer_hint: HINT.replace(recorded),
        }
    }

    /// Whether an inner call gave up during this poll, and what the body has recorded until now.
    #[inline]
    pub(crate) fn end(self) -> (bool, Option<Box<Hint>>) {
        let scope = ManuallyDrop::new(self);
        let frame = FRAME.replace(scope.outer);
        let given_up = frame.has(Frame::GIVEN_UP);
        if !frame.has(Frame::HINTED) && !scope.outer.has(Frame::HINTED) {
            return (given_up, None);
        }
        (given_up, ManuallyDrop::into_inner(scope).take_hint())
    }

    #[cold]
    fn take_hint(mut self) -> Option<Box<Hint>> {
        let hint = HINT.replace(self.outer_hint.take());
        std::mem::forget(self);
        hint
    }
}

impl Drop for PollScope {
    /// After a panic: what the body recorded would be taken for the outer one's.
    #[cold]
    fn drop(&mut self) {
        HINT.set(self.outer_hint.take());
        FRAME.set(self.outer);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::hint;
    use super::*;

    fn say(seconds: u64) {
        hint::retry_after(Duration::from_secs(seconds));
    }

    fn said(hint: Option<&Hint>) -> Option<u64> {
        Some(hint?.retry_after?.as_secs())
    }

    #[test]
    fn a_hint_reaches_the_innermost_body_alone() {
        say(1);
        let outer = PollScope::enter(None);
        say(2);
        let inner = PollScope::enter(None);
        say(3);
        let (_, hint) = inner.end();
        assert_eq!(said(hint.as_deref()), Some(3));
        let (_, hint) = outer.end();
        assert_eq!(said(hint.as_deref()), Some(2));
        let (_, hint) = PollScope::enter(None).end();
        assert_eq!(said(hint.as_deref()), None);
    }

    #[test]
    fn a_hint_lives_from_poll_to_poll() {
        let first = PollScope::enter(None);
        say(5);
        let (_, hint) = first.end();
        let second = PollScope::enter(hint);
        let (_, hint) = second.end();
        assert_eq!(said(hint.as_deref()), Some(5));
    }

    #[test]
    fn a_panic_leaves_no_hint_behind() {
        let outer = PollScope::enter(None);
        say(1);
        let caught = std::panic::catch_unwind(|| {
            let _inner = PollScope::enter(None);
            say(9);
            panic!("planned");
        });
        assert!(caught.is_err());
        let (_, hint) = outer.end();
        assert_eq!(said(hint.as_deref()), Some(1));
    }
}
