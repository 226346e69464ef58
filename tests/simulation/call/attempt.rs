//! One attempt: what is noted of it, when it begins and however it ends.

use tokio::time::Instant;

use super::{Call, End, TIMER};
use crate::circuit::{Begun, Lesson};
use crate::outages::Reply;
use crate::retention::Retention;

/// A body that runs. However it ends, that is noted.
pub(super) struct Attempt<'a> {
    call: &'a Call,
    began: Instant,
    begun: Option<Begun>,
    /// Until when its place counts, if it has one.
    placed: Option<Instant>,
    pub(super) end: End,
}

impl<'a> Attempt<'a> {
    pub(super) fn begin(call: &'a Call) -> Self {
        call.may_begin();
        let began = Instant::now();
        let (timeout, deadline) = (call.promised.timeout, call.promised.deadline);
        let until = (began + timeout).min(call.began + deadline);
        let placed = call.placed.then_some(until);
        let begun = if call.bare {
            call.trace.begin_bare();
            None
        } else {
            if let Retention::CacheModel(cache_model) = &*call.retention {
                cache_model.borrow_mut().asks(call.key, call.number);
            }
            call.trace.begin(call.account(), call.cost, placed)
        };
        call.paid.set(None);
        call.is_between_attempts(false);
        let mut attempts = call.attempts.borrow_mut();
        attempts.push(End::Running);
        call.trace.count(|tally| {
            tally.attempts += 1;
            tally.retries += u64::from(attempts.len() > 1);
        });
        Self {
            call,
            began,
            begun,
            placed,
            end: End::Running,
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Call {
            trace, promised, ..
        } = self.call;
        if self.end == End::Running {
            let timeout = self.began + promised.timeout;
            let deadline = self.call.began + promised.deadline;
            let (at, end) = if deadline <= timeout {
                (deadline, End::CutByDeadline)
            } else {
                (timeout, End::TimedOut)
            };
            let left = self.call.leaving.get() || self.call.is_cut();
            self.end = if left || std::thread::panicking() {
                End::Left
            } else {
                let late = Instant::now().checked_duration_since(at);
                assert!(
                    late <= Some(TIMER) && late.is_some(),
                    "{end:?}: {late:?} late"
                );
                end
            };
        }
        *self.call.attempts.borrow_mut().last_mut().unwrap() = self.end;
        self.call.is_between_attempts(true);
        let lesson = match self.end {
            End::Replied(Reply::Refused | Reply::Lost) | End::TimedOut | End::CutByDeadline => {
                Lesson::Failure
            }
            // Who says that it will not has heard.
            End::Replied(Reply::Fine | Reply::Wrong | Reply::Denied | Reply::Gone) => Lesson::Life,
            End::Replied(Reply::Throttled(_) | Reply::Panic) | End::Left | End::Running => {
                Lesson::Nothing
            }
        };
        trace.end(self.begun.as_ref(), self.placed, lesson);
        trace.count(|tally| match self.end {
            End::Replied(Reply::Refused) => tally.transient += 1,
            End::Replied(Reply::Throttled(_)) => tally.throttled += 1,
            End::Replied(Reply::Wrong | Reply::Denied | Reply::Gone) => tally.permanent += 1,
            End::Replied(Reply::Lost) | End::CutByDeadline => tally.outcome_unknown += 1,
            End::TimedOut => {
                tally.outcome_unknown += 1;
                tally.timeouts += 1;
            }
            End::Replied(Reply::Fine | Reply::Panic) | End::Left | End::Running => {}
        });
        if self.call.bare {
            return;
        }
        let (account, cost) = (self.call.account(), self.call.cost);
        match self.end {
            End::Replied(Reply::Fine) => trace.settle(account, cost, self.call.used()),
            // Surely not executed.
            End::Replied(Reply::Refused | Reply::Throttled(_)) => trace.settle(account, cost, 0),
            _ => {}
        }
        if let End::Replied(Reply::Throttled(asked)) = self.end {
            trace.park(account, asked);
        }
    }
}
