//! Before an attempt: the pause of a retry, then breaker, rate limiter and bulkhead.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::{Call, Outcome, Pushback, Refusal};
use crate::bulkhead::EnterError;
use crate::clock::Moment;
use crate::error::ResilienceError;
use crate::fallback::FailureCause;
use crate::plan::Plan;
use crate::rate_limit::{Take, WaitError};
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::timer::{self, NoTimer};

pin_project! {
    /// The future of [`Call::admit`]; `true`: the attempt may begin.
    #[must_use = "futures do nothing unless polled"]
    pub struct Admit<'a> {
        call: &'a mut Call,
        #[pin]
        pause: Option<Unconstrained<Sleep>>,
        queue: Option<Queue>,
    }
}

/// A place in line. Boxed, because hardly any call waits.
enum Queue {
    RateLimit(Pin<Box<dyn Future<Output = Result<Moment, WaitError>> + Send>>),
    Bulkhead(Pin<Box<dyn Future<Output = Result<(), EnterError>> + Send>>),
}

/// What stands between a call and its next attempt.
enum Gate {
    Open,
    Shut(Refusal),
    Pause(Moment),
    Queue(Queue),
}

impl Call {
    /// Lets the first attempt begin if nothing stands in its way. `false`: ask [`admit`](Self::admit), which
    /// looks at everything again that could be otherwise by then.
    #[inline]
    pub fn admit_at_once(call: &mut Self) -> bool {
        call.attempt == 0 && call.pass_at_once()
    }

    fn pass_at_once(&mut self) -> bool {
        if !self.announced {
            self.announce();
        }
        let Self {
            plan,
            hold,
            now,
            deadline_at,
            key,
            cost,
            ..
        } = self;
        let plan: &Plan = plan;
        let core = &*plan.core;
        if plan.refusal.is_some() || *now >= *deadline_at {
            return false;
        }
        if !plan.bare {
            if plan.circuit {
                match core.breaker.admit_while_closed() {
                    Some(ticket) => hold.ticket = Some(ticket),
                    None => return false,
                }
            }
            if plan.rate_limit {
                match core.limiter.try_take(*key, *cost, *now) {
                    Take::Taken { at } => hold.taken = Some(at),
                    Take::Refused { .. } => return false,
                }
            }
            if plan.bulkhead {
                hold.place = core.bulkhead.try_enter();
                if !hold.place {
                    return false;
                }
            }
        }
        self.attempt = 1;
        true
    }

    /// Waits until the next attempt may begin. `false`: it may not, see [`refuse`](Self::refuse).
    #[inline]
    pub fn admit(call: &mut Self) -> Admit<'_> {
        Admit {
            call,
            pause: None,
            queue: None,
        }
    }

    /// The refusal as the function's result.
    #[cold]
    pub fn refuse<R: Outcome>(call: &mut Self) -> R {
        let error = call.refused();
        R::from_result(Err(error.into()))
    }

    fn refused(&mut self) -> ResilienceError {
        let refusal = self
            .refusal
            .take()
            .expect("refuse is called after admit said no");
        if self.is_heard(Level::WARN) {
            refusal.tell(self);
        }
        self.unpay();
        self.blame(refusal.verdict());
        let cause = refusal.cause();
        if let Refusal::RateLimit { .. } = refusal {
            self.pushback = Some(Pushback::Throttled);
        }
        let given_up = cause == FailureCause::Rejection || self.attempt >= 2;
        self.end(refusal.counter(), Some(cause), given_up);
        refusal.into_error(self)
    }

    /// The gates in their order, as far as they open without waiting.
    #[inline]
    fn pass_gates(&mut self) -> Gate {
        let plan = self.plan();
        if plan.refusal.is_some() {
            return Gate::Shut(Refusal::InvalidConfig);
        }
        if plan.bare {
            return Gate::Open;
        }
        if self.now < self.not_before {
            return Gate::Pause(self.not_before);
        }
        if self.now >= self.deadline_at {
            self.hand_back();
            return Gate::Shut(Refusal::Deadline);
        }
        if self.plan().circuit && self.hold.ticket.is_none() {
            match self.core().breaker.admit(self.now) {
                Ok(ticket) => self.hold.ticket = Some(ticket),
                Err(rejection) => {
                    self.hand_back();
                    return Gate::Shut(Refusal::CircuitBreaker {
                        retry_after: rejection.retry_after,
                    });
                }
            }
        }
        if self.plan().rate_limit && self.hold.taken.is_none() {
            match self.core().limiter.try_take(self.key, self.cost, self.now) {
                Take::Taken { at } => self.hold.taken = Some(at),
                Take::Refused { retry_after } => return self.queue_for_token(retry_after),
            }
        }
        if self.plan().bulkhead && !self.hold.place {
            if self.core().bulkhead.try_enter() {
                self.hold.place = true;
            } else {
                return self.queue_for_place();
            }
        }
        Gate::Open
    }

    /// When a wait of at most `longest` has to be over: before the deadline, and for a retry before
    /// `max_elapsed`, which is about when attempts begin.
    fn latest_start(&self, longest: Duration) -> Moment {
        let until = self.now.after(longest).min(self.deadline_at);
        let max_elapsed = self
            .plan()
            .retry
            .as_ref()
            .filter(|_| self.attempt > 0)
            .and_then(|policy| policy.config().max_elapsed);
        max_elapsed.map_or(until, |limit| until.min(self.started.after(limit)))
    }

    /// A wait that would be in vain is not begun.
    #[cold]
    fn queue_for_token(&mut self, retry_after: Option<Duration>) -> Gate {
        let longest = self.plan().rate_limit_wait;
        let until = self.latest_start(longest);
        let fits = retry_after.is_some_and(|wait| self.now.after(wait) <= until);
        if longest.is_zero() || !fits {
            self.hand_back();
            return Gate::Shut(Refusal::RateLimit { retry_after });
        }
        self.hand_back_ticket();
        let wait = self.core().limiter.wait(self.key, self.cost, until);
        if self.is_heard(Level::INFO) {
            self.tell(EventKind::Waiting {
                pattern: "rate_limit",
                at_most: longest,
            });
        }
        Gate::Queue(Queue::RateLimit(Box::pin(wait)))
    }

    #[cold]
    fn queue_for_place(&mut self) -> Gate {
        let longest = self.plan().bulkhead_wait;
        if longest.is_zero() {
            self.hand_back();
            return Gate::Shut(Refusal::Bulkhead);
        }
        let until = self.latest_start(longest);
        self.hand_back_ticket();
        let enter = Arc::clone(&self.core().bulkhead).enter_by(until);
        if self.is_heard(Level::INFO) {
            self.tell(EventKind::Waiting {
                pattern: "bulkhead",
                at_most: longest,
            });
        }
        Gate::Queue(Queue::Bulkhead(Box::pin(enter)))
    }

    /// Takes note of how a wait ended; the gates before it are asked again.
    fn left_queue(&mut self, end: Result<Got, Refusal>) -> Result<(), Refusal> {
        self.now = Moment::now().max(self.now);
        match end {
            Ok(Got::Token { at }) => self.hold.taken = Some(at),
            Ok(Got::Place) => {
                self.hold.place = true;
                // The server may have asked to be left alone in the meantime: then what the limiter let
                // pass before comes back, and it is asked again.
                if self.hold.taken.is_some() && self.core().limiter.parks(self.key, self.now) {
                    self.hand_back();
                }
            }
            Err(refusal) => {
                self.hand_back();
                // What ran out was the deadline, if it is over.
                return Err(if self.now >= self.deadline_at {
                    Refusal::Deadline
                } else {
                    refusal
                });
            }
        }
        Ok(())
    }

    fn no_timer(&mut self, cause: NoTimer) -> Refusal {
        self.hand_back();
        Refusal::NoTimer(cause)
    }
}

/// What a wait brought.
enum Got {
    Token { at: Moment },
    Place,
}

impl Queue {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Got, Refusal>> {
        match self {
            Self::RateLimit(wait) => wait.as_mut().poll(cx).map(|end| match end {
                Ok(at) => Ok(Got::Token { at }),
                Err(WaitError::TimedOut { retry_after }) => Err(Refusal::RateLimit {
                    retry_after: Some(retry_after),
                }),
                Err(WaitError::Never) => Err(Refusal::RateLimit { retry_after: None }),
                Err(WaitError::NoTimer(cause)) => Err(Refusal::NoTimer(cause)),
            }),
            Self::Bulkhead(enter) => enter.as_mut().poll(cx).map(|end| match end {
                Ok(()) => Ok(Got::Place),
                Err(EnterError::Full) => Err(Refusal::Bulkhead),
                Err(EnterError::NoTimer(cause)) => Err(Refusal::NoTimer(cause)),
            }),
        }
    }
}

impl Future for Admit<'_> {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut this = self.project();
        let call = &mut **this.call;
        if !call.announced {
            call.announce();
        }
        loop {
            if let Some(pause) = this.pause.as_mut().as_pin_mut() {
                if pause.poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.pause.set(None);
                call.now = Moment::now().max(call.not_before);
            }
            if let Some(queue) = this.queue.as_mut() {
                let Poll::Ready(end) = queue.poll(cx) else {
                    return Poll::Pending;
                };
                *this.queue = None;
                if let Err(refusal) = call.left_queue(end) {
                    call.refusal = Some(refusal);
                    return Poll::Ready(false);
                }
            }
            match call.pass_gates() {
                Gate::Open => {
                    call.attempt += 1;
                    if call.attempt > 1 {
                        call.paid = false;
                        call.count(Counter::Retries);
                    }
                    return Poll::Ready(true);
                }
                Gate::Shut(refusal) => {
                    call.refusal = Some(refusal);
                    return Poll::Ready(false);
                }
                Gate::Queue(queue) => *this.queue = Some(queue),
                Gate::Pause(until) => match timer::at(until) {
                    Ok(Some(sleep)) => this.pause.set(Some(unconstrained(sleep))),
                    // Further away than any timer reaches.
                    Ok(None) => return Poll::Pending,
                    Err(cause) => {
                        let refusal = call.no_timer(cause);
                        call.refusal = Some(refusal);
                        return Poll::Ready(false);
                    }
                },
            }
        }
    }
}

impl fmt::Debug for Admit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admit").finish_non_exhaustive()
    }
}
