//! The permits of an attempt whose stream is open.

use std::sync::Arc;

use crate::call::attempt::Attempt;
use crate::call::failure::breaker_outcome;
use crate::call::permits::AttemptPermits;
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::plan::{FunctionState, ServiceCore};
use crate::telemetry::{Counter, Event, EventKind, trace};
use crate::verdict::Verdict;

/// The permits of an attempt whose stream is open.
pub(super) struct StreamPermits {
    pub(super) core: Arc<ServiceCore>,
    function: Arc<FunctionState>,
    started: Moment,
    permits: AttemptPermits,
}

impl StreamPermits {
    /// Takes the permits of an attempt, which goes on as a stream although its call has ended.
    pub(super) fn of(attempt: &mut Attempt<'_>) -> Self {
        Self {
            core: Arc::clone(&attempt.plan.core),
            function: Arc::clone(&attempt.plan.function),
            started: attempt.started,
            permits: attempt.permits.take(),
        }
    }

    /// Returns the permits when the stream ends; a second end changes nothing.
    pub(super) fn complete(&mut self, outcome: BreakerOutcome) {
        let permits = &mut self.permits;
        permits.complete(&self.core, outcome, self.started, Moment::now);
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
        let class = verdict.class();
        trace::stream_broken(&self.core.name, &self.function.name, class);
        if self.core.observers.has_call_subscribers() {
            let event = EventKind::StreamBroken { class };
            self.core.send(Event::new(self.core.name.clone(), event));
        }
        self.complete(breaker_outcome(verdict));
    }
}

impl Drop for StreamPermits {
    fn drop(&mut self) {
        self.complete(BreakerOutcome::Abandoned);
    }
}
