//! When the last waiter of a line will have passed, without looking at all of them for each call that asks.

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::rate_limit::algorithms::limits::Limits;
use crate::rate_limit::amount::Amount;
use crate::rate_limit::priority::Priority;
use crate::rate_limit::waiting::queue::Queue;
use crate::rate_limit::waiting::ticket::WaitStateId;

/// The state of a key after all of its waiters have passed, each as soon as it can.
struct LineEnd<S> {
    state: S,
    /// The version of the queue for which this holds.
    version: u64,
    /// When the first waiter passes.
    first_at: Moment,
    /// When the last one passes.
    last_at: Moment,
    /// The number of the first waiter that is not in it.
    next: u64,
}

/// What is known about the lines that were asked for last.
pub(super) struct LineEnds<S>(BTreeMap<WaitStateId, LineEnd<S>>);

impl<S> Default for LineEnds<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S: Clone> LineEnds<S> {
    /// The most lines that are remembered. More are computed again.
    const MAX: usize = 16;

    /// Returns when the amount could pass behind the line, whose waiters are all of that priority and pass from `from` on. Each new waiter is a step, and
    /// all of them after any other change of the line.
    pub(super) fn ready_behind<L: Limits<State = S>>(
        &mut self,
        limits: &L,
        state: &S,
        (id, queue, priority): (WaitStateId, &Queue, Priority),
        amount: Amount,
        from: Moment,
    ) -> Moment {
        let known = self.0.get(&id).is_some_and(|end| {
            // What was due before and did not pass will pass later than it was computed. Who leaves at the end does not
            // change the version, and another may have joined since who never asked.
            let last = end.next.checked_sub(1);
            end.version == queue.version()
                && last.is_some_and(|last| queue.find(last).is_some())
                // Whose head waits for the service, when it passes is not known; it is an estimate.
                && (from <= end.first_at || queue.is_in_line())
        });
        if !known {
            if self.0.len() >= Self::MAX {
                self.0.clear();
            }
            let end = LineEnd {
                state: state.clone(),
                version: queue.version(),
                first_at: from,
                last_at: from,
                next: 0,
            };
            self.0.insert(id, end);
        }
        let Some(end) = self.0.get_mut(&id) else {
            return from;
        };
        for (number, amount) in queue
            .since(end.next, priority)
            .filter(|(_, amount)| !amount.is_nothing())
        {
            #[cfg(test)]
            STEPS.set(STEPS.get() + 1);
            let ready = limits.ready(&end.state, amount, end.last_at);
            limits.force_take(&mut end.state, amount, ready);
            if end.next == 0 {
                end.first_at = ready;
            }
            (end.last_at, end.next) = (ready, number + 1);
        }
        limits.ready(&end.state, amount, end.last_at.max(from))
    }
}

#[cfg(test)]
thread_local! {
    /// How many waiters were looked at.
    pub(in crate::rate_limit) static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}
