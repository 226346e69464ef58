//! Injected faults in the place of the body. Only with the feature `test-util`.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::coop::unconstrained;

use super::active_fault::ActiveFault;
use super::attempt::{Attempt, Phase};
use super::rejection::Interruption;
use crate::chaos::Instead;
use crate::clock::Moment;
use crate::timer;
use crate::verdict::Verdict;

impl Attempt<'_> {
    /// Takes the service's next fault, if there is one: one load where there is none.
    #[inline]
    pub(super) fn arm_fault(&mut self) {
        if let Some(interference) = self.core().faults.next() {
            self.permits.breaks_after = interference.breaks_after;
            self.fault = Some(Box::new(ActiveFault {
                wait: interference.wait,
                sleep: None,
                instead: interference.instead,
                reply_lost: interference.reply_lost,
            }));
        }
    }

    /// Runs what comes before the body, or in its place. `None`: it is the body's turn.
    #[inline]
    pub(super) fn poll_fault(&mut self, cx: &mut Context<'_>) -> Poll<Option<Interruption>> {
        if self.fault.is_none() {
            return Poll::Ready(None);
        }
        self.poll_active_fault(cx)
    }

    #[cold]
    fn poll_active_fault(&mut self, cx: &mut Context<'_>) -> Poll<Option<Interruption>> {
        // To everybody else this is the body.
        self.phase = Phase::Running;
        let Some(fault) = &mut self.fault else {
            return Poll::Ready(None);
        };
        if !fault.wait.is_zero() {
            if fault.sleep.is_none() {
                match timer::at(Moment::now().after(fault.wait)) {
                    Ok(Some(sleep)) => fault.sleep = Some(Box::pin(unconstrained(sleep))),
                    // Further away than any timer reaches.
                    Ok(None) => return Poll::Pending,
                    Err(cause) => return Poll::Ready(Some(Interruption::NoTimer(cause))),
                }
            }
            if let Some(sleep) = &mut fault.sleep {
                ready!(sleep.as_mut().poll(cx));
            }
            fault.wait = Duration::ZERO;
            fault.sleep = None;
        }
        match fault.instead {
            None => Poll::Ready(None),
            Some(Instead::Hang) => Poll::Pending,
            Some(Instead::Error(verdict)) => {
                self.fault = None;
                Poll::Ready(Some(Interruption::Injected(verdict)))
            }
        }
    }

    /// The body returned. `Some`: the fault drops the reply, and with it what the body recorded of it.
    #[inline]
    pub(super) fn drop_reply(&mut self) -> Option<Interruption> {
        let fault = self.fault.take()?;
        fault.reply_lost.then(|| {
            if let Some(notes) = &mut *self.notes {
                notes.hint = None;
                notes.clear_failures();
            }
            Interruption::Injected(Verdict::outcome_unknown())
        })
    }
}
