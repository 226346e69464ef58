//! Calls inside of the bodies of other calls: what an enclosing body notes of this call, and what this call finds in the
//! notes on its own body.

use super::Call;
use super::attempt::Attempt;
use super::ending::{Ending, Inner, Leaves};
use super::outcome::Outcome;
use super::past::{Began, Past};
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::error::ResilienceError;
use crate::error_type::{ErrorType, Variant, is_held};
use crate::fallback::FailureCause;
use crate::poll_context::{self, InnerFailure, Judged, Leaving, Notes, ScopeId, Special};
use crate::verdict::autoref::Classified;
use crate::verdict::{Classify, Verdict};

impl Call<'_> {
    /// Identifies the function, for as long as its plan lives.
    fn function_id(&self) -> usize {
        std::sync::Arc::as_ptr(&self.plan.function).addr()
    }

    /// How the call ended that fails with its last attempt, with `inner` where the error is an inner call's.
    pub(super) fn ending(&self, inner: Option<Inner>) -> Ending {
        let inner = inner.map(|inner| inner.ending).unwrap_or_default();
        Ending {
            gave_up: self.attempts >= 2 || inner.gave_up,
            rejected_by: inner.rejected_by,
            nothing_ran: self.attempts == 1 && inner.nothing_ran && self.began_before_any_pending(),
        }
    }

    /// How the call ended that its own service's patterns turned away.
    pub(super) fn ending_rejected(&self) -> Ending {
        Ending {
            gave_up: self.attempts >= 2,
            rejected_by: Some(self.scope_id()),
            nothing_ran: self.attempts == 0 && self.began_before_any_pending(),
        }
    }

    /// To be called before the call waits for the first time.
    pub(super) fn note_beginning(&mut self) {
        if self.began == Began::InThisPoll {
            self.began = if poll_context::is_resumed() {
                Began::Later
            } else {
                Began::BeforeAnyPending
            };
        }
    }

    fn began_before_any_pending(&self) -> bool {
        match self.began {
            Began::InThisPoll => !poll_context::is_resumed(),
            Began::BeforeAnyPending => true,
            Began::Later => false,
        }
    }

    /// Notes the error of the body with which the call ends, for the body round it.
    #[cold]
    pub(super) fn note_failure_for_outer(
        &self,
        error: ErrorType,
        classified: &Classified<'_>,
        ending: Ending,
    ) {
        let held = classified.is_held;
        let failure = self.inner_failure(error, classified.by_itself(), ending);
        poll_context::record_failure(InnerFailure {
            held: held.map(|is_held| (is_held, error.variant)),
            ..failure
        });
    }

    fn inner_failure(&self, error: ErrorType, verdict: Verdict, ending: Ending) -> InnerFailure {
        InnerFailure {
            function: self.function_id(),
            service: self.scope_id(),
            gave_up: ending.gave_up,
            rejected_by: ending.rejected_by,
            nothing_ran: ending.nothing_ran,
            error,
            judged: Judged::from(verdict),
            is_local: false,
            held: None,
            ended_in_this_poll: true,
            began: self.started,
            ended: Moment::now().max(self.started),
        }
    }

    /// Ends with an error of the runtime's own, as the function's result.
    #[inline]
    pub(super) fn leave_with<R: Outcome>(&self, error: ResilienceError, leaves: Leaves) -> R {
        if poll_context::is_inside() {
            return self.leave_inside(error, leaves);
        }
        R::from_resilience_error(error)
    }

    /// As [`leave_with`](Self::leave_with), for the body round the call.
    #[cold]
    fn leave_inside<R: Outcome>(&self, error: ResilienceError, leaves: Leaves) -> R {
        self.note_own_error(&error, leaves);
        let out = R::from_resilience_error(error);
        if let Some(error) = out.failure() {
            self.note_type(ErrorType::of(error));
        }
        out
    }

    /// Notes an error of the runtime's own, before it becomes the function's.
    #[cold]
    pub(super) fn note_own_error(&self, error: &ResilienceError, leaves: Leaves) {
        let ending = match leaves {
            Leaves::Failed if self.failure == Some(FailureCause::Rejection) => {
                self.ending_rejected()
            }
            Leaves::Failed | Leaves::Rewritten => self.ending(None),
            Leaves::Shared => Ending {
                gave_up: true,
                ..Ending::default()
            },
        };
        let own = self.inner_failure(ErrorType::of(error), error.classify(), ending);
        let own = InnerFailure {
            is_local: true,
            held: Some((is_held::<ResilienceError>, Variant::of(error))),
            ..own
        };
        if leaves == Leaves::Rewritten {
            poll_context::rewrite_failure(own);
        } else {
            poll_context::record_failure(own);
        }
    }

    /// Notes as what type the caller gets the error.
    pub(super) fn note_type(&self, error: ErrorType) {
        poll_context::note_failure_type(self.function_id(), error);
    }

    /// Forgets earlier failures of the function in the body round this call, and its own: it has an answer.
    #[inline]
    pub(super) fn forget_failures(&mut self) {
        if poll_context::is_noted() {
            self.forget_noted_failures();
        }
    }

    #[cold]
    fn forget_noted_failures(&mut self) {
        let failed = self.failure.is_some() && !self.past.has(Past::FORGOTTEN);
        self.past.add(Past::FORGOTTEN);
        poll_context::forget_failures(self.function_id(), self.started, failed);
    }

    /// When the call ends at the latest: with its own deadline, or with the body round it.
    pub(super) fn ends_by(&self) -> Moment {
        self.deadline_at().min(poll_context::limit())
    }
}

impl Attempt<'_> {
    pub(super) fn scope_id(&self) -> ScopeId {
        self.permits.scope_id(self.core())
    }

    /// The failure of an inner call that an error leaving the body is.
    #[cold]
    pub(super) fn inner_failure(
        &self,
        error: ErrorType,
        classified: &Classified<'_>,
    ) -> Option<Inner> {
        let leaving = Leaving {
            error,
            judged: classified.by_itself().into(),
            sources: classified.sources,
        };
        let failure = self.notes.as_ref()?.failure_behind(&leaving)?;
        Some(Inner {
            service: failure.service,
            ending: Ending {
                gave_up: failure.gave_up,
                rejected_by: failure.rejected_by,
                nothing_ran: failure.nothing_ran,
            },
        })
    }

    /// Takes what was noted in one poll of the body.
    #[cold]
    pub(super) fn take_notes(&mut self, poll: Special, call: &mut Call<'_>) {
        if let Some((_, shared)) = poll.notes.as_ref().and_then(|it| it.context.as_ref()) {
            call.keep_context(shared);
        }
        self.permits
            .set_links(poll.nested || poll.notes.is_some(), poll.lent);
        *self.notes = poll.notes;
    }

    /// Returns what the breaker is to learn of the attempt. Inner attempts of the same service report in its stead, and
    /// this one in the stead of an outer one.
    #[cold]
    pub(super) fn report(&self, outcome: BreakerOutcome) -> BreakerOutcome {
        let own = self.scope_id();
        let reported = (self.notes.as_ref()).is_some_and(|notes| notes.was_reported(own));
        let counts = matches!(outcome, BreakerOutcome::Success | BreakerOutcome::Failure);
        if self.plan.circuit && (reported || counts) {
            poll_context::record_report(own);
        }
        // The body round this one may be of the same service as one inside of it.
        for &other in self.notes.iter().flat_map(|notes| notes.reports()) {
            if !other.shares_breaker(own) {
                poll_context::record_report(other);
            }
        }
        if reported {
            BreakerOutcome::Ignored
        } else {
            outcome
        }
    }

    /// Sets aside what was noted of the body while a hook is polled. What it reported of its usage counts also where the
    /// hook is dropped.
    pub(super) fn set_notes_aside(&mut self) -> Option<Box<Notes>> {
        let of_body = self.notes.take();
        let context = of_body.as_ref().and_then(|notes| notes.context.clone());
        *self.notes = context.map(|context| Box::new(Notes::of_context(context)));
        of_body
    }

    /// Goes on with the notes on the body. The calls inside of a hook are not the body's; what a hook has reported of the
    /// server concerns both.
    pub(super) fn resume_notes(&mut self, of_body: Option<Box<Notes>>) {
        let of_hook = std::mem::replace(&mut *self.notes, of_body);
        if let Some(mut of_hook) = of_hook {
            if let Some(hint) = of_hook.hint.take() {
                self.notes.get_or_insert_default().hint = Some(hint);
            }
            if let Some(context) = of_hook.context.take() {
                self.notes.get_or_insert_default().context = Some(context);
            }
            Notes::recycle(of_hook);
        }
        if self.notes.is_some() {
            self.permits.set_noted();
        }
    }

    /// The attempt has ended, and needs its notes no longer.
    #[cold]
    pub(super) fn drop_notes(&mut self) {
        if let Some(notes) = self.notes.take() {
            Notes::recycle(notes);
        }
    }
}
