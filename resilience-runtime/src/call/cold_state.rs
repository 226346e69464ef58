//! The state that most calls do not need: what was logged of a call, and the entry of a cache that it loads.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::Span;

use super::failed_target::FailedTarget;
use super::of_keys::OfKeys;
use super::rejection_cause::Rejection;
use crate::cache::{CacheEffect, Failure, Leader};
use crate::clock::Moment;
use crate::error::BoxError;
use crate::fallback::FailureCause;
use crate::name::ServiceName;
use crate::plan::Plan;
use crate::poll_context::SharedContext;
use crate::retry::RetryHistory;
use crate::session::Refusal;
use crate::targets::TargetSet;
use crate::telemetry::CorrelationId;
use crate::verdict::{Reason, Verdict};

/// What most calls do not need. Boxed, so that calls are smaller, and dropping it is a single test.
#[derive(Default)]
pub(super) struct ColdState {
    /// Present once something was logged of the call.
    pub(super) logged: Option<LogContext>,
    /// Present where the call loads an entry of a cache.
    pub(super) load: Option<CacheLoad>,
    /// The error of the attempt before, where the deadline may end the next one.
    pub(super) last_failure: Option<BoxError>,
    /// When the next attempt may begin.
    pub(super) next_start: Moment,
    pub(super) retries: RetryHistory,
    /// Until when a server asked for a pause, by an attempt that failed beside others.
    pub(super) asked_beside: Moment,
    /// The next attempt waits in the rate limiter's line; this is how long it would have to wait without that.
    pub(super) lines_up: Option<Moment>,
    /// The limits of time that the call got from its arguments.
    pub(super) limits: OwnLimits,
    /// What the failure of the attempt before meant, where bodies look at such things.
    pub(super) previous: Option<Verdict>,
    /// What its bodies and hooks see of the call, once one has looked.
    pub(super) context: Option<Arc<SharedContext>>,
    /// Why another call could not renew the session that this one had lost as well.
    pub(super) refusal: Option<Refusal>,
    /// What its keys have to themselves.
    pub(super) keys: OfKeys,
    /// The targets at which its attempts have failed.
    pub(super) failed_targets: Vec<FailedTarget>,
    /// How long the next attempt waits should no other target admit it.
    pub(super) backoff_else: Option<Duration>,
    /// What the call began with at its targets: those of its function may be others by now.
    pub(super) targets: Option<Arc<TargetSet<Plan>>>,
    /// The target that what is told next of an attempt is about.
    pub(super) named_target: Option<ServiceName>,
}

thread_local! {
    /// The last one that was not needed any more, so that calls with keys need not allocate.
    static SPARE: Cell<Option<Box<ColdState>>> = const { Cell::new(None) };
}

impl ColdState {
    /// Makes one that holds nothing.
    pub(super) fn empty() -> Box<Self> {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        spare.unwrap_or_default()
    }

    /// Drops what it holds, and keeps its memory.
    pub(super) fn recycle(mut cold: Box<Self>) {
        *cold = Self::default();
        // It is gone where the thread ends.
        let _ = SPARE.try_with(|spare| spare.set(Some(cold)));
    }
}

/// Limits of time that stand in place of the plan's, in nanoseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct OwnLimits {
    pub(super) timeout: Option<u64>,
    pub(super) deadline: Option<u64>,
}

/// Identifies a call in what is logged of it.
pub(super) struct LogContext {
    pub(super) span: Span,
    pub(super) correlation: CorrelationId,
    /// The number of the call in this process.
    pub(super) number: u64,
    /// The id of the enclosing call, while this one runs.
    outer: Option<CorrelationId>,
}

impl LogContext {
    pub(super) fn new(correlation: CorrelationId) -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        Self {
            span: Span::none(),
            correlation,
            number: CALLS.fetch_add(1, Ordering::Relaxed),
            outer: None,
        }
    }

    // Not by the guards of `tracing`, whose drop would cost every call that logs nothing more than a test.
    #[cold]
    pub(super) fn enter(&mut self) {
        self.outer = CorrelationId::replace(Some(self.correlation.clone()));
        self.span
            .with_subscriber(|(id, subscriber)| subscriber.enter(id));
    }

    #[cold]
    pub(super) fn leave(&mut self) {
        self.span
            .with_subscriber(|(id, subscriber)| subscriber.exit(id));
        CorrelationId::replace(self.outer.take());
    }
}

/// The load of a cache entry that a call makes.
pub(super) struct CacheLoad {
    pub(super) leader: Leader,
    /// Why it failed.
    pub(super) verdict: Option<Verdict>,
    /// Why its last attempt did not begin.
    pub(super) rejection: Option<Rejection>,
}

impl CacheLoad {
    pub(super) fn new(leader: Leader) -> Self {
        Self {
            leader,
            verdict: None,
            rejection: None,
        }
    }

    /// Records why an attempt failed, or none was made. A denial is not outweighed by what another attempt meets.
    pub(super) fn note_failure(&mut self, verdict: Verdict) {
        let denied = |verdict: &Verdict| verdict.reason() == Some(Reason::Denied);
        if !self.verdict.as_ref().is_some_and(denied) {
            self.verdict = Some(verdict);
        }
    }

    /// Returns what the cache stores of a call that failed for `cause`.
    pub(super) fn failure(&self, cause: FailureCause) -> Failure {
        let failure = Failure::of(self.verdict.unwrap_or(Verdict::permanent()));
        match cause {
            FailureCause::InvalidConfig => Failure {
                effect: CacheEffect::Misconfigured,
                ..failure
            },
            _ => failure,
        }
    }
}
