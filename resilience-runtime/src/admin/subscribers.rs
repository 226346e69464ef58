//! The subscribers of `/events`, and the pending messages of each.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Poll, Waker};

use axum::body::Bytes;

/// The most subscribers at the same time.
pub(super) const MAX_SUBSCRIBERS: usize = 64;

/// How many changes a subscriber may lag behind.
pub(super) const MAX_LAG: usize = 256;

/// All subscribers. They share the text of each message.
#[derive(Default)]
pub(super) struct Subscribers {
    next: u64,
    mailboxes: BTreeMap<u64, Mailbox>,
}

/// The pending messages of one subscriber: at most [`MAX_LAG`] changes and one snapshot. A slow subscriber delays no
/// other: its oldest changes are counted and dropped, and of snapshots it keeps the newest alone.
#[derive(Default)]
struct Mailbox {
    pending: VecDeque<Message>,
    missed: u64,
    waker: Option<Waker>,
}

enum Message {
    Snapshot(Bytes),
    Change(Bytes),
}

impl Subscribers {
    pub(super) fn is_empty(&self) -> bool {
        self.mailboxes.is_empty()
    }

    /// Adds a subscriber and returns its id; `None` if there are [`MAX_SUBSCRIBERS`].
    pub(super) fn join(&mut self) -> Option<u64> {
        if self.mailboxes.len() >= MAX_SUBSCRIBERS {
            return None;
        }
        self.next += 1;
        self.mailboxes.insert(self.next, Mailbox::default());
        Some(self.next)
    }

    pub(super) fn leave(&mut self, subscriber: u64) {
        self.mailboxes.remove(&subscriber);
    }

    /// Ends every stream, and returns the wakers.
    pub(super) fn close_all(&mut self) -> Vec<Waker> {
        let mailboxes = std::mem::take(&mut self.mailboxes);
        mailboxes.into_values().filter_map(|it| it.waker).collect()
    }

    /// Enqueues a snapshot, in place of one that was not sent yet. Returns the wakers to call.
    pub(super) fn snapshot(&mut self, text: &Bytes) -> Vec<Waker> {
        self.each(|mailbox| {
            let is_change = |message: &Message| matches!(message, Message::Change(_));
            mailbox.pending.retain(is_change);
            mailbox.pending.push_back(Message::Snapshot(text.clone()));
        })
    }

    /// Enqueues a change. Returns the wakers to call.
    pub(super) fn change(&mut self, text: &Bytes) -> Vec<Waker> {
        self.each(|mailbox| {
            let is_change = |message: &Message| matches!(message, Message::Change(_));
            if mailbox.pending.iter().filter(|it| is_change(it)).count() >= MAX_LAG
                && let Some(oldest) = mailbox.pending.iter().position(is_change)
            {
                mailbox.pending.remove(oldest);
                mailbox.missed += 1;
            }
            mailbox.pending.push_back(Message::Change(text.clone()));
        })
    }

    /// Reports changes that were lost before they could be enqueued. Returns the wakers to call.
    pub(super) fn missed(&mut self, count: u64) -> Vec<Waker> {
        self.each(|mailbox| mailbox.missed += count)
    }

    fn each(&mut self, mut enqueue: impl FnMut(&mut Mailbox)) -> Vec<Waker> {
        let mailboxes = self.mailboxes.values_mut();
        mailboxes
            .filter_map(|mailbox| {
                enqueue(mailbox);
                mailbox.waker.take()
            })
            .collect()
    }

    /// Returns the next message of this subscriber; `None` if its stream ends.
    pub(super) fn poll(&mut self, subscriber: u64, waker: &Waker) -> Poll<Option<Bytes>> {
        let Some(mailbox) = self.mailboxes.get_mut(&subscriber) else {
            return Poll::Ready(None);
        };
        let missed = std::mem::take(&mut mailbox.missed);
        if missed > 0 {
            let text = format!("event: missed\ndata: {{\"count\":{missed}}}\n\n");
            return Poll::Ready(Some(text.into()));
        }
        match mailbox.pending.pop_front() {
            Some(Message::Snapshot(text) | Message::Change(text)) => Poll::Ready(Some(text)),
            None => {
                mailbox.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }
}
