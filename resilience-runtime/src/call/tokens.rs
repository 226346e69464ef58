//! What an attempt reserved of the rate limit, corrected once it is known what became of it.

use super::Call;
use super::outcome::Outcome;
use crate::clock::Moment;
use crate::rate_limit::Grant;
use crate::verdict::{Class, Verdict};

impl Call {
    /// Corrects what the attempt that just ended reserved to what its answer says was used. An answer that
    /// `classify_ok` judges a failure has used something as well, so this comes first.
    #[inline]
    pub fn settle_cost<R: Outcome>(call: &mut Self, attempt: &R, used: impl FnOnce(&R::Ok) -> u32) {
        if let Some(answer) = attempt.success()
            && let Some(taken) = call.hold.taken.take()
        {
            call.correct(taken, used(answer));
        }
    }

    #[inline(never)]
    fn correct(&mut self, taken: Moment, used: u32) {
        if used != self.cost {
            let now = Moment::now().max(self.now);
            let taken = self.taken(taken);
            self.core().limiter.settle_grant(taken, used, now);
        }
    }

    /// After a failure: tokens of what was surely not executed come back. The request does not, since servers
    /// count the ones that they turn away. An error that no rule knows is nothing to be sure of.
    pub(super) fn refund_unexecuted(&mut self, verdict: Verdict, now: Moment) {
        if self.plan().counts_tokens
            && matches!(verdict.class(), Class::Transient | Class::Throttled)
            && let Some(taken) = self.hold.taken.take()
        {
            let taken = self.taken(taken);
            self.core().limiter.settle_grant(taken, 0, now);
        }
    }

    /// The answer was an `Ok`, whatever it is judged: it was executed.
    pub(super) fn keep_tokens(&mut self) {
        self.hold.taken = None;
    }

    /// What was taken for the attempt at that time.
    pub(super) fn taken(&self, at: Moment) -> Grant {
        Grant {
            key: self.key,
            cost: self.cost,
            at: Some(at),
            unit: Some(self.plan().unit()),
        }
    }
}

/// What `usage = …` says of an answer.
#[inline]
pub fn used_by<T>(answer: &T, settle: impl FnOnce(&T) -> u32) -> u32 {
    settle(answer)
}
