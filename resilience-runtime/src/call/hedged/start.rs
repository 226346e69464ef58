//! Whether and when another attempt starts beside those that run, and how one ends that loses. Nothing here is generic: it
//! is compiled once.

use std::time::Duration;

use tokio::time::Sleep;

use crate::call::Call;
use crate::call::attempt::{Attempt, Phase};
use crate::call::load::Load;
use crate::call::permits::Blocked;
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::timer;

/// When the first attempt beside starts, and how many may.
pub(super) struct Start {
    pub(super) timer: Sleep,
    pub(super) hedges: u32,
}

impl<'p> Call<'p> {
    /// Decides when another attempt starts beside `first`, whose body is pending for the first time; `None`: none does.
    #[inline(never)]
    pub(super) fn first_hedge(&self, first: &mut Attempt<'p>) -> Option<Start> {
        let hedge = self.plan.hedge.as_ref()?;
        if self.attempts >= self.plan.max_attempts() || !self.may_repeat() {
            return None;
        }
        let at = first.started.after(self.hedge_delay()?);
        let cut = first.ends_at(self);
        if at >= cut || !self.may_begin(at) {
            return None;
        }
        // Without timers nothing is hedged. Whether the attempt can do without them, its own timer finds out.
        let timer = timer::at(at).ok().flatten()?;
        first.permits.limit_place(&self.plan.core, cut);
        Some(Start {
            timer,
            hedges: hedge.config.max_hedges,
        })
    }

    /// Makes the timer of the one after that, where so many are `left`. `started`: whether that one may.
    pub(super) fn next_hedge(&self, left: u32, started: bool, now: Moment) -> Option<Sleep> {
        if left == 0 || self.attempts >= self.plan.max_attempts() {
            return None;
        }
        let at = now.after(self.hedge_delay()?);
        // At the same moment the next one may not start either: `max_hedges` of them would keep the thread.
        if !started && at <= now || !self.may_begin(at) {
            return None;
        }
        timer::at(at).ok().flatten()
    }

    /// Whether the call's limits of time let an attempt begin then.
    fn may_begin(&self, at: Moment) -> bool {
        at <= self.latest_start(Duration::ZERO, at)
    }

    /// How long an attempt goes without an answer. Before the latency is known, a quarter of the timeout.
    fn hedge_delay(&self) -> Option<Duration> {
        let hedge = self.plan.hedge.as_ref()?;
        hedge.delay.get(
            || self.core().recent_latencies(),
            || {
                let timeout = self.timeout_or_zero();
                (!timeout.is_zero()).then_some(timeout / 4)
            },
        )
    }

    /// Admits another attempt, with permits of its own for which it does not wait. `None`: it may not start, and nothing has
    /// changed.
    #[cold]
    #[inline(never)]
    pub(super) fn admit_hedge(&mut self, now: Moment) -> Option<Attempt<'p>> {
        let plan = self.plan;
        if !self.may_begin(now)
            || self.is_billed_in_vain()
            || self.asked_beside(now).is_some()
            || self.is_trouble_ahead(now)
        {
            return None;
        }
        if plan.budget && !plan.core.budget.try_spend() {
            return None;
        }
        // Comes back with the call, should it end before the attempt begins.
        self.retry_charged = plan.budget;
        let mut attempt = Attempt::new(self);
        attempt.started = now.max(self.started);
        if !attempt.acquire_beside(self) {
            self.refund_retry();
            return None;
        }
        Some(attempt)
    }

    /// The attempt begins: its arguments are there, which a `Clone` that panics would have prevented.
    #[cold]
    #[inline(never)]
    pub(super) fn begin_hedge(&mut self) {
        self.retry_charged = false;
        self.attempts += 1;
        self.count(Counter::Hedges);
        let number = self.attempts;
        if self.is_enabled(Level::INFO) {
            self.emit(EventKind::Hedge { attempt: number });
        }
    }

    /// Whether the service shows that it has too much to do, or is not there. What is in shadow shows nothing.
    fn is_trouble_ahead(&self, now: Moment) -> bool {
        let plan = self.plan;
        let breaker = self.breaker();
        let session = &plan.core.session;
        plan.circuit && breaker.admit_if_closed().is_none() && !breaker.is_shadow()
            || plan.rate_limit && plan.core.limiter.is_cooling_down(self.key, now)
            || plan.function.reconnects && session.is_lost(session.current())
    }

    /// An attempt beside the first one has the answer.
    pub(super) fn hedge_won(&self) {
        self.count(Counter::HedgeWins);
    }

    /// Remembers how long an answer took, where the delay follows that.
    #[inline]
    pub(super) fn note_latency(&self, began: Moment) {
        if (self.plan.hedge.as_ref()).is_some_and(|hedge| hedge.delay.follows_latency()) {
            self.record_latency(began);
        }
    }

    #[inline(never)]
    fn record_latency(&self, began: Moment) {
        let took = Moment::now().since(began);
        self.core().recent_latencies().record(took);
    }
}

impl<'p> Attempt<'p> {
    /// Acquires every permit, or none. It is no probe of a breaker: that one has changed its state since.
    fn acquire_beside(&mut self, call: &mut Call<'p>) -> bool {
        loop {
            match self.acquire(call) {
                Ok(()) if self.permits.is_probe() => break,
                Ok(()) => {
                    if self.plan.function.reconnects {
                        self.session = self.plan.core.session.current();
                    }
                    return true;
                }
                Err(Blocked::InShadow(rejection)) => call.passes_in_shadow(rejection),
                Err(Blocked::Rejected(_) | Blocked::WaitFor(_)) => break,
            }
        }
        self.release_unused();
        self.permits.forget_keys();
        self.phase = Phase::Ended;
        false
    }

    /// Ends the attempt, whose body is dropped: another one has decided. What it had sent may still be executed, so what it took
    /// of the rate limit is spent.
    #[cold]
    pub(super) fn lose(&mut self, call: &mut Call<'p>) {
        if self.phase == Phase::Ended {
            return;
        }
        let core = self.core();
        core.count(Counter::HedgeCancelled);
        // Its body was not polled, because another one was ready at that moment: it has cost nothing.
        if self.phase == Phase::Waiting {
            self.release_unused();
            self.permits.forget_keys();
            self.phase = Phase::Ended;
            return;
        }
        let now = Moment::now().max(self.started);
        core.attempt_took(now.since(self.started));
        self.complete(BreakerOutcome::Cancelled, Load::Unknown, || now);
        self.apply_server_hints(call, None, || now);
        self.drop_notes();
    }
}
