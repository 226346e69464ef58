//! A call that waits for the store of a fleet, which is no wait for tokens: it is not bounded by `max_wait`.

use std::task::{Context, Poll};

use super::wait::{StoreWait, Wait, WaitError};
use crate::clock::Moment;

impl Wait {
    /// Waits until the store has said what there is, if it is being asked; `Some`: the call need not wait for tokens.
    pub(super) fn poll_store(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Option<Moment>, WaitError>>> {
        let Some(wait) = self.store else {
            return Poll::Ready(None);
        };
        let limiter = std::sync::Arc::clone(&self.shared);
        let Some(link) = limiter.link().filter(|_| !limiter.shadow.is_on()) else {
            self.store = None;
            return Poll::Ready(None);
        };
        loop {
            let now = Moment::now();
            let (key, amount) = (self.key, self.amount);
            let (until, was_asked_for) = match self.store.unwrap_or(wait) {
                StoreWait::NotYet => (now.after(link.member().timeout()), false),
                StoreWait::Until(until) => (until, true),
            };
            self.store = Some(StoreWait::Until(until));
            let (is_taken, at) =
                limiter.take_after_store(key, (amount, self.priority), was_asked_for, now);
            if is_taken {
                self.store = None;
                return Poll::Ready(Some(Ok(Some(at))));
            }
            let is_over = now >= until || !limiter.is_awaited(key, cx.waker());
            if is_over {
                self.store = None;
                self.timer = None;
                return Poll::Ready(None);
            }
            match self.poll_timer(until, cx) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(())) => {}
                // Without a timer it does not wait.
                Err(_) => {
                    self.store = None;
                    return Poll::Ready(None);
                }
            }
        }
    }
}
