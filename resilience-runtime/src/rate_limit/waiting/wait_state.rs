//! What only few keys have: a cooldown, and those who wait.

use std::time::Duration;

use super::queue::Queue;
use crate::clock::{Moment, nanos};
use crate::rate_limit::keys::key::KeyHash;

/// Where the [`Side`] of an account is; none for most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) struct SideId(u32);

impl SideId {
    pub(in crate::rate_limit) const NONE: Self = Self(u32::MAX);

    #[inline]
    pub(in crate::rate_limit) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl Default for SideId {
    fn default() -> Self {
        Self::NONE
    }
}

/// Which account a side belongs to. Slots move, keys do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) enum Owner {
    Keyless,
    Overflow,
    Key(KeyHash),
}

/// The server asked to be left alone until then.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::rate_limit) struct Cooldown {
    pub(in crate::rate_limit) until: Moment,
    /// How long it was asked for.
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

/// Spreads those who waited for the end of a cooldown, so that they do not hit the server all at once.
///
/// Each head draws its share of the whole spread, and the draws add up from the end of the cooldown: late
/// timers do not lengthen it.
#[derive(Debug, Default)]
struct Spread {
    /// The head does not pass before.
    gate: Moment,
    /// The most that one draws, in nanoseconds.
    share: u64,
    /// How many have yet to draw.
    left: usize,
    /// A cooldown whose end nobody has seen yet.
    due: bool,
}

impl Spread {
    const LONGEST: u64 = 1_000_000_000;

    fn draw(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            let extra = rand::random_range(0..=self.share);
            self.gate = Moment(self.gate.0.saturating_add(extra));
        }
    }
}

pub(in crate::rate_limit) struct Side {
    pub(in crate::rate_limit) owner: Owner,
    pub(in crate::rate_limit) queue: Queue,
    pub(in crate::rate_limit) cooldown: Cooldown,
    spread: Spread,
}

impl Side {
    pub(in crate::rate_limit) fn cool_down(&mut self, cooldown: Cooldown) {
        if cooldown.until > self.cooldown.until {
            self.cooldown = cooldown;
            self.spread = Spread {
                due: true,
                ..Spread::default()
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

    /// Whether it holds nothing and nobody any more.
    pub(in crate::rate_limit) fn is_idle(&self, now: Moment) -> bool {
        !self.is_cooling_down(now) && self.queue.is_deserted()
    }

    /// The moment before which the head does not pass, tokens or not.
    pub(in crate::rate_limit) fn gate(&mut self, now: Moment) -> Moment {
        if self.spread.due && !self.is_cooling_down(now) {
            let whole = (self.cooldown.span / 10).min(Spread::LONGEST);
            let heads = self.queue.len().max(1);
            self.spread = Spread {
                gate: self.cooldown.until,
                share: whole / heads as u64,
                left: heads,
                due: false,
            };
            self.spread.draw();
        }
        self.known_gate()
    }

    /// The same, as far as it is known without asking for chance.
    pub(in crate::rate_limit) fn known_gate(&self) -> Moment {
        self.cooldown.until.max(self.spread.gate)
    }

    pub(in crate::rate_limit) fn end_spread(&mut self, now: Moment) {
        if !self.is_cooling_down(now) {
            self.spread = Spread::default();
        }
    }

    /// To be called when the head has left.
    pub(in crate::rate_limit) fn next_head(&mut self) {
        if self.queue.len() == 0 {
            self.spread = Spread {
                due: self.spread.due,
                ..Spread::default()
            };
        } else {
            self.spread.draw();
        }
    }
}

/// All sides of one limiter.
#[derive(Default)]
pub(in crate::rate_limit) struct Sides {
    sides: Vec<Option<Side>>,
    free: Vec<u32>,
}

impl Sides {
    pub(in crate::rate_limit) fn add(&mut self, owner: Owner) -> SideId {
        let side = Some(Side {
            owner,
            queue: Queue::default(),
            cooldown: Cooldown::default(),
            spread: Spread::default(),
        });
        let index = if let Some(index) = self.free.pop() {
            self.sides[index as usize] = side;
            index
        } else {
            self.sides.push(side);
            u32::try_from(self.sides.len() - 1).expect("fewer than 2³² keys are waited for")
        };
        SideId(index)
    }

    pub(in crate::rate_limit) fn remove(&mut self, id: SideId) {
        self.sides[id.0 as usize] = None;
        self.free.push(id.0);
        if self.free.len() == self.sides.len() {
            *self = Self::default();
        }
    }

    pub(in crate::rate_limit) fn get(&self, id: SideId) -> Option<&Side> {
        self.sides.get(id.0 as usize)?.as_ref()
    }

    pub(in crate::rate_limit) fn get_mut(&mut self, id: SideId) -> Option<&mut Side> {
        self.sides.get_mut(id.0 as usize)?.as_mut()
    }

    pub(in crate::rate_limit) fn ids(&self) -> impl Iterator<Item = SideId> + use<> {
        (0..self.sides.len() as u32).map(SideId)
    }

    #[cfg(test)]
    pub(in crate::rate_limit) fn len(&self) -> usize {
        self.sides.len() - self.free.len()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::rate_limit::waiting::queue::Wakers;

    const SECOND: Duration = Duration::from_secs(1);

    /// With so many in line.
    fn side(waiting: u32) -> Side {
        let mut sides = Sides::default();
        let id = sides.add(Owner::Keyless);
        let mut side = sides.sides[id.0 as usize].take().expect("just added");
        join(&mut side, waiting);
        side
    }

    fn join(side: &mut Side, count: u32) {
        for _ in 0..count {
            let (waker, until) = (Waker::noop().clone(), Moment::FAR_FUTURE);
            side.queue.push(KeyHash::NONE, 1, until, waker);
        }
    }

    #[test]
    fn each_of_those_who_waited_draws_once() {
        let mut side = side(3);
        side.cool_down(Cooldown::new(Moment(1), SECOND));
        assert_eq!(side.gate(Moment(2)), side.cooldown.until);
        let first = side.gate(side.cooldown.until);
        assert_eq!(side.gate(side.cooldown.until), first);
        side.next_head();
        side.next_head();
        let last = side.known_gate();
        // Of a tenth, in three parts.
        assert!(first <= last && last <= side.cooldown.until.after(SECOND / 10));
        side.next_head();
        assert_eq!((side.known_gate(), side.spread.left), (last, 0));
    }

    #[test]
    fn who_leaves_during_a_park_leaves_the_spread_to_those_who_come() {
        let mut side = side(1);
        side.cool_down(Cooldown::new(Moment(1), SECOND));
        assert!(side.queue.remove(0, &mut Wakers::default()));
        side.next_head();
        join(&mut side, 3);
        side.gate(side.cooldown.until);
        assert_eq!(side.spread.left, 2, "one has drawn");
    }

    #[test]
    fn a_park_that_ends_no_later_changes_nothing() {
        let mut side = side(1);
        side.cool_down(Cooldown::new(Moment(1), 10 * SECOND));
        side.cool_down(Cooldown::new(Moment(1).after(9 * SECOND), SECOND));
        side.gate(side.cooldown.until);
        assert_eq!(Duration::from_nanos(side.spread.share), SECOND);
    }
}
