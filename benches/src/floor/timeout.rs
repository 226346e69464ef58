//! A timeout whose timer is made when the body is pending for the first time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::body::{Answer, Failure};

pin_project! {
    #[derive(Debug)]
    pub(super) struct Lazily<F> {
        #[pin]
        body: F,
        #[pin]
        timer: Option<Sleep>,
        timeout: Duration,
    }
}

impl<F> Lazily<F> {
    #[inline]
    pub(super) fn new(body: F, timeout: Duration) -> Self {
        Self {
            body,
            timer: None,
            timeout,
        }
    }
}

impl<F: Future<Output = Answer>> Future for Lazily<F> {
    type Output = Answer;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let mut this = self.project();
        if let Poll::Ready(out) = this.body.poll(cx) {
            return Poll::Ready(out);
        }
        if this.timer.is_none() {
            this.timer.set(Some(tokio::time::sleep(*this.timeout)));
        }
        let timer = this.timer.as_pin_mut().expect("just made");
        timer.poll(cx).map(|()| Err(Failure::TimedOut))
    }
}
