//! The futures of calls that wait for tokens.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use super::amount::Amount;
use super::fifo::WaitStatus;
use super::key_hash::KeyHash;
use super::keys::keyed::nonzero_wait;
use super::priority::Priority;
use super::reservation::Reservation;
use super::shared::Shared;
use super::waiting::queue::ReadyAt;
use super::waiting::ticket::{CallerWakers, Ticket};
use crate::clock::Moment;
use crate::config::{ConfigError, ConfigProblem, ConfigSource};
use crate::error::ResilienceError;
use crate::limit_name::LimitName;
use crate::timer::{self, NoTimer};

/// The longest wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    At(Moment),
    /// From the first poll on.
    Within(Duration),
}

/// Why a call cannot pass now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When it could; `None`: never, since its cost is above the limit.
    pub(crate) retry_after: Option<Duration>,
    /// The limit that is short; `None`: a cooldown holds it.
    pub(crate) limit: Option<LimitName>,
}

/// Why a wait ended without tokens, or did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitError {
    /// It could not pass in time.
    Refused(Refusal),
    /// It would have to wait, and there is no timer.
    NoTimer(NoTimer),
}

/// Waits for its turn and takes the tokens; completes with the moment at which it took them. `None`: the limiter is in
/// shadow, and it passes without.
///
/// Dropped before it completes, it has taken nothing and leaves no trace.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Wait {
    pub(super) shared: Arc<Shared>,
    pub(super) key: KeyHash,
    pub(super) amount: Amount,
    pub(super) priority: Priority,
    bound: Bound,
    ticket: Option<Ticket>,
    pub(super) timer: Option<Timer>,
    /// How long it waits for the store of a fleet, before it waits for tokens; `None`: it has.
    #[cfg(feature = "fleet")]
    pub(super) store: Option<StoreWait>,
}

/// The end of a wait for the store.
#[cfg(feature = "fleet")]
#[derive(Clone, Copy, Debug)]
pub(super) enum StoreWait {
    /// It has not begun.
    NotYet,
    Until(Moment),
}

/// The one timer of a waiter: for its tokens if it is the head, else for the end of its wait.
pub(super) struct Timer {
    sleep: Pin<Box<Sleep>>,
    at: Moment,
}

impl Wait {
    pub(super) fn new(shared: Arc<Shared>, key: KeyHash, amount: Amount, bound: Bound) -> Self {
        Self {
            shared,
            key,
            amount,
            priority: Priority::Normal,
            bound,
            ticket: None,
            timer: None,
            #[cfg(feature = "fleet")]
            store: Some(StoreWait::NotYet),
        }
    }

    /// To be called before the first poll.
    pub(super) fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// `None`: it passes in shadow.
    fn poll_queue(&mut self, cx: &Context<'_>) -> Option<(WaitStatus, Moment)> {
        let now = Moment::now();
        if self.ticket.is_none() && self.shared.is_bypassed() {
            return Some((WaitStatus::Admitted, now));
        }
        // Foreign code, dropping wakers included, does not run under the lock.
        let mut waker = CallerWakers::new(cx.waker(), self.key);
        let shadow = &self.shared.shadow;
        self.shared.with(self.key, now, |state, latest, wakers| {
            // Read once: it may change beside the lock.
            let in_shadow = shadow.is_on();
            let wanted = (self.amount, self.priority);
            let status = match self.ticket {
                Some(ticket) if in_shadow => {
                    state.leave_queue(ticket, latest, wakers);
                    shadow.count();
                    return None;
                }
                Some(ticket) => {
                    let ticket = (ticket, self.key);
                    state.poll_queue(ticket, wanted, latest, &mut waker, wakers)
                }
                None if in_shadow => {
                    if state
                        .try_take(self.key, self.amount, self.priority, latest)
                        .is_err()
                    {
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
                    state.join_queue(self.key, wanted, until, latest, &mut waker, wakers)
                }
            };
            Some((status, latest))
        })
    }

    /// Polls the timer for `at`. One that lies beyond the reach of a timer never fires.
    pub(super) fn poll_timer(
        &mut self,
        at: Moment,
        cx: &mut Context<'_>,
    ) -> Result<Poll<()>, NoTimer> {
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
        #[cfg(feature = "fleet")]
        if let Some(ended) = std::task::ready!(this.poll_store(cx)) {
            return Poll::Ready(ended);
        }
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
                    return Poll::Ready(Err(WaitError::Refused(this.refusal(ready_at, now))));
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
    #[cold]
    fn refusal(&self, ready_at: ReadyAt, now: Moment) -> Refusal {
        let (key, amount) = (self.key, self.amount);
        let limit = (self.shared).with(key, now, |state, now, _| state.short(key, amount, now));
        Refusal {
            retry_after: ready_at.map(|ready| nonzero_wait(ready, now)),
            limit,
        }
    }

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
}

impl Acquire {
    pub(super) fn new(wait: Wait) -> Self {
        Self { wait }
    }

    /// Sets which of the calls that wait come first. To be called before the first poll; afterwards it changes nothing.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.wait.priority = priority;
        self
    }
}

impl Future for Acquire {
    type Output = Result<Reservation, ResilienceError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let taken = std::task::ready!(Pin::new(&mut self.wait).poll(cx));
        let shared = &self.wait.shared;
        Poll::Ready(match taken {
            Ok(at) => Ok(Reservation::new(
                Arc::clone(shared),
                self.wait.key,
                self.wait.amount,
                at,
            )),
            Err(WaitError::Refused(_)) if shared.lacks_sorts(self.wait.amount) => {
                Err(sorts_needed().into())
            }
            Err(WaitError::Refused(Refusal { retry_after, limit })) => {
                Err(ResilienceError::RateLimitExceeded {
                    service: shared.name.clone(),
                    limit,
                    retry_after,
                    attempts: 0,
                })
            }
            Err(WaitError::NoTimer(cause)) => Err(ConfigError::from(cause).into()),
        })
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("service", &self.wait.shared.name)
            .field("tokens", &self.wait.amount.tokens())
            .finish_non_exhaustive()
    }
}

/// The error of a cost without sorts, where the sorts alone are limited.
#[cold]
pub(crate) fn sorts_needed() -> ConfigError {
    let allowed = "is a number of tokens, and the limits are of input or output tokens: give both, as \
                   `rate_limit::Cost::new(input, output)`";
    ConfigProblem::without_value("rate_limit.cost", ConfigSource::Code, allowed).into()
}
