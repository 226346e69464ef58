//! Which session with a service is lost, so that concurrent calls that lost the same one renew it once.
//!
//! Of those who find it lost, the first renews it; the others wait, and share how that ends. Nobody depends on another
//! caller's poll: who renews and is not polled gets a rival.

mod renewals;
mod watch;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::time::Sleep;

use self::renewals::{Renewals, Step, Waiter};
use self::watch::PollWatch;
use crate::clock::Moment;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::timer;
use crate::verdict::Verdict;
use crate::wake;

/// The sessions of a service, by number. A loss is stamped with the number that an attempt began with, so that one that
/// is reported late does not affect the session that followed.
#[derive(Default)]
pub(crate) struct Session {
    // Acquire loads pair with the AcqRel exchange in `Turn::renewed`: a call that sees the new number sees the
    // renewed session as well.
    current: AtomicU32,
    /// One more than the number of the last session that was lost; 0: none was.
    // The Acquire load in `is_lost` pairs with the AcqRel maximum in `lose`.
    lost: AtomicU32,
    renewals: Mutex<Renewals>,
}

/// A renewal that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) verdict: Verdict,
    pub(crate) at: Moment,
}

/// What a call gets that found its session lost.
pub(crate) enum Renewal<'a> {
    /// Another call has renewed it.
    Renewed,
    /// Another call could not renew it.
    Refused(Refusal),
    /// It is up to this call.
    Turn(Turn<'a>),
}

impl Session {
    pub(crate) fn current(&self) -> u32 {
        self.current.load(Ordering::Acquire)
    }

    pub(crate) fn lose(&self, number: u32) {
        self.lost
            .fetch_max(number.saturating_add(1), Ordering::AcqRel);
    }

    pub(crate) fn is_lost(&self, number: u32) -> bool {
        self.lost.load(Ordering::Acquire) > number
    }

    /// Whether this session followed others that were lost without a success in between: renewing it does not help.
    /// `successes`: those of the service until now.
    pub(crate) fn is_hopeless(&self, number: u32, successes: u64) -> bool {
        self.current() == number && self.renewals.lock().are_in_vain(successes)
    }

    /// Waits until a session that is lost is renewed, or for the turn to do that, at most until `until`.
    pub(crate) async fn turn(&self, number: u32, until: Moment) -> Renewal<'_> {
        let mut entry = Entry {
            session: self,
            number,
            until,
            waiter: Waiter::default(),
            timer_at: Moment::FAR_FUTURE,
        };
        let mut timer = pin!(None);
        poll_fn(|cx| entry.poll(timer.as_mut(), cx)).await
    }
}

/// A call that waits for the renewal of a session.
struct Entry<'a> {
    session: &'a Session,
    number: u32,
    until: Moment,
    waiter: Waiter,
    timer_at: Moment,
}

impl<'a> Entry<'a> {
    fn poll(
        &mut self,
        mut timer: Pin<&mut Option<Sleep>>,
        cx: &mut Context<'_>,
    ) -> Poll<Renewal<'a>> {
        loop {
            let at = match self.step(cx.waker()) {
                Ok(renewal) => return Poll::Ready(renewal),
                Err(at) => at,
            };
            if self.timer_at != at {
                self.timer_at = at;
                // Without a timer it is woken by the others alone, and by its own attempt.
                timer.set(timer::at(at).ok().flatten());
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

    /// Returns how it goes on, or when it is looked at again.
    fn step(&mut self, waker: &Waker) -> Result<Renewal<'a>, Moment> {
        // Foreign code, cloning and dropping wakers included, never runs under the lock.
        let waker = waker.clone();
        let now = Moment::now();
        let mut renewals = self.session.renewals.lock();
        if self.session.current() != self.number {
            return Ok(Renewal::Renewed);
        }
        let step = renewals.step(&mut self.waiter, self.until, now);
        let (next, replaced) = match step {
            Step::Wait(at) => (Err(at), renewals.set_waker(&mut self.waiter, waker)),
            Step::Begin(id, watch) => {
                let turn = Turn {
                    session: self.session,
                    number: self.number,
                    id,
                    waker: Waker::from(Arc::clone(&watch)),
                    watch,
                };
                let replaced = renewals.leave(&mut self.waiter);
                (Ok(Renewal::Turn(turn)), replaced)
            }
            Step::Refused(refusal) => {
                let replaced = renewals.leave(&mut self.waiter);
                (Ok(Renewal::Refused(refusal)), replaced)
            }
        };
        drop(renewals);
        drop(replaced);
        next
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let waker = self.session.renewals.lock().leave(&mut self.waiter);
        drop(waker);
    }
}

/// The right to renew a session. When it is dropped, another call gets its turn.
pub(crate) struct Turn<'a> {
    session: &'a Session,
    number: u32,
    id: u64,
    watch: Arc<PollWatch>,
    /// That of `watch`.
    waker: Waker,
}

impl Turn<'_> {
    /// Polls what renews the session, and notes that it is polled.
    pub(crate) fn poll<F: Future>(
        &self,
        renewal: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        self.watch.polled(cx.waker());
        renewal.poll(&mut Context::from_waker(&self.waker))
    }

    /// The session is renewed, after so many `successes` of the service.
    pub(crate) fn renewed(self, successes: u64) {
        let now = Moment::now();
        let mut renewals = self.session.renewals.lock();
        // A rival may have been faster.
        let (current, next) = (self.number, self.number.wrapping_add(1));
        let first = (self.session.current)
            .compare_exchange(current, next, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if first {
            renewals.renewed(successes, now);
        }
        drop(renewals);
    }

    /// It could not be renewed. Those who wait share that, unless a rival has taken over.
    pub(crate) fn refused(self, verdict: Verdict) {
        let at = Moment::now();
        let refusal = Refusal { verdict, at };
        self.session.renewals.lock().refused(self.id, refusal);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let waiting = self.session.renewals.lock().end(self.id);
        wake::wake(waiting);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;
