//! What lies round the bodies that are being polled, where there is more than nothing: the frame and the notes of the body
//! outside, what is lent to calls inside, and what the call tells of itself.
//!
//! A list rather than a vector: it must work until the very end of a thread, and hold nothing by then.

use std::cell::Cell;

use super::frame::Frame;
use super::notes::Notes;
use super::offer::Offer;
use super::told::Told;
use crate::thread_slot::ThreadSlot;

/// One body that is being polled, and what lay outside of it.
pub(super) struct Entered {
    pub(super) outer: Frame,
    pub(super) outer_notes: Option<Box<Notes>>,
    pub(super) offer: Option<Offer>,
    pub(super) told: Told,
    below: Option<Box<Self>>,
}

thread_local! {
    /// The innermost body.
    static TOP: ThreadSlot<Box<Entered>> = const { ThreadSlot::empty() };
    /// One that is not needed any more, so that the next need not be allocated.
    static SPARE: Cell<Option<Box<Entered>>> = const { Cell::new(None) };
}

pub(super) fn push(
    outer: Frame,
    outer_notes: Option<Box<Notes>>,
    offer: Option<Offer>,
    told: Told,
) {
    let below = TOP.with(ThreadSlot::take);
    let entered = Entered {
        outer,
        outer_notes,
        offer,
        told,
        below,
    };
    let spare = SPARE.try_with(Cell::take).ok().flatten();
    let top = match spare {
        Some(mut spare) => {
            *spare = entered;
            spare
        }
        None => Box::new(entered),
    };
    TOP.with(|slot| slot.replace(Some(top)));
}

/// Takes the innermost one out, and hands its parts over.
pub(super) fn pop() -> Option<(Frame, Option<Box<Notes>>, Option<Offer>)> {
    let mut top = TOP.with(ThreadSlot::take)?;
    let below = top.below.take();
    TOP.with(|slot| slot.replace(below));
    let parts = (top.outer, top.outer_notes.take(), top.offer.take());
    top.told.shared = None;
    // It is gone where the thread ends.
    let _ = SPARE.try_with(|spare| spare.set(Some(top)));
    Some(parts)
}

/// Looks at each, the innermost first, until one gives something.
pub(super) fn find<T>(mut look: impl FnMut(&mut Entered) -> Option<T>) -> Option<T> {
    // Nothing that looks enters a body.
    let mut top = TOP.with(ThreadSlot::take)?;
    let mut found = None;
    let mut next = Some(&mut top);
    while let Some(entered) = next {
        found = look(entered);
        if found.is_some() {
            break;
        }
        next = entered.below.as_mut();
    }
    TOP.with(|slot| slot.replace(Some(top)));
    found
}

/// What the innermost call has told.
pub(super) fn told() -> Option<Told> {
    find(|entered| Some(entered.told.clone()))
}
