//! One attempt: the body, its timer, and what is known of nested calls.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::Call;
use super::outcome::{Cut, Outcome};
use super::refusal::Refusal;
use crate::clock::Moment;
use crate::error::ResilienceError;
use crate::poll_context::PollScope;
use crate::timer;

pin_project! {
    /// The future of [`Call::run`]. Written by hand because an `async fn` would hold the body twice.
    #[must_use = "futures do nothing unless polled"]
    pub struct Run<'a, F, R> {
        call: &'a mut Call,
        #[pin]
        body: F,
        // Made when the body is pending for the first time; most bodies that are ready at once, such as
        // those that find their answer in a cache, never need one.
        #[pin]
        timer: Option<Unconstrained<Sleep>>,
        armed: bool,
        // What takes an error of ours to what the body brings.
        ours: fn(ResilienceError) -> R,
    }
}

impl Call {
    /// Runs one attempt. Where it is cut short, it brings what `ours` makes of our error: [`Outcome::from_ours`].
    #[inline]
    pub fn run<F: Future>(
        call: &mut Self,
        body: F,
        ours: fn(ResilienceError) -> F::Output,
    ) -> Run<'_, F, F::Output> {
        #[cfg(feature = "test-util")]
        call.meet_faults();
        Run::new(call, body, ours)
    }

    /// Runs what belongs to an attempt but is not its body.
    #[inline]
    pub(super) fn run_beside<F>(call: &mut Self, work: F) -> Run<'_, F, F::Output>
    where
        F: Future<Output: Outcome>,
    {
        // A fault that the timeout cut is over.
        #[cfg(feature = "test-util")]
        call.hold.interfering.take();
        Run::new(call, work, Outcome::from_ours)
    }

    /// Waits for the time at which the running attempt is cut. Not generic, so compiled once.
    fn poll_timer(
        &self,
        mut timer: Pin<&mut Option<Unconstrained<Sleep>>>,
        armed: &mut bool,
        cx: &mut Context<'_>,
    ) -> Poll<Cut> {
        if !*armed {
            *armed = true;
            match self.cut_at().map(timer::at) {
                None | Some(Ok(None)) => {}
                Some(Ok(Some(sleep))) => timer.set(Some(unconstrained(sleep))),
                Some(Err(cause)) => return Poll::Ready(Cut::NoTimer(cause)),
            }
        }
        match timer.as_pin_mut() {
            Some(timer) => timer.poll(cx).map(|()| self.cut()),
            None => Poll::Pending,
        }
    }

    /// When the running attempt has taken too long.
    fn timeout_at(&self) -> Moment {
        self.plan()
            .timeout
            .map_or(Moment::FAR_FUTURE, |timeout| self.now.after(timeout))
    }

    /// When the running attempt is cut.
    fn cut_at(&self) -> Option<Moment> {
        let at = self.timeout_at().min(self.deadline_at);
        (at != Moment::FAR_FUTURE).then_some(at)
    }

    /// What the timer that fired stood for.
    fn cut(&self) -> Cut {
        if self.deadline_at <= self.timeout_at() {
            Cut::DeadlinePassed
        } else {
            Cut::TimedOut
        }
    }

    /// Ends the running attempt, whose body has not come to its end.
    #[cold]
    fn end_early(&mut self, cut: Cut) -> ResilienceError {
        self.cut = Some(cut);
        match cut {
            Cut::TimedOut => ResilienceError::Timeout {
                service: self.service(),
                after: self.plan().timeout.unwrap_or_default(),
            },
            Cut::DeadlinePassed => Refusal::Deadline.into_error(self),
            Cut::NoTimer(cause) => Refusal::NoTimer(cause).into_error(self),
            #[cfg(feature = "test-util")]
            Cut::Injected(verdict) => ResilienceError::Injected {
                service: self.service(),
                verdict,
            },
        }
    }
}

impl<'a, F, R> Run<'a, F, R> {
    #[inline]
    fn new(call: &'a mut Call, body: F, ours: fn(ResilienceError) -> R) -> Self {
        Self {
            call,
            body,
            timer: None,
            armed: false,
            ours,
        }
    }
}

impl<F: Future<Output = R>, R> Future for Run<'_, F, R> {
    type Output = R;

    /// One variable from the body to the caller: each one more would be a copy of what the body brought.
    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = self.project();
        let call = &mut **this.call;
        #[cfg(feature = "test-util")]
        match call.poll_faults(cx) {
            Poll::Ready(None) => {}
            Poll::Ready(Some(cut)) => return Poll::Ready((this.ours)(call.end_early(cut))),
            Poll::Pending => {
                let cut = call.poll_timer(this.timer, this.armed, cx);
                return cut.map(|cut| (this.ours)(call.end_early(cut)));
            }
        }
        call.hold.running = true;
        let frame = PollScope::enter(call.hint.take());
        let scope = call.enter_scope();
        let mut polled = poll_body(this.body, cx);
        drop(scope);
        (call.given_up_inside, call.hint) = frame.end();
        if polled.is_pending() {
            if let Poll::Ready(cut) = call.poll_timer(this.timer, this.armed, cx) {
                polled = Poll::Ready((this.ours)(call.end_early(cut)));
            }
        } else {
            #[cfg(feature = "test-util")]
            if let Some(cut) = call.lose_reply() {
                polled = Poll::Ready((this.ours)(call.end_early(cut)));
            }
        }
        polled
    }
}

/// Not inlined, so that what the body brought comes whole: see [`Run::poll`].
#[inline(never)]
fn poll_body<F: Future>(body: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    body.poll(cx)
}

impl<F, R> fmt::Debug for Run<'_, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}
