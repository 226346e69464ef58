//! A stream on its way to the caller.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::opening::{First, Opened};
use super::permits::StreamPermits;
use super::watch::Watch;
use crate::call::outcome::FromResilienceError;
use crate::circuit_breaker::Outcome;
use crate::clock::Moment;
use crate::error::ResilienceError;
use crate::name::ServiceName;
use crate::timer;
use crate::verdict::Verdict;

pin_project! {
    /// A stream that is watched: the breaker learns how it ends, the bulkhead keeps its place until then, and
    /// one that falls silent or breaks off ends with an error.
    #[must_use = "streams do nothing unless polled"]
    pub struct Guarded<S, T, E> {
        stream: S,
        first: First<T>,
        watch: Watch<T, E>,
        permits: StreamPermits,
        // Whether the last item was seen, as far as anybody can tell.
        complete: bool,
        ended: bool,
        // Made when the stream is pending; kept from item to item.
        #[pin]
        idle: Option<Unconstrained<Sleep>>,
        // Whether the timer is about the item that is waited for now.
        armed: bool,
    }
}

impl<S, T, E> Guarded<S, T, E> {
    pub(super) fn new(opened: Opened<S, T>, watch: Watch<T, E>) -> Self {
        Self {
            complete: watch.complete.is_none(),
            stream: opened.stream,
            first: opened.first,
            watch,
            permits: (opened.permits).expect("an attempt that opened a stream holds its permits"),
            ended: false,
            idle: None,
            armed: false,
        }
    }
}

/// Polls for the next item, which is the one that was waited for at first, if it is not out yet.
fn poll_item<S, T, E>(
    stream: &mut S,
    first: &mut First<T>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<T, E>>>
where
    S: Stream<Item = Result<T, E>> + Unpin,
{
    match std::mem::replace(first, First::Unknown) {
        First::Item(item) => Poll::Ready(Some(Ok(item))),
        First::Nothing => Poll::Ready(None),
        First::Unknown => Pin::new(stream).poll_next(cx),
    }
}

/// Waits until the stream has been silent for `longest`. The timer starts with the first poll that finds no item.
fn poll_idle(
    mut idle: Pin<&mut Option<Unconstrained<Sleep>>>,
    armed: &mut bool,
    longest: Duration,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if !*armed {
        *armed = true;
        // Without a timer the silence cannot be measured.
        let sleep = timer::at(Moment::now().after(longest)).ok().flatten();
        idle.set(sleep.map(unconstrained));
    }
    match idle.as_pin_mut() {
        Some(idle) => idle.poll(cx),
        None => Poll::Pending,
    }
}

/// Takes note of an item. Returns whether it is known to be the last one.
fn passed<T, E>(item: &T, watch: &Watch<T, E>, permits: &mut StreamPermits) -> bool {
    permits.pass();
    #[cfg(feature = "test-util")]
    permits.pass_item();
    if let Some(used) = watch.usage.and_then(|usage| usage(item)) {
        permits.used(used);
    }
    watch.complete.is_some_and(|complete| complete(item))
}

/// The stream was silent for longer than it may be.
fn silent(service: ServiceName, after: Duration) -> ResilienceError {
    ResilienceError::Timeout {
        service,
        after,
        attempts: 0,
    }
}

/// Ends a stream that broke off without an error of its own, and returns the error that its caller gets instead.
fn broken_off(
    permits: &mut StreamPermits,
    error: impl FnOnce(ServiceName) -> ResilienceError,
) -> ResilienceError {
    permits.broken(Verdict::outcome_unknown());
    error(permits.core.name.clone())
}

impl<S, T, E> Stream for Guarded<S, T, E>
where
    S: Stream<Item = Result<T, E>> + Unpin,
    E: FromResilienceError,
{
    type Item = Result<T, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        #[cfg(feature = "test-util")]
        if this.permits.breaks_off() {
            *this.ended = true;
            let verdict = Verdict::outcome_unknown();
            let injected = |service| ResilienceError::Injected { service, verdict };
            let error = broken_off(this.permits, injected);
            return Poll::Ready(Some(Err(error.into())));
        }
        let next = match poll_item(this.stream, this.first, cx) {
            Poll::Ready(next) => next,
            Poll::Pending => {
                let Some(after) = this.watch.idle_timeout else {
                    return Poll::Pending;
                };
                ready!(poll_idle(this.idle, this.armed, after, cx));
                *this.ended = true;
                let error = broken_off(this.permits, |service| silent(service, after));
                return Poll::Ready(Some(Err(error.into())));
            }
        };
        *this.armed = false;
        Poll::Ready(match next {
            Some(Ok(item)) => {
                if passed(&item, this.watch, this.permits) {
                    *this.complete = true;
                    this.permits.complete_before_the_end();
                }
                Some(Ok(item))
            }
            Some(Err(error)) => {
                let verdict = (this.watch.judge)(&error).classified.verdict;
                let kind = this.permits.kind;
                this.permits.broken(verdict.or_default_of(kind));
                // It was told how it ended.
                *this.complete = true;
                Some(Err(error))
            }
            None => {
                *this.ended = true;
                if *this.complete {
                    this.permits.complete(Outcome::Success);
                    None
                } else {
                    let error = broken_off(this.permits, |service| {
                        ResilienceError::StreamInterrupted { service }
                    });
                    Some(Err(error.into()))
                }
            }
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.first {
            _ if self.ended => (0, Some(0)),
            First::Nothing => (0, None),
            // An error of ours may follow.
            First::Item(_) => (1, None),
            First::Unknown => (0, None),
        }
    }
}

impl<S, T, E> fmt::Debug for Guarded<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
