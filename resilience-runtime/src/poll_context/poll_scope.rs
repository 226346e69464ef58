//! The time of one poll of a body.

use super::brief::Brief;
use super::entered;
use super::frame::Frame;
use super::notes::Notes;
use super::offer::Offer;
use super::told::Told;
use crate::clock::Moment;

/// The time of one poll of a body. Whatever lies outside of it, if anything does, is kept beside the frame: then the frame is
/// noted.
pub(crate) struct PollScope(());

/// How a poll ended that was not an ordinary one.
pub(crate) struct Special {
    pub(crate) notes: Option<Box<Notes>>,
    /// What was offered to inner calls is in use.
    pub(crate) lent: bool,
    /// The body is inside of another one.
    pub(crate) nested: bool,
}

impl PollScope {
    /// Enters the poll of a first attempt that did not wait, has no notes and offers nothing. `limit`: when the body is cut.
    #[inline]
    pub(crate) fn enter(limit: Moment, brief: Brief, resumed: bool) -> Self {
        let own = Frame::inside(limit, brief, resumed);
        if Frame::is_anything_inside() {
            return Self::enter_inside(own);
        }
        own.set();
        Self(())
    }

    /// The limit of the body round it may be shorter, and then says nothing of when this call began.
    #[cold]
    fn enter_inside(own: Frame) -> Self {
        let told = Told {
            attempt: 1,
            max_attempts: own.brief().max_attempts(),
            began: own.began(),
            previous: None,
            shared: None,
        };
        Self::push(own, None, None, told)
    }

    /// As [`enter`](Self::enter), with what was noted in earlier polls, what is offered to inner calls, and what the call
    /// tells.
    #[cold]
    pub(crate) fn enter_special(
        (limit, brief): (Moment, Brief),
        resumed: bool,
        mut notes: Option<Box<Notes>>,
        offer: Option<Offer>,
        told: Told,
    ) -> Self {
        if let Some(notes) = &mut notes {
            notes.begin_poll();
        }
        Self::push(Frame::inside(limit, brief, resumed), notes, offer, told)
    }

    fn push(own: Frame, notes: Option<Box<Notes>>, offer: Option<Offer>, told: Told) -> Self {
        let outer = Frame::current();
        entered::push(outer, Notes::replace(notes), offer, told);
        own.within(outer.limit()).noted().told().set();
        Self(())
    }

    /// Ends it. `None`: nothing was noted, offered or enclosing.
    #[inline]
    pub(crate) fn end(self) -> Option<Special> {
        std::mem::forget(self);
        Frame::leave().then(end_special)
    }
}

/// Ends the poll of a body of which something is noted, or kept beside the frame.
#[cold]
fn end_special() -> Special {
    let kept = if Frame::current().is_told() {
        entered::pop()
    } else {
        None
    };
    let (outer, outer_notes, offer) = kept.unwrap_or((Frame::OUTSIDE, None, None));
    outer.set();
    Special {
        notes: Notes::replace(outer_notes),
        lent: offer.is_some_and(|offer| offer.lent),
        nested: outer.is_inside(),
    }
}

impl Drop for PollScope {
    /// After a panic: what the body noted would be taken for the outer one's.
    #[cold]
    fn drop(&mut self) {
        if Frame::leave() {
            end_special();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Hint, hint};
    use super::*;

    fn brief() -> Brief {
        Brief::new(3, crate::clock::NEVER)
    }

    fn enter(notes: Option<Box<Notes>>) -> PollScope {
        let told = Told {
            attempt: 2,
            max_attempts: 3,
            began: Moment(0),
            previous: None,
            shared: None,
        };
        PollScope::enter_special((Moment::FAR_FUTURE, brief()), false, notes, None, told)
    }

    fn end(scope: PollScope) -> Option<Box<Notes>> {
        scope.end()?.notes
    }

    fn say(seconds: u64) {
        hint::retry_after(Duration::from_secs(seconds));
    }

    fn said(notes: Option<&Notes>) -> Option<u64> {
        let hint: &Hint = notes?.hint.as_ref()?;
        Some(hint.retry_after?.as_secs())
    }

    #[test]
    fn a_hint_reaches_the_innermost_body_alone() {
        say(1);
        let outer = PollScope::enter(Moment::FAR_FUTURE, brief(), false);
        say(2);
        let inner = PollScope::enter(Moment::FAR_FUTURE, brief(), false);
        say(3);
        assert_eq!(said(end(inner).as_deref()), Some(3));
        assert_eq!(said(end(outer).as_deref()), Some(2));
        let next = PollScope::enter(Moment::FAR_FUTURE, brief(), false);
        assert_eq!(said(end(next).as_deref()), None);
    }

    #[test]
    fn a_hint_lives_from_poll_to_poll() {
        let first = PollScope::enter(Moment::FAR_FUTURE, brief(), false);
        say(5);
        let notes = end(first);
        let notes = end(enter(notes));
        assert_eq!(said(notes.as_deref()), Some(5));
    }

    #[test]
    fn a_panic_leaves_no_hint_behind() {
        let outer = enter(None);
        say(1);
        let caught = std::panic::catch_unwind(|| {
            let _inner = PollScope::enter(Moment::FAR_FUTURE, brief(), false);
            say(9);
            panic!("planned");
        });
        assert!(caught.is_err());
        assert_eq!(said(end(outer).as_deref()), Some(1));
    }

    #[test]
    fn the_limit_inside_is_the_shorter_one() {
        let limit = || Frame::current().limit().0;
        let outer = PollScope::enter(Moment(800), brief(), false);
        let inner = PollScope::enter(Moment(1600), brief(), false);
        assert_eq!(limit(), 800);
        drop(inner);
        let inner = PollScope::enter(Moment(80), brief(), false);
        assert_eq!(limit(), 80);
        drop(inner);
        assert_eq!(limit(), 800);
        drop(outer);
        assert_eq!(Frame::current().limit(), Moment::FAR_FUTURE);
    }
}
