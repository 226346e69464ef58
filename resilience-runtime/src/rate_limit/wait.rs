//! The futures of calls that wait for tokens.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use super::fifo::{Ticket, WaitStatus};
use super::key_hash::KeyHash;
use super::keys::keyed::nonzero_wait;
use super::reservation::Reservation;
use super::shared::Shared;
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::error::ResilienceError;
use crate::timer::{self, NoTimer};

/// The longest wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    At(Moment),
    /// From the first poll on.
    Within(Duration),
}

/// Why a wait ended without tokens, or did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitError {
    /// It could not pass in time, but after `retry_after`.
    TimedOut { retry_after: Duration },
    /// The cost is above the capacity.
    Never,
    /// It would have to wait, and there is no timer.
    NoTimer(NoTimer),
}

/// Waits for its turn and takes the tokens; completes with the moment at which it took them. `None`: the limiter is in
/// shadow, and it passes without.
///
/// Dropped before it completes, it has taken nothing and leaves no trace.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Wait {
    shared: Arc<Shared>,
    key: KeyHash,
    cost: u32,
    bound: Bound,
    ticket: Option<Ticket>,
    timer: Option<Timer>,
}

/// The one timer of a waiter: for its tokens if it is the head, else for the end of its wait.
struct Timer {
    sleep: Pin<Box<Sleep>>,
    at: Moment,
}

impl Wait {
    pub(super) fn new(shared: Arc<Shared>, key: KeyHash, cost: u32, bound: Bound) -> Self {
        Self {
            shared,
            key,
            cost,
            bound,
            ticket: None,
            timer: None,
        }
    }

    /// `None`: it passes in shadow.
    fn poll_queue(&mut self, cx: &Context<'_>) -> Option<(WaitStatus, Moment)> {
        let now = Moment::now();
        if self.ticket.is_none() && self.shared.is_bypassed() {
            return Some((WaitStatus::Admitted, now));
        }
        // Foreign code, dropping wakers included, does not run under the lock.
        let mut waker = Some(cx.waker().clone());
        let shadow = &self.shared.shadow;
        self.shared.with(self.key, now, |state, latest, wakers| {
            // Read once: it may change beside the lock.
            let in_shadow = shadow.is_on();
            let mut waker = || waker.take().expect("one of these alone");
            let status = match self.ticket {
                Some(ticket) if in_shadow => {
                    state.leave_queue(ticket, latest, wakers);
                    shadow.count();
                    return None;
                }
                Some(ticket) => state.poll_queue(ticket, latest, waker(), wakers),
                None if in_shadow => {
                    if state.try_take(self.key, self.cost, latest).is_err() {
                        shadow.count();
                        return None;
                    }
                    WaitStatus::Admitted
                }
                None => {
                    let until = match self.bound {
                        Bound::At(until) => until,
                        Bound::Within(max_wait) => now.after(max_wait),
                    };
                    state.join_queue(self.key, self.cost, until, latest, waker())
                }
            };
            Some((status, latest))
        })
    }

    /// Polls the timer for `at`. One that lies beyond the reach of a timer never fires.
    fn poll_timer(&mut self, at: Moment, cx: &mut Context<'_>) -> Result<Poll<()>, NoTimer> {
        if self.timer.as_ref().is_none_or(|timer| timer.at != at) {
            match (&mut self.timer, at.to_instant()) {
                (Some(timer), Some(instant)) => {
                    timer.sleep.as_mut().reset(instant);
                    timer.at = at;
                }
                (timer, _) => {
                    *timer = timer::at(at)?.map(|sleep| Timer {
                        sleep: Box::pin(sleep),
                        at,
                    });
                }
            }
        }
        Ok(match &mut self.timer {
            Some(timer) => timer.sleep.as_mut().poll(cx),
            None => Poll::Pending,
        })
    }
}

impl Future for Wait {
    type Output = Result<Option<Moment>, WaitError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            let Some((status, now)) = this.poll_queue(cx) else {
                this.ticket = None;
                return Poll::Ready(Ok(None));
            };
            let (ticket, at) = match status {
                WaitStatus::Admitted => {
                    this.ticket = None;
                    return Poll::Ready(Ok(Some(now)));
                }
                WaitStatus::Rejected(ready_at) => {
                    this.ticket = None;
                    return Poll::Ready(Err(ready_at.map_or(WaitError::Never, |ready| {
                        WaitError::TimedOut {
                            retry_after: nonzero_wait(ready, now),
                        }
                    })));
                }
                WaitStatus::Waiting(ticket, at) => (ticket, at),
            };
            this.ticket = Some(ticket);
            match this.poll_timer(at, cx) {
                Ok(Poll::Pending) => return Poll::Pending,
                // Timers are never early, so that the next round is the last one or has a later time;
                // should a clock disagree, then not in a loop.
                Ok(Poll::Ready(())) if Moment::now() < at => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(Poll::Ready(())) => {}
                Err(cause) => {
                    this.leave();
                    return Poll::Ready(Err(WaitError::NoTimer(cause)));
                }
            }
        }
    }
}

impl Wait {
    fn leave(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared
                .with(self.key, Moment::now(), |state, now, wakers| {
                    state.leave_queue(ticket, now, wakers);
                });
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Waits for tokens of a limiter; it is the future of [`RateLimiter::acquire`](crate::rate_limit::RateLimiter::acquire).
#[must_use = "futures do nothing unless polled or awaited"]
pub struct Acquire {
    wait: Wait,
    n: u32,
}

impl Acquire {
    pub(super) fn new(wait: Wait, n: u32) -> Self {
        Self { wait, n }
    }
}

impl Future for Acquire {
    type Output = Result<Reservation, ResilienceError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let taken = std::task::ready!(Pin::new(&mut self.wait).poll(cx));
        let shared = &self.wait.shared;
        let exceeded = |retry_after| ResilienceError::RateLimitExceeded {
            service: shared.name.clone(),
            retry_after,
            attempts: 0,
        };
        Poll::Ready(match taken {
            Ok(at) => Ok(Reservation::new(
                Arc::clone(shared),
                self.wait.key,
                self.n,
                at,
            )),
            Err(WaitError::TimedOut { retry_after }) => Err(exceeded(Some(retry_after))),
            Err(WaitError::Never) => Err(exceeded(None)),
            Err(WaitError::NoTimer(cause)) => Err(ConfigError::from(cause).into()),
        })
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("service", &self.wait.shared.name)
            .field("n", &self.n)
            .finish_non_exhaustive()
    }
}
