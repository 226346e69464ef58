//! What an attempt reserved of the rate limit, corrected once it is known what it used.

use super::Call;
use super::attempt::Attempt;
use super::ending::Inner;
use super::outcome::Outcome;
use super::rejection::Interruption;
use crate::clock::Moment;
use crate::rate_limit::{Amount, Grant, UsageOfCall, UsageOfItem};
use crate::verdict::Verdict;

impl<'p> Attempt<'p> {
    /// Corrects what the attempt reserved to what its answer used. An answer that `classify_ok` takes for a failure has
    /// used something as well, so this comes before [`Call::check`].
    #[inline]
    pub fn charge_usage<R: Outcome>(
        attempt: &mut Self,
        call: &Call<'p>,
        outcome: &Result<R, Interruption>,
        usage: impl FnOnce(&R::Ok) -> Amount,
    ) {
        if let Ok(result) = outcome
            && let Some(answer) = result.success()
            && let Some(grant) = attempt.permits.take_rate_limit(attempt.plan.unit())
        {
            let reported = attempt.notes.as_ref().and_then(|notes| notes.usage());
            let used = reported.map_or_else(|| usage(answer), Amount::from);
            attempt.correct(call, grant, used);
        }
    }

    /// Corrects what the attempt reserved to what its body has reported, however the attempt ends.
    #[cold]
    pub(super) fn charge_reported_usage(&mut self) {
        if self.plan.counts_tokens
            && let Some(usage) = self.notes.as_ref().and_then(|notes| notes.usage())
        {
            let core = self.core();
            self.permits.settle_tokens(core, usage.into(), self.started);
        }
    }

    /// Corrects what the attempt reserved to what was used, where that is known.
    pub(super) fn settle(&mut self, call: &Call<'p>, used: Option<Amount>) {
        if let Some(used) = used
            && let Some(grant) = self.permits.take_rate_limit(self.plan.unit())
        {
            let reported = self.notes.as_ref().and_then(|notes| notes.usage());
            self.correct(call, grant, reported.map_or(used, Amount::from));
        }
    }

    #[inline(never)]
    fn correct(&self, call: &Call<'p>, grant: Grant, used: Amount) {
        if used != call.amount {
            let now = Moment::now().max(self.started);
            self.core().limiter.settle_grant(grant, used, now);
        }
    }

    /// After a failure: tokens of what was surely not executed come back. The request does not, since servers count the
    /// requests that they reject. An unclassified error is nothing to be sure of.
    pub(super) fn refund_unexecuted(&mut self, verdict: Verdict, now: Moment) {
        if self.plan.counts_tokens
            && verdict.is_not_executed()
            && let Some(grant) = self.permits.take_rate_limit(self.plan.unit())
        {
            self.core()
                .limiter
                .settle_grant(grant, Amount::split(0, 0), now);
        }
    }

    /// After an inner call was turned away before anything ran: what the attempt took comes back.
    pub(super) fn refund_rejected_inside(&mut self, inner: Option<Inner>, now: Moment) {
        if inner.is_some_and(|inner| inner.ending.nothing_ran)
            && let Some(grant) = self.permits.take_rate_limit(self.plan.unit())
        {
            self.core().limiter.refund_grant(grant, now);
        }
    }

    /// The answer was an `Ok`, whatever its verdict: the attempt was executed.
    pub(super) fn keep_tokens(&mut self) {
        self.permits.spend_rate_limit();
    }
}

/// Returns what `usage = …` reads from an answer.
#[inline]
pub fn usage_of<T, U: UsageOfCall>(answer: &T, usage: impl FnOnce(&T) -> U) -> Amount {
    usage(answer).amount()
}

/// Returns what `usage = …` reads from an item of a stream, if that says so.
#[inline]
pub fn usage_of_item<T, U: UsageOfItem>(item: &T, usage: impl FnOnce(&T) -> U) -> Option<Amount> {
    usage(item).amount_of_item()
}
