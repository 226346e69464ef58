//! Waiting for a place, at most until a moment, without losing one when the wait is cut short.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use super::places::{Arrival, Places};
use crate::clock::Moment;
use crate::timer::{self, NoTimer};

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnterError {
    /// None became free in time.
    Full,
    /// A wait needs a timer.
    NoTimer(NoTimer),
}

/// A number in the queue that hands itself back, and a place that came too late with it.
struct Waiter<'a> {
    places: &'a Places,
    number: Option<u64>,
}

impl Waiter<'_> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        let entered = match self.number {
            Some(number) => self.places.has_entered(number, cx.waker()),
            None => match self.places.arrive(cx.waker().clone()) {
                Arrival::Entered => true,
                Arrival::Queued(number) => {
                    self.number = Some(number);
                    false
                }
            },
        };
        if entered {
            self.number = None;
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// `true`: the place has come after all.
    fn give_up(&mut self) -> bool {
        self.number
            .take()
            .is_some_and(|number| self.places.withdraw(number))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.give_up() {
            self.places.leave();
        }
    }
}

/// Waits for a place. Dropped at any point it leaves no trace; after `Ok` the caller owes a `leave`.
pub(super) async fn wait(places: &Places, until: Moment) -> Result<(), EnterError> {
    if until <= Moment::now() {
        return Err(EnterError::Full);
    }
    let mut timer = pin!(timer::at(until).map_err(EnterError::NoTimer)?);
    let mut waiter = Waiter {
        places,
        number: None,
    };
    poll_fn(|cx| {
        if waiter.poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        match timer.as_mut().as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) if waiter.give_up() => Poll::Ready(Ok(())),
            Some(Poll::Ready(())) => Poll::Ready(Err(EnterError::Full)),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    })
    .await
}
