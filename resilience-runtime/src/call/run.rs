//! The body of an attempt: its timer, its span, and what is known of nested calls.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::Call;
use super::attempt::{Attempt, Phase};
use super::rejection::Interruption;
use crate::clock::Moment;
use crate::poll_context::PollScope;
use crate::timer;

pin_project! {
    /// The future of [`Attempt::run`]. Written by hand because an `async fn` would hold the body twice.
    #[must_use = "futures do nothing unless polled"]
    pub struct Run<'a, 'p, F> {
        call: &'a mut Call<'p>,
        attempt: &'a mut Attempt<'p>,
        #[pin]
        body: F,
        #[pin]
        timer: AttemptTimer,
    }
}

pin_project! {
    /// The timer of an attempt. Made when the body is pending for the first time; most bodies that are ready at once,
    /// such as those that find their answer in a cache, never need one.
    pub(super) struct AttemptTimer {
        #[pin]
        sleep: Option<Unconstrained<Sleep>>,
        armed: bool,
    }
}

impl<'p> Attempt<'p> {
    /// Runs the body until it returns, or is interrupted.
    #[inline]
    pub fn run<'a, F: Future>(
        attempt: &'a mut Self,
        call: &'a mut Call<'p>,
        body: F,
    ) -> Run<'a, 'p, F> {
        #[cfg(feature = "test-util")]
        attempt.arm_fault();
        Run::new(attempt, call, body)
    }

    /// Runs what belongs to an attempt but is not its body: a hook.
    #[inline]
    pub(super) fn run_hook<'a, F: Future>(
        attempt: &'a mut Self,
        call: &'a mut Call<'p>,
        hook: F,
    ) -> Run<'a, 'p, F> {
        // A fault that the timeout cut is over.
        #[cfg(feature = "test-util")]
        attempt.fault.take();
        // It may begin later than the body did.
        if attempt.plan.is_unusual || call.is_special(attempt.started) {
            attempt.permits.set_special();
        }
        Run::new(attempt, call, hook)
    }

    /// When the body is cut.
    pub(super) fn ends_at(&self, call: &Call<'_>) -> Moment {
        self.timeout_at(call).min(call.deadline_at())
    }

    fn timeout_at(&self, call: &Call<'_>) -> Moment {
        let own = call.own_limits().timeout;
        self.started.later(own.unwrap_or(self.plan.until_timeout))
    }

    /// Enters a poll of which more is to be known than the plan says.
    #[cold]
    fn enter_special(&mut self, call: &Call<'p>, resumed: bool) -> PollScope {
        let limit = (self.ends_at(call), self.plan.brief);
        let offer = self.permits.offer(&self.plan.core);
        PollScope::enter_special(limit, resumed, self.notes.take(), offer, call.told())
    }

    /// Polls the body once, within the call's span and the limits of time.
    ///
    /// Not inlined, and one variable from the body to the caller: each one more would be a copy of what the body
    /// returned.
    #[inline(never)]
    pub(super) fn poll_body<F: Future>(
        &mut self,
        call: &mut Call<'p>,
        body: Pin<&mut F>,
        timer: Pin<&mut AttemptTimer>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, Interruption>> {
        #[cfg(feature = "test-util")]
        match self.poll_fault(cx) {
            Poll::Ready(None) => {}
            Poll::Ready(Some(interruption)) => return Poll::Ready(Err(interruption)),
            Poll::Pending => {
                drop(call.enter_span());
                return timer.poll(self, call, cx).map(Err);
            }
        }
        let resumed = self.phase == Phase::Running;
        self.phase = Phase::Running;
        let scope = if self.permits.is_linked() {
            self.enter_special(call, resumed)
        } else {
            // The call and the attempt began together.
            let limit = Moment(self.started.0 + self.plan.until_limit);
            PollScope::enter(limit, self.plan.brief, resumed)
        };
        let span = call.enter_span();
        let mut polled = poll_once(body, cx);
        drop(span);
        if let Some(noted) = scope.end() {
            self.take_notes(noted, call);
        }
        if polled.is_pending() {
            timer.interrupt(&mut polled, self, call, cx);
        } else {
            #[cfg(feature = "test-util")]
            if let Some(interruption) = self.drop_reply() {
                polled = Poll::Ready(Err(interruption));
            }
        }
        polled
    }
}

/// Not inlined, so that what the body returned comes whole: see [`Attempt::poll_body`].
#[inline(never)]
fn poll_once<F: Future>(
    body: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output, Interruption>> {
    body.poll(cx).map(Ok)
}

impl AttemptTimer {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            sleep: None,
            armed: false,
        }
    }

    /// One that does not start before it is [released](Self::release).
    #[inline]
    pub(super) fn held() -> Self {
        Self {
            sleep: None,
            armed: true,
        }
    }

    /// From now on it is a timer as any other.
    pub(super) fn release(self: Pin<&mut Self>) {
        *self.project().armed = false;
    }

    /// Interrupts a body that is pending when its time is over. By reference, see [`Attempt::poll_body`].
    #[inline(never)]
    fn interrupt<T>(
        self: Pin<&mut Self>,
        polled: &mut Poll<Result<T, Interruption>>,
        attempt: &mut Attempt<'_>,
        call: &Call<'_>,
        cx: &mut Context<'_>,
    ) {
        if let Poll::Ready(interruption) = self.poll(attempt, call, cx) {
            *polled = Poll::Ready(Err(interruption));
        }
    }

    /// Waits for the time at which the attempt is interrupted. Not generic, so compiled once.
    #[inline(never)]
    pub(super) fn poll(
        self: Pin<&mut Self>,
        attempt: &mut Attempt<'_>,
        call: &Call<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Interruption> {
        let mut this = self.project();
        let timeout_at = attempt.timeout_at(call);
        if !*this.armed {
            *this.armed = true;
            let at = timeout_at.min(call.deadline_at());
            if at != Moment::FAR_FUTURE {
                match timer::at(at) {
                    Ok(sleep) => this.sleep.set(sleep.map(unconstrained)),
                    Err(cause) => return Poll::Ready(Interruption::NoTimer(cause)),
                }
                attempt.permits.limit_place(&attempt.plan.core, at);
            }
        }
        let Some(sleep) = this.sleep.as_pin_mut() else {
            return Poll::Pending;
        };
        sleep.poll(cx).map(|()| {
            if call.deadline_at() <= timeout_at {
                Interruption::DeadlinePassed
            } else {
                Interruption::TimedOut
            }
        })
    }
}

impl<'a, 'p, F> Run<'a, 'p, F> {
    #[inline]
    fn new(attempt: &'a mut Attempt<'p>, call: &'a mut Call<'p>, body: F) -> Self {
        Self {
            call,
            attempt,
            body,
            timer: AttemptTimer::new(),
        }
    }
}

impl<F: Future> Future for Run<'_, '_, F> {
    type Output = Result<F::Output, Interruption>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.attempt.poll_body(this.call, this.body, this.timer, cx)
    }
}

impl<F> fmt::Debug for Run<'_, '_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}
