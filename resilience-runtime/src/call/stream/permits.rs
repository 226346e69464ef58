//! The permits of an attempt whose stream is open.

use std::sync::Arc;

use crate::call::attempt::Attempt;
use crate::call::failure::breaker_outcome;
use crate::call::load::Load;
use crate::call::permits::AttemptPermits;
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::name::ServiceKind;
use crate::plan::{FunctionState, ServiceCore};
use crate::poll_context::SharedContext;
use crate::rate_limit::{Amount, Grant, Unit};
use crate::telemetry::{Counter, Event, EventKind, trace};
use crate::verdict::Verdict;

/// The permits of an attempt whose stream is open.
pub(super) struct StreamPermits {
    pub(super) core: Arc<ServiceCore>,
    pub(super) kind: ServiceKind,
    function: Arc<FunctionState>,
    started: Moment,
    permits: AttemptPermits,
    /// Where it may report what it used of the limit of tokens, and as which attempt.
    context: Option<(u32, Arc<SharedContext>)>,
    /// What the last item that says so says was used of the rate limit, in the unit of the costs.
    used: Option<Amount>,
    unit: Unit,
    /// What was settled with the item that is known to be the last one: another one may follow that says what was used.
    settled: Option<Grant>,
    /// With the first item: whether the breaker has been told that its probe succeeded.
    reported: Option<bool>,
}

impl StreamPermits {
    /// Takes the permits of an attempt, which goes on as a stream although its call has ended.
    pub(super) fn of(attempt: &mut Attempt<'_>) -> Self {
        // The timeout was about the first item.
        attempt.permits.keep_place(&attempt.plan.core);
        let notes = attempt.notes.as_ref();
        let context = notes.and_then(|notes| notes.context.clone());
        Self {
            context: context.filter(|_| attempt.plan.counts_tokens),
            core: Arc::clone(&attempt.plan.core),
            kind: attempt.plan.kind(),
            function: Arc::clone(&attempt.plan.function),
            started: attempt.started,
            permits: attempt.permits.take(),
            used: None,
            unit: attempt.plan.unit(),
            settled: None,
            reported: None,
        }
    }

    /// An item is there. The first one is the success of a probe, so that its place does not depend on the reader: what
    /// the stream meets later is for the state that the breaker is in by then.
    pub(super) fn pass(&mut self) {
        if self.reported.is_none() {
            self.reported = Some(self.permits.probe_succeeded(&self.core, self.started));
        }
    }

    /// An item says what was used of the rate limit so far.
    pub(super) fn used(&mut self, used: Amount) {
        match &mut self.settled {
            Some(grant) => {
                let now = Moment::now().max(self.started);
                self.core.limiter.settle_grant(*grant, used, now);
                grant.amount = used;
            }
            None => self.used = Some(used),
        }
    }

    /// The item is there that is known to be the last one. Those that follow may say what was used.
    pub(super) fn complete_before_the_end(&mut self) {
        let context = self.context.as_ref();
        let is_reported =
            context.is_some_and(|(attempt, context)| context.usage_of(*attempt).is_some());
        if !is_reported && let Some(grant) = self.permits.take_rate_limit(self.unit) {
            self.settled = Some(grant);
            if let Some(used) = self.used.take() {
                self.used(used);
            }
        }
        self.complete(BreakerOutcome::Success);
    }

    /// Returns the permits when the stream ends; a second end changes nothing.
    pub(super) fn complete(&mut self, outcome: BreakerOutcome) {
        let load = match outcome {
            BreakerOutcome::Success => Load::AnsweredAtSomeTime,
            _ => Load::Unknown,
        };
        self.complete_under(outcome, load);
    }

    fn complete_under(&mut self, outcome: BreakerOutcome, load: Load) {
        let permits = &mut self.permits;
        let context = self.context.take();
        let reported = context.and_then(|(attempt, context)| context.usage_of(attempt));
        let used = match outcome {
            BreakerOutcome::Success => self.used.take(),
            // What it would have used after that is not known: it may be in use all the same.
            _ => self
                .used
                .take()
                .map(|used| permits.reserved().or_more(used)),
        };
        if let Some(used) = reported.map(Amount::from).or(used) {
            permits.settle(&self.core, (used, self.unit), self.started);
        }
        if self.reported == Some(true) && outcome == BreakerOutcome::Success {
            permits.forget_breaker();
        }
        permits.complete(&self.core, (outcome, load), self.started, Moment::now);
        #[cfg(feature = "test-util")]
        permits.breaks_after.take();
    }

    /// Whether an injected fault breaks the stream off before its next item.
    #[cfg(feature = "test-util")]
    pub(super) fn breaks_off(&self) -> bool {
        self.permits.breaks_after == Some(0)
    }

    /// Counts an item for an injected fault.
    #[cfg(feature = "test-util")]
    pub(super) fn pass_item(&mut self) {
        if let Some(left) = &mut self.permits.breaks_after {
            *left = left.saturating_sub(1);
        }
    }

    pub(super) fn broken(&mut self, verdict: Verdict) {
        self.core.count(Counter::BrokenStreams);
        if let Some(pool) = self.core.pool.as_ref().filter(|_| self.function.targets) {
            pool.count(Counter::BrokenStreams);
        }
        let class = verdict.class();
        trace::stream_broken(&self.core.name, &self.function.name, class);
        if self.core.observers.has_call_subscribers() {
            let event = EventKind::StreamBroken { class };
            self.core.send(Event::new(self.core.name.clone(), event));
        }
        self.complete_under(breaker_outcome(verdict), Load::of(verdict));
    }
}

impl Drop for StreamPermits {
    fn drop(&mut self) {
        self.complete(BreakerOutcome::Abandoned);
    }
}
