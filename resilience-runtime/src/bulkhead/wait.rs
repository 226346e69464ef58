//! Waiting for a permit, at most until a moment. A wait that is dropped leaves nothing behind.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::time::Sleep;

use super::place::Place;
use super::semaphore::{Semaphore, Turn};
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

/// An entry of the line that is removed when it is dropped.
struct Waiter<'a> {
    semaphore: &'a Semaphore,
    until: Moment,
    number: Option<u64>,
    /// What its timer is set to.
    at: Moment,
}

impl Waiter<'_> {
    fn poll(
        &mut self,
        mut timer: Pin<&mut Option<Sleep>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Place, AcquireError>> {
        loop {
            let now = Moment::now();
            let turn = self
                .semaphore
                .poll(self.number, self.until, cx.waker(), now);
            let at = match turn {
                Turn::Waiting(number, at) => {
                    self.number = Some(number);
                    at
                }
                Turn::Acquired | Turn::Shadow | Turn::TooLate => {
                    self.number = None;
                    return Poll::Ready(match turn {
                        Turn::Acquired => Ok(Place::Held),
                        Turn::Shadow => Ok(Place::Shadow),
                        _ => Err(AcquireError::Full),
                    });
                }
            };
            if self.at != at {
                self.at = at;
                match (timer.as_mut().as_pin_mut(), at.to_instant()) {
                    (Some(timer), Some(instant)) => timer.reset(instant),
                    _ => timer.set(timer::at(at).map_err(AcquireError::NoTimer)?),
                }
            }
            match timer.as_mut().as_pin_mut().map(|timer| timer.poll(cx)) {
                Some(Poll::Pending) | None => return Poll::Pending,
                // Timers are never early; should a clock disagree, then not in a loop.
                Some(Poll::Ready(())) if Moment::now() < at => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Poll::Ready(())) => {}
            }
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.semaphore.leave(number, Moment::now);
        }
    }
}

/// Waits for a permit, unless the bulkhead is in shadow meanwhile. Dropped at any point it leaves no trace; after `Ok` the
/// caller owes a release of the place.
pub(super) async fn wait(semaphore: &Semaphore, until: Moment) -> Result<Place, AcquireError> {
    if until <= Moment::now() {
        return Err(AcquireError::Full);
    }
    let mut timer = pin!(timer::at(until).map_err(AcquireError::NoTimer)?);
    let mut waiter = Waiter {
        semaphore,
        until,
        number: None,
        at: until,
    };
    poll_fn(|cx| waiter.poll(timer.as_mut(), cx)).await
}
