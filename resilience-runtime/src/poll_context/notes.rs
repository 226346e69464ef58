//! What is noted of an attempt while its body is polled: by the body itself, and by the calls inside of it.

use std::cell::Cell;
use std::sync::Arc;

use super::Hint;
use super::frame::Frame;
use super::inner_failure::{InnerFailure, Leaving};
use super::scope_id::ScopeId;
use super::shared_context::SharedContext;
use crate::clock::Moment;
use crate::error_type::ErrorType;
use crate::rate_limit::Usage;
use crate::thread_slot::ThreadSlot;

/// What is noted of one attempt. Most have none.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// What the body reported of its server.
    pub(crate) hint: Option<Hint>,
    /// What the body or a hook sees of the call, once it has looked, and in which attempt.
    pub(crate) context: Option<(u32, Arc<SharedContext>)>,
    failures: Vec<InnerFailure>,
    /// The services, with the key, whose breaker inner attempts reported to.
    reports: Vec<ScopeId>,
}

/// A body in a loop must not fill the memory.
const MOST: usize = 16;

thread_local! {
    static NOTES: ThreadSlot<Box<Notes>> = const { ThreadSlot::empty() };
    /// The last ones that were not needed any more, so that nested calls that succeed need not allocate.
    static SPARE: Cell<Option<Box<Notes>>> = const { Cell::new(None) };
}

impl Notes {
    /// Makes notes that hold nothing but the context.
    pub(crate) fn of_context(context: (u32, Arc<SharedContext>)) -> Self {
        Self {
            context: Some(context),
            ..Self::default()
        }
    }

    /// Exchanges the notes of the body that is being polled.
    pub(super) fn replace(notes: Option<Box<Self>>) -> Option<Box<Self>> {
        NOTES.with(|slot| slot.replace(notes))
    }

    /// Keeps the memory of notes that nobody needs any more.
    pub(crate) fn recycle(mut notes: Box<Self>) {
        notes.hint = None;
        notes.context = None;
        notes.failures.clear();
        notes.reports.clear();
        // It is gone where the thread ends.
        let _ = SPARE.try_with(|spare| spare.set(Some(notes)));
    }

    /// Begins another poll: what ended in an earlier one did not end in this one.
    pub(super) fn begin_poll(&mut self) {
        for failure in &mut self.failures {
            failure.ended_in_this_poll = false;
        }
    }

    /// The newest failure of an inner call that `error` is.
    pub(crate) fn failure_behind(&self, error: &Leaving<'_>) -> Option<&InnerFailure> {
        let newest_first = self.failures.iter().rev();
        newest_first.into_iter().find(|failure| failure.is(error))
    }

    /// What the attempt has reported of its usage.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let (attempt, context) = self.context.as_ref()?;
        context.usage_of(*attempt)
    }

    /// Whether an attempt of an inner call has reported to this breaker.
    pub(crate) fn was_reported(&self, to: ScopeId) -> bool {
        self.reports.iter().any(|known| known.shares_breaker(to))
    }

    /// Forgets which calls failed.
    #[cfg(feature = "test-util")]
    pub(crate) fn clear_failures(&mut self) {
        self.failures.clear();
    }

    /// The breakers that inner attempts have reported to.
    pub(crate) fn reports(&self) -> &[ScopeId] {
        &self.reports
    }
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == MOST {
        list.remove(0);
    }
    list.push(item);
}

/// Notes something of the body that is being polled, if one is.
pub(super) fn note(say: impl FnOnce(&mut Notes)) {
    let frame = Frame::current();
    if frame.is_inside() {
        let spare = || SPARE.try_with(Cell::take).ok()?;
        let mut notes = (Notes::replace(None)).or_else(spare).unwrap_or_default();
        say(&mut notes);
        Notes::replace(Some(notes));
        frame.noted().set();
    }
}

/// Changes what is noted, if anything is.
fn change(change: impl FnOnce(&mut Notes)) {
    if Frame::current().is_noted()
        && let Some(mut notes) = Notes::replace(None)
    {
        change(&mut notes);
        Notes::replace(Some(notes));
    }
}

/// Records that an inner call has ended in an error.
pub(crate) fn record_failure(failure: InnerFailure) {
    note(|notes| {
        let same = |known: &InnerFailure| known.is_repeated_by(&failure);
        notes.failures.retain(|known| !same(known));
        push(&mut notes.failures, failure);
    });
}

/// Records that a call which has just failed gives its caller another error, for the same reasons.
pub(crate) fn rewrite_failure(failure: InnerFailure) {
    newest(failure.function, |known| {
        *known = InnerFailure {
            gave_up: known.gave_up,
            rejected_by: known.rejected_by,
            nothing_ran: known.nothing_ran,
            ..failure
        };
    });
}

/// Records as what type a call which has just failed gives its error to its caller.
pub(crate) fn note_failure_type(function: usize, error: ErrorType) {
    newest(function, |known| known.error = error);
}

fn newest(function: usize, rewrite: impl FnOnce(&mut InnerFailure)) {
    change(|notes| {
        let mut newest_first = notes.failures.iter_mut().rev();
        if let Some(known) = newest_first.find(|known| known.function == function) {
            rewrite(known);
        }
    });
}

/// Forgets the failures of a function that has an answer: those that had ended when the call began which got it, and that of
/// the call itself, if it `failed` before a fallback answered. Another call of it beside this one may leave with its own.
pub(crate) fn forget_failures(function: usize, began: Moment, failed: bool) {
    change(|notes| {
        let other = |known: &InnerFailure| known.function != function;
        if failed {
            let own = |known: &InnerFailure| !other(known) && known.began == began;
            let newest = notes.failures.iter().rposition(own);
            newest.map(|at| notes.failures.remove(at));
        }
        let is_kept = |known: &InnerFailure| other(known) || known.ended > began;
        notes.failures.retain(is_kept);
    });
}

/// Records that an inner attempt has reported to a breaker.
pub(crate) fn record_report(to: ScopeId) {
    note(|notes| {
        if !notes.was_reported(to) {
            push(&mut notes.reports, to);
        }
    });
}
