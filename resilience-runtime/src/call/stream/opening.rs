//! The attempt of a function that returns a stream: its body, then the first item.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::permits::StreamPermits;
use crate::call::attempt::Attempt;
use crate::verdict::Verdict;

/// A stream with its first item, if that was waited for.
pub struct Opened<S, T> {
    pub(super) stream: S,
    pub(super) first: First<T>,
    /// The permits of the attempt, once it has succeeded.
    pub(super) permits: Option<StreamPermits>,
}

/// What is known of the first item.
pub(super) enum First<T> {
    /// It was not waited for, or is out already.
    Unknown,
    Item(T),
    /// There is none.
    Nothing,
}

/// What an opened stream means that is a failure: one that ended before its first item and is to have a last one.
pub fn verdict_of<S, T>(opened: &Opened<S, T>, must_complete: bool) -> Option<Verdict> {
    (opened.is_empty() && must_complete).then(Verdict::outcome_unknown)
}

impl<S, T> Opened<S, T> {
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self.first, First::Nothing)
    }

    /// Keeps the permits of the attempt that opened the stream.
    pub(super) fn hold(&mut self, attempt: &mut Attempt<'_>) {
        let mut permits = StreamPermits::of(attempt);
        if let First::Item(_) = self.first {
            permits.pass();
        }
        self.permits = Some(permits);
    }
}

pin_project! {
    /// The future of [`open`]. Written by hand because an `async fn` would hold the body twice.
    #[must_use = "futures do nothing unless polled"]
    pub struct Opening<F, P, S> {
        #[pin]
        body: F,
        pin: P,
        until_first_item: bool,
        stream: Option<S>,
    }
}

/// Runs the body, and waits for the first item of the stream that it returns. An error in its place is the
/// attempt's.
pub fn open<F, P, Q, S, T, E>(body: F, pin: P, until_first_item: bool) -> Opening<F, P, S>
where
    F: Future<Output = Result<Q, E>>,
    P: Fn(Q) -> S,
    S: Stream<Item = Result<T, E>> + Unpin,
{
    Opening {
        body,
        pin,
        until_first_item,
        stream: None,
    }
}

impl<F, P, Q, S, T, E> Future for Opening<F, P, S>
where
    F: Future<Output = Result<Q, E>>,
    P: Fn(Q) -> S,
    S: Stream<Item = Result<T, E>> + Unpin,
{
    type Output = Result<Opened<S, T>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let stream = match this.stream {
            Some(stream) => stream,
            None => {
                let opened = ready!(this.body.poll(cx))?;
                this.stream.insert((this.pin)(opened))
            }
        };
        let first = if *this.until_first_item {
            match ready!(Pin::new(stream).poll_next(cx)) {
                Some(item) => First::Item(item?),
                None => First::Nothing,
            }
        } else {
            First::Unknown
        };
        let stream = this.stream.take().expect("put there above");
        Poll::Ready(Ok(Opened {
            stream,
            first,
            permits: None,
        }))
    }
}

impl<S, T> fmt::Debug for Opened<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

impl<F, P, S> fmt::Debug for Opening<F, P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}
