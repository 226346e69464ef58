//! The timer of the next attempt beside the first one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::start::Start;

pin_project! {
    /// When the next attempt starts. Nothing is decided before the first body is pending.
    pub(super) struct HedgeTimer {
        #[pin]
        sleep: Option<Unconstrained<Sleep>>,
        // How many may start; `None`: not decided.
        left: Option<u32>,
        is_first: bool,
    }
}

/// It is time to start another attempt.
pub(super) struct Fired {
    pub(super) is_first: bool,
}

impl HedgeTimer {
    pub(super) fn new() -> Self {
        Self {
            sleep: None,
            left: None,
            is_first: true,
        }
    }

    pub(super) fn is_decided(&self) -> bool {
        self.left.is_some()
    }

    /// Whether no attempt starts any more.
    pub(super) fn is_off(&self) -> bool {
        self.sleep.is_none()
    }

    /// How many may start after the one that it has fired for.
    pub(super) fn left(&self) -> u32 {
        self.left.unwrap_or(0)
    }

    /// Decides on the first one; `None`: there is none.
    pub(super) fn set_first(self: Pin<&mut Self>, first: Option<Start>) {
        let mut this = self.project();
        *this.left = Some(first.as_ref().map_or(0, |first| first.hedges));
        this.sleep
            .set(first.map(|first| unconstrained(first.timer)));
    }

    /// Decides on the next one.
    pub(super) fn set_next(self: Pin<&mut Self>, next: Option<Sleep>) {
        let mut this = self.project();
        *this.is_first = false;
        this.sleep.set(next.map(unconstrained));
    }

    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fired> {
        let mut this = self.project();
        let Some(sleep) = this.sleep.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        sleep.poll(cx).map(|()| {
            this.sleep.set(None);
            *this.left = this.left.map(|left| left.saturating_sub(1));
            Fired {
                is_first: *this.is_first,
            }
        })
    }
}
