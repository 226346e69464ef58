//! The state that only few keys have: a cooldown, and waiters.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::queue::{Queue, Wakers};
use super::ticket::WaitStateId;
use crate::clock::{Moment, nanos};
use crate::random::process_seed;
use crate::rate_limit::key_hash::KeyHash;

/// The longest time over which those who waited for the end of a cooldown are spread.
pub(crate) const LONGEST_SPREAD: Duration = Duration::from_secs(1);

/// Which state a wait state belongs to: a key and not a slot, because slots move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) enum Owner {
    Keyless,
    Overflow,
    Key(KeyHash),
}

/// The server asked for no calls until then.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::rate_limit) struct Cooldown {
    pub(in crate::rate_limit) until: Moment,
    /// How long it lasts.
    span: u64,
}

impl Cooldown {
    pub(in crate::rate_limit) fn new(now: Moment, span: Duration) -> Self {
        Self {
            until: now.after(span),
            span: nanos(span),
        }
    }
}

/// Spreads the waiters at the end of a cooldown, so that they do not hit the server all at once.
///
/// The time is divided into as many parts as there are waiters, and each of them is released at a random moment of its
/// part. Who waits alone waits no longer than the server asked for. The moments count from the end of the cooldown: late timers do not lengthen the whole. They follow from a seed,
/// so that it is known beforehand when the last one is released.
#[derive(Clone, Copy, Debug, Default)]
struct ReleaseJitter {
    begin: Moment,
    /// The time over which they are spread, in nanoseconds.
    whole: u64,
    /// How many waiters there were when the cooldown ended; `0`: nobody is held back.
    parts: u64,
    /// How many of them have left.
    left: u64,
    seed: u64,
    /// A cooldown has begun, and the jitter after it is not planned yet.
    due: bool,
}

impl ReleaseJitter {
    const MAX: Duration = LONGEST_SPREAD;

    /// Makes the jitter of a cooldown that has begun.
    fn after(cooldown: Cooldown) -> Self {
        Self {
            begin: cooldown.until,
            whole: (cooldown.span / 10).min(nanos(Self::MAX)),
            seed: process_seed() ^ cooldown.span,
            due: true,
            ..Self::default()
        }
    }

    /// Plans the parts for so many waiters.
    fn planned(self, waiters: usize) -> Self {
        Self {
            parts: waiters as u64,
            left: 0,
            due: false,
            ..self
        }
    }

    /// Returns when the waiter is released that so many come before.
    fn release_at(&self, ahead: usize) -> Moment {
        if self.parts == 0 {
            return Moment::default();
        }
        if self.parts == 1 {
            return self.begin;
        }
        let part = (self.left + ahead as u64).min(self.parts - 1);
        let within = StdRng::seed_from_u64(self.seed ^ part).random_range(0..=u32::MAX);
        let position = u128::from(part) << 32 | u128::from(within);
        let offset = (u128::from(self.whole) * position / u128::from(self.parts)) >> 32;
        Moment(self.begin.0.saturating_add(offset as u64))
    }

    /// Whether somebody may still be held back.
    fn is_on(&self, now: Moment) -> bool {
        let goes_on = self.due || self.left < self.parts;
        goes_on && now.0 < self.begin.0.saturating_add(self.whole)
    }
}

/// The cooldown and the waiters of one key.
pub(in crate::rate_limit) struct WaitState {
    pub(in crate::rate_limit) owner: Owner,
    pub(in crate::rate_limit) queue: Queue,
    pub(in crate::rate_limit) cooldown: Cooldown,
    jitter: ReleaseJitter,
    /// How many wait elsewhere to come here, one after the other: in the queues of their keys.
    pub(in crate::rate_limit) followers: usize,
}

impl WaitState {
    pub(in crate::rate_limit) fn cool_down(&mut self, cooldown: Cooldown) {
        if cooldown.until > self.cooldown.until {
            self.cooldown = cooldown;
            self.jitter = ReleaseJitter::after(cooldown);
        }
    }

    /// Ends the cooldown at `latest`, if it is longer.
    pub(in crate::rate_limit) fn cut_cooldown(&mut self, latest: Moment) {
        self.cooldown.until = self.cooldown.until.min(latest);
    }

    pub(in crate::rate_limit) fn is_cooling_down(&self, now: Moment) -> bool {
        self.cooldown.until > now
    }

    /// Whether a call that does not wait has to stay behind: the key is cooling down, or has waiters that are polled.
    pub(in crate::rate_limit) fn is_blocking(&mut self, now: Moment) -> bool {
        let is_followed = self.is_followed(now);
        if self.queue.is_unattended(now) && !is_followed {
            self.queue.pass_over(now);
            self.jitter.parts = 0;
        }
        self.is_cooling_down(now)
            || self.queue.len() > 0
            || is_followed && self.known_release_at() > now
    }

    /// Whether nobody waits here between one that was released after a cooldown and those who are to follow.
    fn is_followed(&self, now: Moment) -> bool {
        self.followers > 0 && self.queue.len() == 0 && self.jitter.is_on(now)
    }

    /// Passes over the waiters at the front that were woken long enough before `judged_at`, and wakes the next ones.
    pub(in crate::rate_limit) fn pass_over(
        &mut self,
        judged_at: Moment,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let passed_over = self.queue.pass_over(judged_at);
        for _ in 0..passed_over {
            self.next_head();
        }
        if passed_over > 0 {
            self.queue.wake_head(now, wakers);
        }
    }

    /// Whether there is neither a cooldown nor a waiter, so that it can be removed.
    pub(in crate::rate_limit) fn is_idle(&self, now: Moment) -> bool {
        !self.is_cooling_down(now) && self.queue.is_unused() && !self.is_followed(now)
    }

    /// Returns the moment before which the head does not pass, tokens or not. Plans the jitter if it is due.
    pub(in crate::rate_limit) fn release_at(&mut self, now: Moment) -> Moment {
        if self.jitter.due && !self.is_cooling_down(now) {
            self.jitter = self.jitter.planned(self.all().max(1));
        }
        self.known_release_at()
    }

    /// How many wait, here or to come here.
    fn all(&self) -> usize {
        self.queue.len() + self.followers
    }

    /// As [`release_at`](Self::release_at), without planning the jitter.
    pub(in crate::rate_limit) fn known_release_at(&self) -> Moment {
        self.cooldown.until.max(self.jitter.release_at(0))
    }

    /// Returns when the last waiter is released, tokens or not.
    pub(in crate::rate_limit) fn last_release_at(&self) -> Moment {
        let last = self.all().saturating_sub(1);
        if self.queue.requests() == 0 && self.followers == 0 {
            // Waiters without a cost all pass when the cooldown ends.
            return self.known_release_at();
        }
        let jitter = if self.jitter.due {
            self.jitter.planned(last + 1)
        } else {
            self.jitter
        };
        self.cooldown.until.max(jitter.release_at(last))
    }

    pub(in crate::rate_limit) fn end_jitter(&mut self, now: Moment) {
        if !self.is_cooling_down(now) {
            self.queue.touch();
            self.jitter = ReleaseJitter::default();
        }
    }

    /// Goes on to the next head. To be called when the head has left.
    pub(in crate::rate_limit) fn next_head(&mut self) {
        let is_last = self.followers == 0 || self.jitter.left + 1 >= self.jitter.parts;
        if self.queue.len() == 0 && !self.jitter.due && is_last {
            self.jitter = ReleaseJitter::default();
        } else {
            self.jitter.left += 1;
        }
    }
}

/// The wait states of one limiter, in reused slots.
#[derive(Default)]
pub(in crate::rate_limit) struct WaitStates {
    slots: Vec<Option<WaitState>>,
    free: Vec<u32>,
    /// How many were ever added.
    added: u64,
}

impl WaitStates {
    pub(in crate::rate_limit) fn add(&mut self, owner: Owner) -> WaitStateId {
        self.added += 1;
        let wait_state = Some(WaitState {
            owner,
            queue: Queue::with_version(self.added << 32),
            cooldown: Cooldown::default(),
            jitter: ReleaseJitter::default(),
            followers: 0,
        });
        let index = if let Some(index) = self.free.pop() {
            self.slots[index as usize] = wait_state;
            index
        } else {
            self.slots.push(wait_state);
            u32::try_from(self.slots.len() - 1).expect("fewer than 2³² keys have waiters")
        };
        WaitStateId(index)
    }

    pub(in crate::rate_limit) fn remove(&mut self, id: WaitStateId) {
        self.slots[id.0 as usize] = None;
        self.free.push(id.0);
        if self.free.len() == self.slots.len() {
            *self = Self {
                added: self.added,
                ..Self::default()
            };
        }
    }

    pub(in crate::rate_limit) fn get(&self, id: WaitStateId) -> Option<&WaitState> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    pub(in crate::rate_limit) fn get_mut(&mut self, id: WaitStateId) -> Option<&mut WaitState> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    pub(in crate::rate_limit) fn ids(&self) -> impl Iterator<Item = WaitStateId> + use<> {
        (0..self.slots.len() as u32).map(WaitStateId)
    }

    #[cfg(test)]
    pub(in crate::rate_limit) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::super::ticket::Joining;
    use super::*;
    use crate::rate_limit::priority::Priority;

    const SECOND: Duration = Duration::from_secs(1);

    /// A wait state with `waiting` waiters.
    fn wait_state(waiting: u32) -> WaitState {
        let mut wait_states = WaitStates::default();
        let id = wait_states.add(Owner::Keyless);
        let mut wait_state = wait_states.slots[id.0 as usize].take().expect("just added");
        join(&mut wait_state, waiting);
        wait_state
    }

    fn join(wait_state: &mut WaitState, count: u32) {
        for _ in 0..count {
            let joining = Joining::for_test(1);
            wait_state.queue.push(joining, Priority::Normal);
        }
    }

    fn remove_head(wait_state: &mut WaitState) {
        let head = wait_state.queue.head().expect("somebody waits").number;
        assert!(wait_state.queue.remove(head, &mut Wakers::default()));
    }

    #[test]
    fn release_jitter_is_divided_among_waiters_in_their_order() {
        for _ in 0..100 {
            let mut wait_state = wait_state(3);
            wait_state.cool_down(Cooldown::new(Moment(1), SECOND));
            let end = wait_state.cooldown.until;
            assert_eq!(wait_state.release_at(Moment(2)), end);
            let last = wait_state.last_release_at();
            let mut turns = Vec::new();
            for _ in 0..3 {
                turns.push(wait_state.release_at(end).since(end));
                assert_eq!(wait_state.last_release_at(), last, "known beforehand");
                remove_head(&mut wait_state);
                wait_state.next_head();
            }
            let part = SECOND / 30;
            assert!(turns[0] <= part && part <= turns[1] && turns[1] <= 2 * part);
            assert!(2 * part <= turns[2] && turns[2] <= 3 * part);
            assert_eq!(turns[2], last.since(end));
            assert_eq!(wait_state.known_release_at(), end, "nobody is held back");
        }
    }

    #[test]
    fn release_jitter_is_divided_among_waiters_at_the_end_of_the_cooldown() {
        let mut wait_state = wait_state(1);
        wait_state.cool_down(Cooldown::new(Moment(1), SECOND));
        remove_head(&mut wait_state);
        wait_state.next_head();
        join(&mut wait_state, 3);
        wait_state.release_at(wait_state.cooldown.until);
        assert_eq!((wait_state.jitter.parts, wait_state.jitter.left), (3, 0));
    }

    #[test]
    fn cool_down_that_ends_no_later_changes_nothing() {
        let mut wait_state = wait_state(1);
        wait_state.cool_down(Cooldown::new(Moment(1), 10 * SECOND));
        wait_state.cool_down(Cooldown::new(Moment(1).after(9 * SECOND), SECOND));
        wait_state.release_at(wait_state.cooldown.until);
        assert_eq!(Duration::from_nanos(wait_state.jitter.whole), SECOND);
    }
}
