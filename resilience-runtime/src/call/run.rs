//! One attempt: the body, its timer, and what is known of nested calls.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;
use tracing::span::Entered;

use super::outcome::{Attempt, AttemptEnd};
use super::{Call, Logged};
use crate::body::PollScope;
use crate::clock::Moment;
use crate::telemetry::EnteredCorrelation;
use crate::timer;

pin_project! {
    /// The future of [`Call::run`]. Written by hand because an `async fn` would hold the body twice.
    #[must_use = "futures do nothing unless polled"]
    pub struct Run<'a, F> {
        call: &'a mut Call,
        #[pin]
        body: F,
        // Made when the body is pending for the first time; most bodies that are ready at once, such as
        // those that find their answer in a cache, never need one.
        #[pin]
        timer: Option<Unconstrained<Sleep>>,
        armed: bool,
    }
}

impl Call {
    /// Runs one attempt.
    #[inline]
    pub fn run<F: Future>(call: &mut Self, body: F) -> Run<'_, F> {
        #[cfg(feature = "testing")]
        call.meet_faults();
        Run::new(call, body)
    }

    /// Runs what belongs to an attempt but is not its body.
    #[inline]
    pub(super) fn run_beside<F: Future>(call: &mut Self, work: F) -> Run<'_, F> {
        // A fault that the timeout cut is over.
        #[cfg(feature = "testing")]
        call.hold.interfering.take();
        Run::new(call, work)
    }

    /// Waits for the time at which the running attempt is cut. Not generic, so compiled once.
    fn poll_timer(
        &self,
        mut timer: Pin<&mut Option<Unconstrained<Sleep>>>,
        armed: &mut bool,
        cx: &mut Context<'_>,
    ) -> Poll<AttemptEnd<Infallible>> {
        if !*armed {
            *armed = true;
            match self.cut_at().map(timer::at) {
                None | Some(Ok(None)) => {}
                Some(Ok(Some(sleep))) => timer.set(Some(unconstrained(sleep))),
                Some(Err(cause)) => return Poll::Ready(AttemptEnd::NoTimer(cause)),
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
    fn cut(&self) -> AttemptEnd<Infallible> {
        if self.deadline_at <= self.timeout_at() {
            AttemptEnd::DeadlinePassed
        } else {
            AttemptEnd::TimedOut
        }
    }

    /// Polls a body in the scope of the call.
    #[inline]
    fn poll_body<F: Future>(&mut self, body: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.hold.running = true;
        let frame = PollScope::enter(self.hint.take());
        let scope = self.enter_scope();
        let polled = body.poll(cx);
        drop(scope);
        (self.given_up_inside, self.hint) = frame.end();
        polled
    }

    /// Puts the call's span and its own correlation id around what runs now.
    #[inline]
    pub(super) fn enter_scope(&self) -> Option<Scope<'_>> {
        self.logged_before().map(Scope::enter)
    }
}

impl<'a, F> Run<'a, F> {
    #[inline]
    fn new(call: &'a mut Call, body: F) -> Self {
        Self {
            call,
            body,
            timer: None,
            armed: false,
        }
    }
}

/// The call's span and correlation id, entered.
pub(super) struct Scope<'a> {
    _correlation: EnteredCorrelation,
    _span: Entered<'a>,
}

impl<'a> Scope<'a> {
    #[cold]
    fn enter(logged: &'a Logged) -> Self {
        Self {
            _correlation: logged.correlation.enter(),
            _span: logged.span.enter(),
        }
    }
}

impl<F: Future> Future for Run<'_, F> {
    type Output = Attempt<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let call = &mut **this.call;
        #[cfg(feature = "testing")]
        match call.poll_faults(cx) {
            Poll::Ready(None) => {}
            Poll::Ready(Some(end)) => return Poll::Ready(Attempt(end.cast())),
            Poll::Pending => {
                let cut = call.poll_timer(this.timer, this.armed, cx);
                return cut.map(|end| Attempt(end.cast()));
            }
        }
        if let Poll::Ready(out) = call.poll_body(this.body, cx) {
            #[cfg(feature = "testing")]
            if let Some(end) = call.lose_reply() {
                return Poll::Ready(Attempt(end.cast()));
            }
            return Poll::Ready(Attempt(AttemptEnd::Done(out)));
        }
        call.poll_timer(this.timer, this.armed, cx)
            .map(|end| Attempt(end.cast()))
    }
}

impl<F> fmt::Debug for Run<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}
