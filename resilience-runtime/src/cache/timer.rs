//! A timer that is set anew as often as needed.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use crate::clock::Moment;
use crate::timer::{self, NoTimer};

pin_project! {
    /// Ready at the moment that it was asked for last, or earlier.
    pub(crate) struct Timer {
        #[pin]
        sleep: Option<Unconstrained<Sleep>>,
        at: Moment,
    }
}

impl Timer {
    pub(crate) fn new() -> Self {
        Self {
            sleep: None,
            at: Moment::FAR_FUTURE,
        }
    }

    /// Is ready at that moment, or earlier if it was asked for an earlier one before.
    pub(super) fn poll_at(
        self: Pin<&mut Self>,
        at: Moment,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), NoTimer>> {
        let mut this = self.project();
        if at < *this.at {
            match timer::at(at) {
                Ok(sleep) => this.sleep.set(sleep.map(unconstrained)),
                Err(cause) => return Poll::Ready(Err(cause)),
            }
            *this.at = at;
        }
        match this.sleep.as_mut().as_pin_mut().map(|it| it.poll(cx)) {
            Some(Poll::Ready(())) => {
                this.sleep.set(None);
                *this.at = Moment::FAR_FUTURE;
                Poll::Ready(Ok(()))
            }
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }
}
