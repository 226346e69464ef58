//! Those who read `/events`, and what each has yet to be sent.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Poll, Waker};

use axum::body::Bytes;

/// Readers at the same time.
pub(super) const READERS: usize = 64;

/// Changes that a reader may be behind.
pub(super) const BEHIND: usize = 256;

/// All readers. What is sent to them is one text, shared.
#[derive(Default)]
pub(super) struct Readers {
    next: u64,
    boxes: BTreeMap<u64, Mailbox>,
}

/// What one reader has yet to be sent: at most [`BEHIND`] changes and one snapshot. Nobody waits for a slow
/// reader: its oldest changes are counted and dropped, and of snapshots it needs the newest alone.
#[derive(Default)]
struct Mailbox {
    waiting: VecDeque<Message>,
    missed: u64,
    waker: Option<Waker>,
}

enum Message {
    Snapshot(Bytes),
    Change(Bytes),
}

impl Readers {
    pub(super) fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    /// The number of a new reader; `None`: there are enough.
    pub(super) fn join(&mut self) -> Option<u64> {
        if self.boxes.len() >= READERS {
            return None;
        }
        self.next += 1;
        self.boxes.insert(self.next, Mailbox::default());
        Some(self.next)
    }

    pub(super) fn leave(&mut self, reader: u64) {
        self.boxes.remove(&reader);
    }

    /// Ends every stream.
    pub(super) fn dismiss(&mut self) -> Vec<Waker> {
        let boxes = std::mem::take(&mut self.boxes);
        boxes.into_values().filter_map(|it| it.waker).collect()
    }

    /// Puts a snapshot in the place of one that was not sent yet. Who is to be woken is returned.
    pub(super) fn snapshot(&mut self, text: &Bytes) -> Vec<Waker> {
        self.each(|mailbox| {
            let is_change = |message: &Message| matches!(message, Message::Change(_));
            mailbox.waiting.retain(is_change);
            mailbox.waiting.push_back(Message::Snapshot(text.clone()));
        })
    }

    pub(super) fn change(&mut self, text: &Bytes) -> Vec<Waker> {
        self.each(|mailbox| {
            let is_change = |message: &Message| matches!(message, Message::Change(_));
            if mailbox.waiting.iter().filter(|it| is_change(it)).count() >= BEHIND
                && let Some(oldest) = mailbox.waiting.iter().position(is_change)
            {
                mailbox.waiting.remove(oldest);
                mailbox.missed += 1;
            }
            mailbox.waiting.push_back(Message::Change(text.clone()));
        })
    }

    /// So many changes came and went before anybody could pass them on.
    pub(super) fn missed(&mut self, count: u64) -> Vec<Waker> {
        self.each(|mailbox| mailbox.missed += count)
    }

    fn each(&mut self, mut put: impl FnMut(&mut Mailbox)) -> Vec<Waker> {
        let boxes = self.boxes.values_mut();
        boxes
            .filter_map(|mailbox| {
                put(mailbox);
                mailbox.waker.take()
            })
            .collect()
    }

    /// The next text for this reader; `None`: its stream ends.
    pub(super) fn poll(&mut self, reader: u64, waker: &Waker) -> Poll<Option<Bytes>> {
        let Some(mailbox) = self.boxes.get_mut(&reader) else {
            return Poll::Ready(None);
        };
        let missed = std::mem::take(&mut mailbox.missed);
        if missed > 0 {
            let text = format!("event: missed\ndata: {{\"count\":{missed}}}\n\n");
            return Poll::Ready(Some(text.into()));
        }
        match mailbox.waiting.pop_front() {
            Some(Message::Snapshot(text) | Message::Change(text)) => Poll::Ready(Some(text)),
            None => {
                mailbox.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }
}
