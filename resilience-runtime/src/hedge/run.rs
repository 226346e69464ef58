//! The race of the attempts of one call by hand.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::time::Sleep;

use super::Hedge;
use crate::clock::Moment;
use crate::timer;

impl Hedge {
    pub(super) async fn race<F, Fut, T, E>(&self, mut attempt: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let started = Moment::now();
        let mut left = self.config.max_hedges;
        let mut first = pin!(Some(attempt()));
        let mut others: Vec<Pin<Box<Fut>>> = Vec::new();
        let mut timer = pin!(None);
        let mut armed = false;
        let mut start_next = false;
        poll_fn(|cx| {
            loop {
                if start_next {
                    others.push(Box::pin(attempt()));
                    left -= 1;
                    armed = false;
                }
                // The new one first: it has not run at all.
                let mut at = others.len();
                while at > 0 {
                    at -= 1;
                    if let Poll::Ready(result) = others[at].as_mut().poll(cx) {
                        drop(others.swap_remove(at));
                        if result.is_ok() || (others.is_empty() && first.is_none()) {
                            return Poll::Ready(self.ended(started, result));
                        }
                    }
                }
                if !std::mem::take(&mut start_next)
                    && let Some(body) = first.as_mut().as_pin_mut()
                    && let Poll::Ready(result) = body.poll(cx)
                {
                    first.set(None);
                    if result.is_ok() || others.is_empty() {
                        return Poll::Ready(self.ended(started, result));
                    }
                }
                if left > 0 && !armed {
                    armed = true;
                    timer.set(self.timer(if others.is_empty() {
                        started
                    } else {
                        Moment::now()
                    }));
                }
                let Some(sleep) = timer.as_mut().as_pin_mut() else {
                    return Poll::Pending;
                };
                if sleep.poll(cx).is_pending() {
                    return Poll::Pending;
                }
                timer.set(None);
                start_next = true;
            }
        })
        .await
    }

    /// The timer after which another attempt starts beside the one that began then.
    fn timer(&self, began: Moment) -> Option<Sleep> {
        let delay = self.delay.get(|| &self.recent, || None)?;
        timer::at(began.after(delay)).ok().flatten()
    }

    fn ended<T, E>(&self, started: Moment, result: Result<T, E>) -> Result<T, E> {
        if self.delay.follows_latency() && result.is_ok() {
            self.recent.record(Moment::now().since(started));
        }
        result
    }
}
