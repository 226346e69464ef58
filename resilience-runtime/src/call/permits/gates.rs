//! The gates themselves: breaker, rate limiter, bulkhead.

use super::tokens::Tokens;
use super::{
    Asked, AttemptPermits, Blocked, BreakerGate, BulkheadGate, End, Gate, RateLimitGate, WaitFor,
};
use crate::bulkhead::Place;
use crate::call::rejection::Rejection;
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::plan::{Plan, ServiceCore};
use crate::poll_context;
use crate::rate_limit::Take;

impl Gate for BreakerGate {
    #[inline(always)]
    fn admit(permits: &mut AttemptPermits, asked: &Asked<'_, '_>) -> Result<(), Blocked> {
        if asked.plan.circuit && permits.breaker.is_none() {
            permits.breaker = Some(match asked.breaker.admit_if_closed() {
                Some(ticket) => ticket,
                None => {
                    let Asked {
                        call,
                        plan,
                        now,
                        breaker,
                    } = *asked;
                    permits.admit_by_state(call, plan, breaker, now)?
                }
            });
        }
        Ok(())
    }

    #[inline]
    fn complete(permits: &mut AttemptPermits, core: &ServiceCore, end: &End<impl Fn() -> Moment>) {
        if let Some(ticket) = permits.breaker.take() {
            let breaker = permits.keys.breaker(core);
            breaker.record(ticket, end.outcome, end.started, &end.now);
        }
    }

    fn release_unused(permits: &mut AttemptPermits, plan: &Plan, now: Moment) {
        // What passes in shadow is not asked for again, and counted once.
        if let Some(ticket) = permits.breaker.take_if(|ticket| !ticket.is_shadow()) {
            let breaker = permits.keys.breaker(&plan.core);
            breaker.record(ticket, BreakerOutcome::Ignored, now, || now);
        }
    }
}

impl Gate for RateLimitGate {
    #[inline(always)]
    fn admit(permits: &mut AttemptPermits, asked: &Asked<'_, '_>) -> Result<(), Blocked> {
        let Asked {
            call, plan, now, ..
        } = *asked;
        if plan.rate_limit && permits.rate_limit == Tokens::NONE {
            match plan
                .core
                .limiter
                .try_take(permits.key, permits.amount, call.priority, now)
            {
                Take::Taken { at } => permits.rate_limit = Tokens::taken(at),
                Take::Rejected { retry_after } => {
                    return Err(permits.no_token(call, plan, retry_after, now));
                }
            }
        }
        Ok(())
    }

    /// What was taken and not settled is spent.
    #[inline]
    fn complete(permits: &mut AttemptPermits, _: &ServiceCore, _: &End<impl Fn() -> Moment>) {
        permits.rate_limit = Tokens::NONE;
    }

    fn release_unused(permits: &mut AttemptPermits, plan: &Plan, now: Moment) {
        if let Some(grant) = permits.take_rate_limit(plan.unit()) {
            plan.core.limiter.refund_grant(grant, now);
        }
    }
}

impl AttemptPermits {
    /// Not inlined: most functions have no bulkhead.
    #[inline(never)]
    fn take_place(&mut self, plan: &Plan, now: Moment) -> Result<(), Blocked> {
        if poll_context::is_inside() && self.borrow_place(&plan.core) {
            return Ok(());
        }
        let semaphore = self.keys.bulkhead(&plan.core).semaphore();
        if semaphore.try_acquire() || semaphore.try_again(|| now) {
            self.set_bulkhead(Place::Held);
            return Ok(());
        }
        if semaphore.lets_pass() {
            self.set_bulkhead(Place::Shadow);
            return Err(Blocked::InShadow(Rejection::Bulkhead));
        }
        Err(if plan.bulkhead_wait.is_zero() {
            Blocked::Rejected(Rejection::Bulkhead)
        } else {
            Blocked::WaitFor(WaitFor::Bulkhead)
        })
    }
}

impl Gate for BulkheadGate {
    #[inline(always)]
    fn admit(permits: &mut AttemptPermits, asked: &Asked<'_, '_>) -> Result<(), Blocked> {
        if asked.plan.bulkhead && permits.bulkhead.is_none() {
            return permits.take_place(asked.plan, asked.now);
        }
        Ok(())
    }

    #[inline]
    fn complete(permits: &mut AttemptPermits, core: &ServiceCore, end: &End<impl Fn() -> Moment>) {
        // Who passes in shadow runs beside the limit and tells nothing of it.
        let has_place = !matches!(permits.bulkhead, Place::None | Place::Shadow);
        let bulkhead = permits.keys.bulkhead(core);
        if has_place && bulkhead.is_adaptive() {
            end.report_load(bulkhead);
        }
        permits.bulkhead.release(bulkhead.semaphore(), &end.now);
    }

    fn release_unused(permits: &mut AttemptPermits, plan: &Plan, _: Moment) {
        let semaphore = permits.keys.bulkhead(&plan.core).semaphore();
        permits.bulkhead.release(semaphore, Moment::now);
    }
}
