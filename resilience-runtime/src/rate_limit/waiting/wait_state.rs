//! The state that only few keys have: a cooldown, and waiters.

use std::time::Duration;

use super::queue::{Queue, Wakers};
use crate::clock::{Moment, nanos};
use crate::rate_limit::key_hash::KeyHash;

/// Where the [`WaitState`] of a key is. Most keys have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) struct WaitStateId(u32);

impl WaitStateId {
    pub(in crate::rate_limit) const NONE: Self = Self(u32::MAX);

    #[inline]
    pub(in crate::rate_limit) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl Default for WaitStateId {
    fn default() -> Self {
        Self::NONE
    }
}

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
/// Each head draws a random part of its share, and the draws add up from the end of the cooldown: late timers
/// do not lengthen the whole.
#[derive(Debug, Default)]
struct ReleaseJitter {
    /// The head does not pass before this.
    release_at: Moment,
    /// The most that one waiter draws, in nanoseconds.
    share: u64,
    /// How many waiters have yet to draw.
    draws_left: usize,
    /// A cooldown has begun, and the jitter after it is not planned yet.
    due: bool,
}

impl ReleaseJitter {
    const MAX: u64 = 1_000_000_000;

    fn draw(&mut self) {
        if self.draws_left > 0 {
            self.draws_left -= 1;
            let extra = rand::random_range(0..=self.share);
            self.release_at = Moment(self.release_at.0.saturating_add(extra));
        }
    }
}

/// The cooldown and the waiters of one key.
pub(in crate::rate_limit) struct WaitState {
    pub(in crate::rate_limit) owner: Owner,
    pub(in crate::rate_limit) queue: Queue,
    pub(in crate::rate_limit) cooldown: Cooldown,
    jitter: ReleaseJitter,
}

impl WaitState {
    pub(in crate::rate_limit) fn cool_down(&mut self, cooldown: Cooldown) {
        if cooldown.until > self.cooldown.until {
            self.cooldown = cooldown;
            self.jitter = ReleaseJitter {
                due: true,
                ..ReleaseJitter::default()
            };
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
        if self.queue.is_unattended(now) {
            self.queue.pass_over(now);
            self.jitter.release_at = Moment::default();
        }
        self.is_cooling_down(now) || self.queue.len() > 0
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
        !self.is_cooling_down(now) && self.queue.is_unused()
    }

    /// Returns the moment before which the head does not pass, tokens or not. Plans the jitter if it is due.
    pub(in crate::rate_limit) fn release_at(&mut self, now: Moment) -> Moment {
        if self.jitter.due && !self.is_cooling_down(now) {
            let whole = (self.cooldown.span / 10).min(ReleaseJitter::MAX);
            let heads = self.queue.len().max(1);
            self.jitter = ReleaseJitter {
                release_at: self.cooldown.until,
                share: whole / heads as u64,
                draws_left: heads,
                due: false,
            };
            self.jitter.draw();
        }
        self.known_release_at()
    }

    /// As [`release_at`](Self::release_at), without planning the jitter.
    pub(in crate::rate_limit) fn known_release_at(&self) -> Moment {
        self.cooldown.until.max(self.jitter.release_at)
    }

    pub(in crate::rate_limit) fn end_jitter(&mut self, now: Moment) {
        if !self.is_cooling_down(now) {
            self.jitter = ReleaseJitter::default();
        }
    }

    /// Lets the next head draw. To be called when the head has left.
    pub(in crate::rate_limit) fn next_head(&mut self) {
        if self.queue.len() == 0 {
            self.jitter = ReleaseJitter {
                due: self.jitter.due,
                ..ReleaseJitter::default()
            };
        } else {
            self.jitter.draw();
        }
    }
}

/// The wait states of one limiter, in reused slots.
#[derive(Default)]
pub(in crate::rate_limit) struct WaitStates {
    slots: Vec<Option<WaitState>>,
    free: Vec<u32>,
}

impl WaitStates {
    pub(in crate::rate_limit) fn add(&mut self, owner: Owner) -> WaitStateId {
        let wait_state = Some(WaitState {
            owner,
            queue: Queue::default(),
            cooldown: Cooldown::default(),
            jitter: ReleaseJitter::default(),
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
            *self = Self::default();
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
    use std::task::Waker;

    use super::*;

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
            let (waker, until) = (Waker::noop().clone(), Moment::FAR_FUTURE);
            wait_state.queue.push(KeyHash::NONE, 1, until, waker);
        }
    }

    #[test]
    fn release_jitter_draws_once_for_each_waiter() {
        let mut wait_state = wait_state(3);
        wait_state.cool_down(Cooldown::new(Moment(1), SECOND));
        assert_eq!(wait_state.release_at(Moment(2)), wait_state.cooldown.until);
        let first = wait_state.release_at(wait_state.cooldown.until);
        assert_eq!(wait_state.release_at(wait_state.cooldown.until), first);
        wait_state.next_head();
        wait_state.next_head();
        let last = wait_state.known_release_at();
        // Of a tenth, in three parts.
        assert!(first <= last && last <= wait_state.cooldown.until.after(SECOND / 10));
        wait_state.next_head();
        assert_eq!(
            (wait_state.known_release_at(), wait_state.jitter.draws_left),
            (last, 0)
        );
    }

    #[test]
    fn release_jitter_is_split_among_waiters_at_the_end_of_the_cooldown() {
        let mut wait_state = wait_state(1);
        wait_state.cool_down(Cooldown::new(Moment(1), SECOND));
        assert!(wait_state.queue.remove(0, &mut Wakers::default()));
        wait_state.next_head();
        join(&mut wait_state, 3);
        wait_state.release_at(wait_state.cooldown.until);
        assert_eq!(wait_state.jitter.draws_left, 2, "one has drawn");
    }

    #[test]
    fn cool_down_that_ends_no_later_changes_nothing() {
        let mut wait_state = wait_state(1);
        wait_state.cool_down(Cooldown::new(Moment(1), 10 * SECOND));
        wait_state.cool_down(Cooldown::new(Moment(1).after(9 * SECOND), SECOND));
        wait_state.release_at(wait_state.cooldown.until);
        assert_eq!(Duration::from_nanos(wait_state.jitter.share), SECOND);
    }
}
