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

use super::{Call, Refusal};
use crate::bulkhead::AcquireError;
use crate::clock::Moment;
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
    Bulkhead(Pin<Box<dyn Future<Output = Result<(), AcquireError>> + Send>>),
}

/// What stands between a call and its next attempt.
enum Gate {
    Open,
    Shut(Refusal),
    Pause(Moment),
    Line(Line),
}

/// What is waited for.
#[derive(Clone, Copy)]
enum Line {
    RateLimit,
    Bulkhead,
}

impl Call {
    /// Whether the next attempt may begin, where that can be said at once, which is nearly always. `None`: ask
    /// [`admit`](Self::admit), which waits.
    #[inline(never)]
    pub fn admit_at_once(call: &mut Self) -> Option<bool> {
        if !call.announced {
            call.announce();
        }
        match call.pass_gates() {
            Gate::Open => {
                call.begin_attempt();
                Some(true)
            }
            Gate::Shut(refusal) => {
                call.refusal = Some(refusal);
                Some(false)
            }
            Gate::Pause(_) | Gate::Line(_) => None,
        }
    }

    #[inline]
    fn begin_attempt(&mut self) {
        self.attempt += 1;
        if self.attempt > 1 {
            self.paid = false;
            self.count(Counter::Retries);
        }
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

    /// The gates in their order, as far as they open without waiting. What is to be waited for is only said.
    #[inline(always)]
    fn pass_gates(&mut self) -> Gate {
        let Self {
            plan,
            hold,
            now,
            deadline_at,
            not_before,
            key,
            cost,
            ..
        } = self;
        let plan: &Plan = plan;
        let core = &*plan.core;
        if plan.refusal.is_some() {
            return Gate::Shut(Refusal::InvalidConfig);
        }
        if plan.bare {
            return Gate::Open;
        }
        if *now < *not_before {
            return Gate::Pause(*not_before);
        }
        if *now >= *deadline_at {
            return self.shut(Refusal::Deadline);
        }
        if plan.circuit && hold.ticket.is_none() {
            match core.breaker.admit(*now) {
                Ok(ticket) => hold.ticket = Some(ticket),
                Err(rejection) => {
                    return self.shut(Refusal::CircuitBreaker {
                        retry_after: rejection.retry_after,
                    });
                }
            }
        }
        if plan.rate_limit && hold.taken.is_none() {
            match core.limiter.try_take(*key, *cost, *now) {
                Take::Taken { at } => hold.taken = Some(at),
                Take::Rejected { retry_after } => return self.no_token(retry_after),
            }
        }
        if plan.bulkhead && !hold.place {
            if core.bulkhead.try_acquire_unguarded() {
                hold.place = true;
            } else if plan.bulkhead_wait.is_zero() {
                return self.shut(Refusal::Bulkhead);
            } else {
                return Gate::Line(Line::Bulkhead);
            }
        }
        Gate::Open
    }

    #[inline]
    fn shut(&mut self, refusal: Refusal) -> Gate {
        if self.hold.is_something() {
            self.hand_back();
        }
        Gate::Shut(refusal)
    }

    /// A wait that would be in vain is not begun.
    #[cold]
    fn no_token(&mut self, retry_after: Option<Duration>) -> Gate {
        let longest = self.plan().rate_limit_wait;
        let until = self.latest_start(longest);
        let fits = retry_after.is_some_and(|wait| self.now.after(wait) <= until);
        if longest.is_zero() || !fits {
            return self.shut(Refusal::RateLimit { retry_after });
        }
        Gate::Line(Line::RateLimit)
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

    /// Begins to wait. The breaker is asked again afterwards.
    #[cold]
    fn stand_in(&mut self, line: Line) -> Queue {
        let (pattern, longest) = match line {
            Line::RateLimit => ("rate_limit", self.plan().rate_limit_wait),
            Line::Bulkhead => ("bulkhead", self.plan().bulkhead_wait),
        };
        let until = self.latest_start(longest);
        self.hand_back_ticket();
        let core = self.core();
        let queue = match line {
            Line::RateLimit => {
                let wait = core.limiter.wait(self.key, self.cost, until);
                Queue::RateLimit(Box::pin(wait))
            }
            Line::Bulkhead => {
                let enter = Arc::clone(&core.bulkhead).acquire_until(until);
                Queue::Bulkhead(Box::pin(enter))
            }
        };
        if self.is_heard(Level::INFO) {
            self.tell(EventKind::Waiting {
                pattern,
                at_most: longest,
            });
        }
        queue
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
                if self.hold.taken.is_some()
                    && self.core().limiter.is_cooling_down(self.key, self.now)
                {
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
                Err(AcquireError::Full) => Err(Refusal::Bulkhead),
                Err(AcquireError::NoTimer(cause)) => Err(Refusal::NoTimer(cause)),
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
                    call.begin_attempt();
                    return Poll::Ready(true);
                }
                Gate::Shut(refusal) => {
                    call.refusal = Some(refusal);
                    return Poll::Ready(false);
                }
                Gate::Line(line) => *this.queue = Some(call.stand_in(line)),
                Gate::Pause(until) => {
                    // One that is over by now needs no timer, which would make a millisecond of it.
                    let now = Moment::now();
                    if now >= until {
                        call.now = now;
                        continue;
                    }
                    match timer::at(until) {
                        Ok(Some(sleep)) => this.pause.set(Some(unconstrained(sleep))),
                        // Further away than any timer reaches.
                        Ok(None) => return Poll::Pending,
                        Err(cause) => {
                            let refusal = call.no_timer(cause);
                            call.refusal = Some(refusal);
                            return Poll::Ready(false);
                        }
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Admit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admit").finish_non_exhaustive()
    }
}
