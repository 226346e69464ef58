//! Whether and when another attempt starts beside those that run, and how one ends that loses. Nothing here is generic: it
//! is compiled once.

use std::time::Duration;

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
        first.permits.limit_place(first.core(), cut);
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
                let timeout = self.timeout_under(self.plan);
                (!timeout.is_zero()).then_some(timeout / 4)
            },
        )
    }

    /// Admits another attempt, with permits of its own for which it does not wait. `None`: it may not start, and nothing has
    /// changed.
    #[cold]
    #[inline(never)]
    pub(super) fn admit_hedge(
        &mut self,
        places: Option<Places<'p>>,
        running: &[&Plan],
        now: Moment,
    ) -> Option<Attempt<'p>> {
        let plan = self.plan;
        // Another target knows nothing of what those before were asked for.
        let in_vain =
            || places.is_none() && (self.is_billed_in_vain() || self.asked_beside(now).is_some());
        if !self.may_begin(now) || in_vain() || self.is_trouble_ahead(now) {
            return None;
        }
        if plan.budget && !plan.core.budget.try_spend() {
            return None;
        }
        // Comes back with the call, should it end before the attempt begins.
        self.retry_charged = plan.budget;
        let mut attempt = Attempt::new(self);
        attempt.started = now.max(self.started);
        let acquired = match places {
            Some(places) => attempt.acquire_target_beside(self, places, running),
            None => attempt.acquire_beside(self),
        };
        if !acquired {
            self.refund_retry();
            return None;
        }
        Some(attempt)
    }

    /// The attempt begins: its arguments are there, which a `Clone` that panics would have prevented.
    #[cold]
    #[inline(never)]
    pub(super) fn begin_hedge(&mut self, attempt: &Attempt<'p>) {
        self.retry_charged = false;
        self.attempts += 1;
        self.count(Counter::Hedges);
        let number = self.attempts;
        if self.is_enabled(Level::INFO) {
            attempt.name_target(self);
            self.emit(EventKind::Hedge { attempt: number });
        }
    }

    /// Whether the service shows that it has too much to do, or is not there. What is in shadow shows nothing.
    fn is_trouble_ahead(&self, now: Moment) -> bool {
        let plan = self.plan;
        let breaker = self.breaker();
        plan.circuit && breaker.admit_if_closed().is_none() && !breaker.is_shadow()
            || plan.rate_limit && plan.core.limiter.is_cooling_down(self.key, now)
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
        // Nor does it renew a session.
        if self.plan.function.reconnects && Self::session_is_lost(self) {
            self.phase = Phase::Ended;
            return false;
        }
        loop {
            match self.acquire(call) {
                Ok(()) if self.permits.is_probe() => break,
                Ok(()) => return true,
                Err(Blocked::InShadow(rejection)) => call.passes_in_shadow(rejection),
                Err(Blocked::Rejected(_) | Blocked::WaitFor(_)) => break,
            }
        }
        self.withdraw();
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
        self.count(Counter::HedgeCancelled);
        // Its body was not polled, because another one was ready at that moment: it has cost nothing.
        if self.phase == Phase::Waiting {
            self.withdraw();
            self.phase = Phase::Ended;
            return;
        }
        let now = Moment::now().max(self.started);
        self.took(now.since(self.started));
        if self.is_at_target() {
            self.core().load.cut(now.since(self.started), now);
        }
        self.complete(BreakerOutcome::Cancelled, Load::Unknown, || now);
        self.apply_server_hints(call, None, || now);
        self.drop_notes();
    }
}
