//! Whether and when another attempt starts beside those that run, and how one ends that loses. Nothing here is generic: it
//! is compiled once.

use tokio::time::Sleep;

use crate::call::Call;
use crate::call::attempt::{Attempt, Phase};
use crate::call::load::Load;
use crate::call::permits::Blocked;
use crate::call::targets::Places;
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::plan::Plan;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::timer::{self, NoTimer};

/// When the first attempt beside starts, and how many may.
pub(super) struct Start {
    pub(super) timer: Sleep,
    pub(super) hedges: u32,
}

impl<'p> Call<'p> {
    /// Decides when another attempt starts beside `first`, whose body is pending for the first time; `None`: none does.
    #[inline(never)]
    pub(super) fn first_hedge(&self, first: &mut Attempt<'p>) -> Result<Option<Start>, NoTimer> {
        let Some(hedge) = &self.plan.hedge else {
            return Ok(None);
        };
        if self.attempts >= self.plan.max_attempts() || !self.may_repeat() {
            return Ok(None);
        }
        let Some(delay) = self.hedge_delay() else {
            return Ok(None);
        };
        let (at, cut) = (first.started.after(delay), first.ends_at(self));
        if at >= cut {
            return Ok(None);
        }
        let timer = timer::at(at)?;
        if timer.is_some() {
            first.permits.limit_place(first.core(), cut);
        }
        Ok(timer.map(|timer| Start {
            timer,
            hedges: hedge.config.max_hedges,
        }))
    }

    /// Makes the timer of the one after that, where so many are `left`.
    pub(super) fn next_hedge(&self, left: u32, now: Moment) -> Option<Sleep> {
        if left == 0 || self.attempts >= self.plan.max_attempts() {
            return None;
        }
        let at = now.after(self.hedge_delay()?);
        if at >= self.ends_by() {
            return None;
        }
        timer::at(at).ok().flatten()
    }

    /// How long an attempt goes without an answer. Before the latency is known, a quarter of the timeout.
    fn hedge_delay(&self) -> Option<std::time::Duration> {
        let hedge = self.plan.hedge.as_ref()?;
        hedge.delay.get(
            || self.core().recent_latencies(),
            || {
                let timeout = self.timeout_under(self.plan);
                (!timeout.is_zero()).then_some(timeout / 4)
            },
        )
    }

    /// Starts another attempt, with permits of its own for which it does not wait. `None`: it may not start, and nothing has
    /// changed.
    #[cold]
    #[inline(never)]
    pub(super) fn start_hedge(
        &mut self,
        places: Option<Places<'p>>,
        running: &[&Plan],
        now: Moment,
    ) -> Option<Attempt<'p>> {
        let plan = self.plan;
        if now >= self.ends_by() || self.is_trouble_ahead(now) {
            return None;
        }
        if plan.budget && !plan.core.budget.try_spend() {
            return None;
        }
        let mut attempt = Attempt::new(self);
        attempt.started = now.max(self.started);
        let acquired = match places {
            Some(places) => attempt.acquire_target_beside(self, places, running),
            None => attempt.acquire_beside(self),
        };
        if !acquired {
            if plan.budget {
                plan.core.budget.refund();
            }
            return None;
        }
        self.attempts += 1;
        self.count(Counter::Hedges);
        let number = self.attempts;
        if self.is_enabled(Level::INFO) {
            attempt.name_target(self);
            self.emit(EventKind::Hedge { attempt: number });
        }
        Some(attempt)
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
    pub(in crate::call) fn acquire_beside(&mut self, call: &mut Call<'p>) -> bool {
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
        self.permits.forget_keys(&self.plan.core);
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
        let now = Moment::now().max(self.started);
        self.count(Counter::HedgeCancelled);
        self.took(now.since(self.started));
        if self.is_at_target() {
            self.core().load.cut(now.since(self.started), now);
        }
        self.complete(BreakerOutcome::Cancelled, Load::Unknown, || now);
        self.apply_server_hints(call, None, || now);
        self.drop_notes();
    }
}
