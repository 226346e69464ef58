//! Waits for another caller's load, with one timer: for the waiter's own deadline, and to look after the leader.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::guard::{WaitOutcome, Waiter};
use super::timer::Timer;
use crate::clock::Moment;
use crate::timer::NoTimer;

/// How a wait with a deadline ended.
pub(crate) enum WaitEnd {
    Outcome(WaitOutcome),
    DeadlinePassed,
    /// There is no timer for the deadline.
    NoTimer(NoTimer),
}

impl Waiter {
    /// Waits for the end of the load, at most until the deadline. Without a timer nobody looks after the leader.
    pub(crate) fn poll_until(
        &mut self,
        deadline: Moment,
        mut timer: Pin<&mut Timer>,
        cx: &mut Context<'_>,
    ) -> Poll<WaitEnd> {
        loop {
            let now = Moment::now();
            let look_at = match self.poll(cx, now) {
                Ok(outcome) => return Poll::Ready(WaitEnd::Outcome(outcome)),
                Err(look_at) => look_at,
            };
            if now >= deadline {
                return Poll::Ready(WaitEnd::DeadlinePassed);
            }
            match timer.as_mut().poll_at(look_at.min(deadline), cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(cause)) if deadline != Moment::FAR_FUTURE => {
                    return Poll::Ready(WaitEnd::NoTimer(cause));
                }
                Poll::Ready(Err(_)) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}
