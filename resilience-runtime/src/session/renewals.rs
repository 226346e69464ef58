//! The renewals of a service's sessions: plain functions of the time passed in, under a lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::Refusal;
use super::watch::{PATIENCE, PollWatch};
use crate::clock::Moment;
use crate::verdict::{Class, Verdict};

/// How long no renewal begins after one that was refused for good, and after one that did not help.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// So many renewals in a row, without a success of the service in between, did not help.
pub(super) const IN_VAIN: u32 = 3;

#[derive(Default)]
pub(super) struct Renewals {
    running: Option<Running>,
    /// How many have begun.
    begun: u64,
    waiting: BTreeMap<u64, Waker>,
    /// How many have waited.
    waited: u64,
    /// The number of the last renewal that was refused, counted from 1.
    refused: u64,
    /// Why there is a pause, or was.
    last: Option<Refusal>,
    /// The end of the pause.
    not_before: Moment,
    /// How many there were since the last success of the service.
    in_a_row: u32,
    /// The successes of the service when the last one ended well.
    successes: u64,
}

struct Running {
    id: u64,
    /// From then on it is over, should it not be polled.
    until: Moment,
    watch: Arc<PollWatch>,
}

impl Running {
    fn is_given_up(&self, now: Moment) -> bool {
        now >= self.until || self.watch.is_unpolled(now)
    }
}

/// A call that waits for a renewal.
#[derive(Default)]
pub(super) struct Waiter {
    number: Option<u64>,
    /// The renewal that ran when it came, or the next one.
    since: Option<u64>,
}

/// How it goes on for a call.
pub(super) enum Step {
    /// It renews the session, under this number.
    Begin(u64, Arc<PollWatch>),
    /// What it waited for was refused.
    Refused(Refusal),
    /// It looks again then.
    Wait(Moment),
}

impl Renewals {
    /// Returns how it goes on for a call whose time ends at `until`.
    pub(super) fn step(&mut self, waiter: &mut Waiter, until: Moment, now: Moment) -> Step {
        let running = self.running.as_ref();
        let coming = running.map_or(self.begun + 1, |running| running.id);
        let since = *waiter.since.get_or_insert(coming);
        if let Some(refusal) = self.last
            && self.refused >= since
        {
            return Step::Refused(refusal);
        }
        if let Some(running) = running
            && !running.is_given_up(now)
        {
            return Step::Wait(running.until.min(now.after(PATIENCE)));
        }
        if now < self.not_before {
            return match self.last {
                // It would wait in vain.
                Some(refusal) if self.not_before >= until => Step::Refused(refusal),
                _ => Step::Wait(self.not_before),
            };
        }
        self.begun += 1;
        let watch = Arc::<PollWatch>::default();
        self.running = Some(Running {
            id: self.begun,
            until,
            watch: Arc::clone(&watch),
        });
        Step::Begin(self.begun, watch)
    }

    /// Returns the waker that was there.
    pub(super) fn set_waker(&mut self, waiter: &mut Waiter, waker: Waker) -> Option<Waker> {
        let number = *waiter.number.get_or_insert_with(|| {
            self.waited += 1;
            self.waited
        });
        self.waiting.insert(number, waker)
    }

    pub(super) fn leave(&mut self, waiter: &mut Waiter) -> Option<Waker> {
        self.waiting.remove(&waiter.number.take()?)
    }

    /// A session was renewed.
    pub(super) fn renewed(&mut self, successes: u64, now: Moment) {
        if self.successes != successes {
            self.successes = successes;
            self.in_a_row = 0;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row >= IN_VAIN {
            self.pause(Refusal {
                verdict: Verdict::session_lost(),
                at: now,
            });
        }
    }

    /// Whether the last renewals did not help.
    pub(super) fn are_in_vain(&self, successes: u64) -> bool {
        self.in_a_row >= IN_VAIN && self.successes == successes
    }

    /// A renewal was refused.
    pub(super) fn refused(&mut self, id: u64, refusal: Refusal) {
        if !self.is_running(id) {
            return;
        }
        self.refused = id;
        self.last = Some(refusal);
        if refusal.verdict.class() == Class::Permanent {
            self.pause(refusal);
        }
    }

    fn pause(&mut self, cause: Refusal) {
        self.last = Some(cause);
        self.not_before = cause.at.after(PAUSE);
    }

    /// A renewal has ended, in whatever way. Returns who waits for it.
    pub(super) fn end(&mut self, id: u64) -> Vec<Waker> {
        if self.is_running(id) {
            self.running = None;
        }
        std::mem::take(&mut self.waiting).into_values().collect()
    }

    fn is_running(&self, id: u64) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.id == id)
    }
}
