//! What a thread knows of the body that it polls now: whether an error that leaves it was already given
//! up on inside, and what the body said of the server.
//!
//! All of it is saved and cleared round each poll of a body, so what is said reaches the innermost
//! annotated call alone, and only an error that leaves in the same poll counts as given up.

pub mod hint;

use std::cell::Cell;

pub(crate) use hint::{Hint, Remaining};

#[derive(Clone, Copy)]
struct Frame {
    /// A body is being polled.
    inside: bool,
    /// Without it, an annotated function that calls an annotated function multiplies attempts.
    given_up: bool,
    /// There is something in `HINT`.
    hinted: bool,
}

thread_local! {
    static FRAME: Cell<Frame> = const {
        Cell::new(Frame { inside: false, given_up: false, hinted: false })
    };
    static HINT: Cell<Option<Box<Hint>>> = const { Cell::new(None) };
}

/// Says that the error which is about to leave an annotated call is not to be retried by an outer one.
pub(crate) fn mark(given_up: bool) {
    FRAME.set(Frame {
        given_up,
        ..FRAME.get()
    });
}

/// Notes something of the server, where a body is being polled.
fn note(say: impl FnOnce(&mut Hint)) {
    let frame = FRAME.get();
    if frame.inside {
        let mut hint = HINT.take().unwrap_or_default();
        say(&mut hint);
        HINT.set(Some(hint));
        FRAME.set(Frame {
            hinted: true,
            ..frame
        });
    }
}

/// The time of one poll of a body.
pub(crate) struct PollScope {
    outer: Frame,
    outer_hint: Option<Box<Hint>>,
}

impl PollScope {
    /// `said`: what the body said in earlier polls.
    #[inline]
    pub(crate) fn enter(said: Option<Box<Hint>>) -> Self {
        let outer = FRAME.replace(Frame {
            inside: true,
            given_up: false,
            hinted: said.is_some(),
        });
        let outer_hint = if outer.hinted { HINT.take() } else { None };
        if said.is_some() {
            HINT.set(said);
        }
        Self { outer, outer_hint }
    }

    /// Whether an inner call gave up during this poll, and what the body has said until now.
    #[inline]
    pub(crate) fn end(self) -> (bool, Option<Box<Hint>>) {
        let frame = FRAME.get();
        let hint = if frame.hinted { HINT.take() } else { None };
        (frame.given_up, hint)
    }
}

impl Drop for PollScope {
    #[inline]
    fn drop(&mut self) {
        // After a panic, what the body said would be taken for the outer one's.
        if FRAME.get().hinted || self.outer.hinted {
            HINT.set(self.outer_hint.take());
        }
        FRAME.set(self.outer);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
