//! What becomes of an attempt that the breaker or the limiter does not admit at once: it is rejected, waits, or passes in
//! shadow.

use std::time::Duration;

use super::tokens::Tokens;
use super::{AttemptPermits, Blocked, WaitFor};
use crate::call::Call;
use crate::call::links::Links;
use crate::call::rejection::Rejection;
use crate::circuit_breaker::{CircuitBreaker, Ticket};
use crate::clock::Moment;
use crate::plan::Plan;
use crate::poll_context;

impl AttemptPermits {
    /// Asks a breaker that is not closed.
    #[cold]
    #[inline(never)]
    pub(super) fn admit_by_state(
        &mut self,
        call: &Call<'_>,
        plan: &Plan,
        breaker: &CircuitBreaker,
        now: Moment,
    ) -> Result<Ticket, Blocked> {
        if poll_context::is_inside()
            && let Some(probe) = self.borrow_probe(&plan.core, now)
        {
            return Ok(probe);
        }
        let longest = || call.timeout_under(plan);
        let admitted = breaker.admit_by_state(now, longest);
        let ticket = admitted.map_err(|rejection| {
            let retry_after = rejection.retry_after;
            let cause = Rejection::CircuitBreaker { retry_after };
            self.breaker = rejection.or_pass().ok();
            match self.breaker {
                Some(_) => Blocked::InShadow(cause),
                None => Blocked::Rejected(cause),
            }
        })?;
        if ticket.is_probe() {
            self.links.add(Links::LENDS);
        }
        Ok(ticket)
    }

    /// Whether it is a probe of a half-open breaker.
    pub(in crate::call) fn is_probe(&self) -> bool {
        self.breaker.is_some_and(|ticket| ticket.is_probe())
    }

    /// A wait that would be in vain is not begun.
    #[cold]
    pub(super) fn no_token(
        &mut self,
        call: &Call<'_>,
        plan: &Plan,
        soonest: Option<Duration>,
        now: Moment,
    ) -> Blocked {
        let limiter = &plan.core.limiter;
        if limiter.lets_pass() {
            self.rate_limit = Tokens::SHADOW;
            let refusal = limiter.refusal(self.key, self.amount, call.priority, now);
            return Blocked::InShadow(Rejection::RateLimit(refusal));
        }
        #[cfg(feature = "fleet")]
        if limiter.asks_store(self.key, now) {
            return Blocked::WaitFor(WaitFor::RateLimit);
        }
        let longest = plan.rate_limit_wait;
        let until = call.latest_start(longest, now);
        let fits = soonest.is_some_and(|wait| now.after(wait) <= until);
        if longest.is_zero() || !fits {
            if soonest.is_none() && limiter.lacks_sorts(self.amount) {
                return Blocked::Rejected(Rejection::SortsNeeded);
            }
            let refusal = limiter.refusal(self.key, self.amount, call.priority, now);
            return Blocked::Rejected(Rejection::RateLimit(refusal));
        }
        Blocked::WaitFor(WaitFor::RateLimit)
    }
}
