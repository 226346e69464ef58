//! Injected faults in the place of the body. Only with the feature `test-util`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::Call;
use super::outcome::Cut;
use crate::chaos::Instead;
use crate::clock::Moment;
use crate::timer;
use crate::verdict::Verdict;

/// What is being done to the running attempt.
pub(super) struct Interfering {
    wait: Duration,
    sleep: Option<Pin<Box<Unconstrained<Sleep>>>>,
    instead: Option<Instead>,
    reply_lost: bool,
}

impl Call {
    /// Finds out what is done to the attempt that begins. One load where there is no fault.
    #[inline]
    pub(super) fn meet_faults(&mut self) {
        if let Some(interference) = self.core().faults.next() {
            self.hold.breaks_after = interference.breaks_after;
            self.hold.interfering = Some(Box::new(Interfering {
                wait: interference.wait,
                sleep: None,
                instead: interference.instead,
                reply_lost: interference.reply_lost,
            }));
        }
    }

    /// Runs what comes before the body, or in its place. `None`: it is the body's turn.
    #[inline]
    pub(super) fn poll_faults(&mut self, cx: &mut Context<'_>) -> Poll<Option<Cut>> {
        if self.hold.interfering.is_none() {
            return Poll::Ready(None);
        }
        self.poll_interfering(cx)
    }

    #[cold]
    fn poll_interfering(&mut self, cx: &mut Context<'_>) -> Poll<Option<Cut>> {
        // To everybody else this is the body.
        self.hold.running = true;
        self.given_up_inside = false;
        let Some(interfering) = &mut self.hold.interfering else {
            return Poll::Ready(None);
        };
        if !interfering.wait.is_zero() {
            if interfering.sleep.is_none() {
                match timer::at(Moment::now().after(interfering.wait)) {
                    Ok(Some(sleep)) => interfering.sleep = Some(Box::pin(unconstrained(sleep))),
                    // Further away than any timer reaches.
                    Ok(None) => return Poll::Pending,
                    Err(cause) => return Poll::Ready(Some(Cut::NoTimer(cause))),
                }
            }
            if let Some(sleep) = &mut interfering.sleep {
                ready!(sleep.as_mut().poll(cx));
            }
            interfering.wait = Duration::ZERO;
            interfering.sleep = None;
        }
        match interfering.instead {
            None => Poll::Ready(None),
            Some(Instead::Hang) => Poll::Pending,
            Some(Instead::Error(verdict)) => {
                self.hold.interfering = None;
                Poll::Ready(Some(Cut::Injected(verdict)))
            }
        }
    }

    /// The body came to its end. `Some`: nobody hears of it.
    #[inline]
    pub(super) fn lose_reply(&mut self) -> Option<Cut> {
        let interfering = self.hold.interfering.take()?;
        interfering.reply_lost.then(|| {
            // With the reply goes what the body took from it, and whoever gave up on it.
            self.hint = None;
            self.given_up_inside = false;
            Cut::Injected(Verdict::outcome_unknown())
        })
    }
}

impl fmt::Debug for Interfering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interfering").finish_non_exhaustive()
    }
}
