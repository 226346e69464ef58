//! Waiting for a permit, at most until a moment, without losing one when the wait is dropped.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use super::semaphore::{AcquireOutcome, Semaphore};
use crate::clock::Moment;
use crate::timer::{self, NoTimer};

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcquireError {
    /// No permit became free in time.
    Full,
    /// It has to wait, and there is no timer.
    NoTimer(NoTimer),
}

/// An entry of the queue that is removed when it is dropped, and its permit released.
struct Waiter<'a> {
    semaphore: &'a Semaphore,
    number: Option<u64>,
}

impl Waiter<'_> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        let acquired = match self.number {
            Some(number) => self.semaphore.is_acquired(number, cx.waker()),
            None => match self.semaphore.acquire_or_enqueue(cx.waker().clone()) {
                AcquireOutcome::Acquired => true,
                AcquireOutcome::Queued(number) => {
                    self.number = Some(number);
                    false
                }
            },
        };
        if acquired {
            self.number = None;
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Leaves the queue. Returns `true` if the permit has come after all.
    fn cancel(&mut self) -> bool {
        self.number
            .take()
            .is_some_and(|number| self.semaphore.cancel(number))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.cancel() {
            self.semaphore.release();
        }
    }
}

/// Waits for a permit. Dropped at any point it leaves no trace; after `Ok` the caller owes a `release`.
pub(super) async fn wait(semaphore: &Semaphore, until: Moment) -> Result<(), AcquireError> {
    if until <= Moment::now() {
        return Err(AcquireError::Full);
    }
    let mut timer = pin!(timer::at(until).map_err(AcquireError::NoTimer)?);
    let mut waiter = Waiter {
        semaphore,
        number: None,
    };
    poll_fn(|cx| {
        if waiter.poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        match timer.as_mut().as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) if waiter.cancel() => Poll::Ready(Ok(())),
            Some(Poll::Ready(())) => Poll::Ready(Err(AcquireError::Full)),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    })
    .await
}
