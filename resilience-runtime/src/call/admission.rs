//! The waits before an attempt: a retry's backoff, the rate limiter's queue, the bulkhead's queue.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::Call;
use super::attempt::Attempt;
use super::permits::{Blocked, WaitFor};
use super::rejection::Rejection;
use crate::bulkhead::{AcquireError, Place};
use crate::clock::Moment;
use crate::rate_limit::{LONGEST_SPREAD, Refusal, WaitError};
use crate::telemetry::EventKind;
use crate::telemetry::trace::Level;
use crate::timer;

pin_project! {
    /// The future of [`Attempt::admit`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Admit<'a, 'p> {
        call: &'a mut Call<'p>,
        attempt: &'a mut Attempt<'p>,
        #[pin]
        backoff: Option<Unconstrained<Sleep>>,
        queue: Option<Queue>,
        // The attempt begins with it, and is counted.
        begins: bool,
    }
}

/// A place in a pattern's queue. Boxed, because hardly any call waits.
enum Queue {
    RateLimit(Pin<Box<dyn Future<Output = Result<Option<Moment>, WaitError>> + Send>>),
    Bulkhead(Pin<Box<dyn Future<Output = Result<Place, AcquireError>> + Send>>),
}

/// What a queue granted.
enum Acquired {
    /// `None`: it passes in shadow.
    Token {
        at: Option<Moment>,
    },
    Permit(Place),
}

impl<'p> Attempt<'p> {
    /// Waits until the attempt is admitted or rejected.
    #[inline]
    pub fn admit<'a>(attempt: &'a mut Self, call: &'a mut Call<'p>) -> Admit<'a, 'p> {
        Admit {
            call,
            attempt,
            backoff: None,
            queue: None,
            begins: true,
        }
    }

    /// The same, for an attempt that somebody else counts when it begins.
    pub(super) fn admit_uncounted<'a>(
        attempt: &'a mut Self,
        call: &'a mut Call<'p>,
    ) -> Admit<'a, 'p> {
        Admit {
            begins: false,
            ..Self::admit(attempt, call)
        }
    }

    /// Joins the queue of a pattern that is bounded by `longest`.
    #[cold]
    fn enqueue(&mut self, call: &mut Call<'p>, pattern: &'static str, longest: Duration) -> Moment {
        call.note_beginning();
        let until = call.latest_start(longest, self.started);
        self.permits.release_breaker(self.plan, self.started);
        // Who waits for a store alone does not wait for a pattern.
        if !longest.is_zero() && call.is_enabled(Level::INFO) {
            self.name_target(call);
            call.emit(EventKind::Waiting {
                pattern,
                at_most: longest,
            });
        }
        until
    }

    fn enqueue_for_token(&mut self, call: &mut Call<'p>) -> Queue {
        let until = self.enqueue(call, "rate_limit", self.plan.rate_limit_wait);
        self.wait_for_token(call, until)
    }

    fn wait_for_token(&self, call: &Call<'p>, until: Moment) -> Queue {
        let wait = self
            .core()
            .limiter
            .wait(call.key, call.amount, call.priority, until);
        Queue::RateLimit(Box::pin(wait))
    }

    /// A retry that a cooldown holds up joins the limiter's line at once: it keeps its turn, and is spread with the others
    /// afterwards. Its backoff holds all the same.
    #[cold]
    fn enqueue_instead_of_backoff(&mut self, call: &mut Call<'p>) -> Option<Queue> {
        let cold = call.cold.as_mut()?;
        let own_start = cold.lines_up.take()?;
        let planned = cold.next_start.since(self.started) + LONGEST_SPREAD;
        cold.next_start = own_start;
        let until = call.latest_start(planned.max(self.plan.rate_limit_wait), self.started);
        Some(self.wait_for_token(call, until))
    }

    fn enqueue_for_permit(&mut self, call: &mut Call<'p>) -> Queue {
        let until = self.enqueue(call, "bulkhead", self.plan.bulkhead_wait);
        let enter = Arc::clone(self.permits.bulkhead(self.core())).acquire_until(until);
        Queue::Bulkhead(Box::pin(enter))
    }

    /// Records how a wait ended. The gates before it are asked again.
    fn dequeue(
        &mut self,
        call: &mut Call<'p>,
        end: Result<Acquired, Rejection>,
    ) -> Result<(), Rejection> {
        self.started = Moment::now().max(self.started);
        let core = &self.plan.core;
        self.permits.ask_again_unless_shadow(core);
        match end {
            Ok(Acquired::Token { at }) => {
                self.permits.set_rate_limit(at);
                if at.is_none() {
                    let refusal = Refusal {
                        retry_after: None,
                        limit: None,
                    };
                    call.passes_in_shadow(Rejection::RateLimit(refusal));
                }
            }
            Ok(Acquired::Permit(place)) => {
                self.permits.set_bulkhead(place);
                if place == Place::Shadow {
                    call.passes_in_shadow(Rejection::Bulkhead);
                }
                // A cooldown may have begun meanwhile: then the token goes back, and the limiter is asked again.
                if self.permits.holds_rate_limit()
                    && self.core().limiter.is_cooling_down(call.key, self.started)
                {
                    self.release_unused();
                }
            }
            Err(rejection) => {
                self.release_unused();
                // What ran out was the deadline, if it is over.
                return Err(if self.started >= call.deadline_at() {
                    Rejection::Deadline
                } else {
                    rejection
                });
            }
        }
        Ok(())
    }
}

impl Call<'_> {
    /// The last moment at which an attempt may begin that waits for at most `longest`. The ends of a wait and of
    /// `max_elapsed`, which bounds when retries begin, are such moments; the deadline is not.
    pub(super) fn latest_start(&self, longest: Duration, now: Moment) -> Moment {
        let before_deadline = match self.ends_by() {
            Moment::FAR_FUTURE => Moment::FAR_FUTURE,
            Moment(deadline) => Moment(deadline.saturating_sub(1)),
        };
        let until = now.after(longest).min(before_deadline);
        let max_elapsed = self
            .plan
            .retry
            .as_ref()
            .filter(|_| self.attempts > 0)
            .and_then(|policy| policy.config().max_elapsed);
        max_elapsed.map_or(until, |limit| until.min(self.started.after(limit)))
    }
}

impl Queue {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Acquired, Rejection>> {
        match self {
            Self::RateLimit(wait) => wait.as_mut().poll(cx).map(|end| match end {
                Ok(at) => Ok(Acquired::Token { at }),
                Err(WaitError::Refused(refusal)) => Err(Rejection::RateLimit(refusal)),
                Err(WaitError::NoTimer(cause)) => Err(Rejection::NoTimer(cause)),
            }),
            Self::Bulkhead(enter) => enter.as_mut().poll(cx).map(|end| match end {
                Ok(place) => Ok(Acquired::Permit(place)),
                Err(AcquireError::Full) => Err(Rejection::Bulkhead),
                Err(AcquireError::NoTimer(cause)) => Err(Rejection::NoTimer(cause)),
            }),
        }
    }
}

impl Future for Admit<'_, '_> {
    type Output = Result<(), Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (call, attempt) = (&mut **this.call, &mut **this.attempt);
        call.decide_span();
        loop {
            if let Some(backoff) = this.backoff.as_mut().as_pin_mut() {
                if backoff.poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.backoff.set(None);
                attempt.started = Moment::now().max(call.next_start());
            }
            if let Some(queue) = this.queue.as_mut() {
                let Poll::Ready(end) = queue.poll(cx) else {
                    return Poll::Pending;
                };
                *this.queue = None;
                attempt.dequeue(call, end)?;
            }
            match attempt.acquire(call) {
                Ok(()) => {
                    if *this.begins {
                        call.begin_attempt();
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(Blocked::Rejected(rejection)) => return Poll::Ready(Err(rejection)),
                Err(Blocked::InShadow(rejection)) => call.passes_in_shadow(rejection),
                Err(Blocked::WaitFor(WaitFor::RateLimit)) => {
                    *this.queue = Some(attempt.enqueue_for_token(call));
                }
                Err(Blocked::WaitFor(WaitFor::Bulkhead)) => {
                    *this.queue = Some(attempt.enqueue_for_permit(call));
                }
                Err(Blocked::WaitFor(WaitFor::Backoff(until))) => {
                    *this.queue = attempt.enqueue_instead_of_backoff(call);
                    if this.queue.is_some() {
                        continue;
                    }
                    // One that is over by now needs no timer, which would make a millisecond of it.
                    let now = Moment::now();
                    if now >= until {
                        attempt.started = now;
                        continue;
                    }
                    match timer::at(until) {
                        Ok(Some(sleep)) => this.backoff.set(Some(unconstrained(sleep))),
                        // Further away than any timer reaches.
                        Ok(None) => return Poll::Pending,
                        Err(cause) => {
                            attempt.release_unused();
                            return Poll::Ready(Err(Rejection::NoTimer(cause)));
                        }
                    }
                }
            }
        }
    }
}

impl<'p> Admit<'_, 'p> {
    /// What is admitted.
    pub(super) fn parts(self: Pin<&mut Self>) -> (&mut Attempt<'p>, &mut Call<'p>) {
        let this = self.project();
        (this.attempt, this.call)
    }

    /// Whether the attempt has no target yet.
    pub(super) fn is_at_pool(self: Pin<&mut Self>) -> bool {
        let (attempt, call) = self.parts();
        std::ptr::eq(attempt.plan, call.plan)
    }
}

impl fmt::Debug for Admit<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admit").finish_non_exhaustive()
    }
}
