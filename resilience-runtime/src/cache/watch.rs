//! Whether a leader can be counted on: a future can be woken and never be polled, or stand in a line before its load.
//!
//! A load is polled with the leader's [`Watch`] as its waker, which remembers when it was woken. The waiters look at it,
//! see [`flights`](super::flights).

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::clock::Moment;
use crate::sync::Mutex;

/// How long a woken leader has to be polled.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// How long a leader may stand before its body: in a line, in a cooldown, or between two attempts.
pub(super) const PATIENCE_OUTSIDE: Duration = Duration::from_millis(100);

/// What the others know of a leader, and the waker of what it runs.
#[derive(Debug)]
pub(crate) struct Watch {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The leader's own. Absent where it was woken already: until the next poll there is nothing to add.
    waker: Option<Waker>,
    /// Since when it is woken and not polled; else never.
    woken_at: Moment,
    /// Since when it stands before its body; else never.
    outside_since: Moment,
    /// The body was polled in this poll.
    in_body: bool,
}

impl Watch {
    /// The watch of a leader that is polled.
    pub(super) fn new() -> Arc<Self> {
        Self::woken(Moment::FAR_FUTURE)
    }

    /// The watch of one that was woken to lead.
    pub(super) fn woken(at: Moment) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                waker: None,
                woken_at: at,
                outside_since: Moment::FAR_FUTURE,
                in_body: false,
            }),
        })
    }

    /// The leader is polled, with that waker.
    pub(super) fn begin_poll(&self, waker: Waker) {
        let mut state = self.state.lock();
        state.woken_at = Moment::FAR_FUTURE;
        state.in_body = false;
        let before = state.waker.replace(waker);
        drop(state);
        drop(before);
    }

    /// What is polled now is the body, or what follows it.
    pub(crate) fn enter_body(&self) {
        self.state.lock().in_body = true;
    }

    /// The poll has ended, and the load has not. Returns whether the leader stands before its body.
    pub(super) fn end_poll(&self) -> bool {
        let now = Moment::now();
        let mut state = self.state.lock();
        state.outside_since = if state.in_body {
            Moment::FAR_FUTURE
        } else {
            state.outside_since.min(now)
        };
        !state.in_body
    }

    /// When a woken leader is not to be counted on any more; never while it is polled.
    pub(super) fn unpolled_at(&self) -> Moment {
        self.state.lock().woken_at.after(PATIENCE)
    }

    /// When a leader that stands before its body is not to be counted on alone.
    pub(super) fn outside_at(&self) -> Moment {
        self.state.lock().outside_since.after(PATIENCE_OUTSIDE)
    }
}

impl Wake for Watch {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let now = Moment::now();
        let mut state = self.state.lock();
        state.woken_at = state.woken_at.min(now);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
