//! The holders of places whose time will be over.
//!
//! A body that is not polled cannot end itself. One that has a time limit is noted here when it is pending for the first
//! time; when the limit has passed, its place no longer counts, and another caller gets it.

use std::fmt;

use crate::clock::Moment;

/// The number of a noted holder. Three bytes, so that it fits beside what says that there is a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot([u8; 3]);

impl Slot {
    /// The numbers that fit; further holders are not noted, and keep their place until they are dropped.
    const COUNT: usize = 1 << 24;

    fn new(index: usize) -> Option<Self> {
        (index < Self::COUNT).then(|| {
            let [a, b, c, ..] = index.to_le_bytes();
            Self([a, b, c])
        })
    }

    fn index(self) -> usize {
        let [a, b, c] = self.0;
        usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.index()).finish()
    }
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    until: Moment,
    /// Where it is in the order; [`OVER`]: its place no longer counts.
    position: usize,
}

/// The position of a holder whose time is over.
const OVER: usize = usize::MAX;

/// The holders whose time will be over, in reused slots: once there is room for as many as there are at the same time,
/// nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct Holders {
    slots: Vec<Holder>,
    free: Vec<Slot>,
    /// Those whose places count: a binary heap, the soonest first.
    order: Vec<Slot>,
}

impl Holders {
    /// Returns when the first of them is over.
    pub(super) fn soonest(&self) -> Moment {
        self.order
            .first()
            .map_or(Moment::FAR_FUTURE, |&slot| self.until(slot))
    }

    /// Notes a holder. `None`: there is no slot.
    pub(super) fn insert(&mut self, until: Moment) -> Option<Slot> {
        let position = self.order.len();
        let holder = Holder { until, position };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot.index()] = holder;
                slot
            }
            None => {
                let slot = Slot::new(self.slots.len())?;
                self.slots.push(holder);
                slot
            }
        };
        self.order.push(slot);
        self.move_up(position);
        Some(slot)
    }

    /// Gives a holder another time, unless its time is over.
    pub(super) fn set_until(&mut self, slot: Slot, until: Moment) {
        let holder = &mut self.slots[slot.index()];
        let position = holder.position;
        if position != OVER {
            holder.until = until;
            let position = self.move_up(position);
            self.move_down(position);
        }
    }

    /// Forgets a holder. Returns whether its place still counted.
    pub(super) fn remove(&mut self, slot: Slot) -> bool {
        let position = self.slots[slot.index()].position;
        self.free.push(slot);
        if position == OVER {
            return false;
        }
        self.remove_at(position);
        true
    }

    /// Takes the places of those whose time is over by now. Returns how many.
    pub(super) fn lapse(&mut self, now: Moment) -> usize {
        let mut count = 0;
        while let Some(&first) = self.order.first()
            && self.until(first) <= now
        {
            self.remove_at(0);
            self.slots[first.index()].position = OVER;
            count += 1;
        }
        count
    }

    fn until(&self, slot: Slot) -> Moment {
        self.slots[slot.index()].until
    }

    fn remove_at(&mut self, position: usize) {
        self.order.swap_remove(position);
        if let Some(&moved) = self.order.get(position) {
            self.slots[moved.index()].position = position;
            let position = self.move_up(position);
            self.move_down(position);
        }
    }

    fn move_up(&mut self, mut position: usize) -> usize {
        while position > 0 && self.is_sooner(position, (position - 1) / 2) {
            position = self.swap(position, (position - 1) / 2);
        }
        position
    }

    fn move_down(&mut self, mut position: usize) {
        loop {
            let (left, right) = (2 * position + 1, 2 * position + 2);
            let sooner = if right < self.order.len() && self.is_sooner(right, left) {
                right
            } else {
                left
            };
            if sooner >= self.order.len() || !self.is_sooner(sooner, position) {
                return;
            }
            position = self.swap(position, sooner);
        }
    }

    fn is_sooner(&self, position: usize, than: usize) -> bool {
        self.until(self.order[position]) < self.until(self.order[than])
    }

    /// Swaps two, and returns the second position.
    fn swap(&mut self, position: usize, with: usize) -> usize {
        self.order.swap(position, with);
        for position in [position, with] {
            self.slots[self.order[position].index()].position = position;
        }
        with
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64),
        Set(usize, u64),
        Remove(usize),
        Lapse(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..100_u64).prop_map(Step::Insert),
            (0..30_usize, 0..100_u64).prop_map(|(which, until)| Step::Set(which, until)),
            (0..30_usize).prop_map(Step::Remove),
            (0..100_u64).prop_map(Step::Lapse),
        ];
        prop::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn holders_are_a_list_of_times(steps in steps()) {
            let mut holders = Holders::default();
            // Each with its time, `None`: it is over.
            let mut list: Vec<(Slot, Option<u64>)> = Vec::new();
            for step in steps {
                match step {
                    Step::Insert(until) => {
                        let slot = holders.insert(Moment(until)).expect("few holders");
                        prop_assert!(list.iter().all(|&(other, _)| other != slot));
                        list.push((slot, Some(until)));
                    }
                    Step::Set(which, until) => if let Some(holder) = list.get_mut(which) {
                        holders.set_until(holder.0, Moment(until));
                        holder.1 = holder.1.map(|_| until);
                    },
                    Step::Remove(which) => if which < list.len() {
                        let (slot, until) = list.swap_remove(which);
                        prop_assert_eq!(holders.remove(slot), until.is_some());
                    },
                    Step::Lapse(now) => {
                        let over = list.iter_mut().filter(|(_, until)| until.is_some_and(|it| it <= now));
                        prop_assert_eq!(holders.lapse(Moment(now)), over.map(|it| it.1 = None).count());
                    }
                }
                let soonest = list.iter().filter_map(|it| it.1).min();
                prop_assert_eq!(holders.soonest(), soonest.map_or(Moment::FAR_FUTURE, Moment));
            }
        }
    }

    #[test]
    fn slots_are_reused() {
        let mut holders = Holders::default();
        let first = holders.insert(Moment(1)).expect("a slot");
        let second = holders.insert(Moment(2)).expect("a slot");
        assert_eq!(holders.lapse(Moment(1)), 1);
        assert!(!holders.remove(first) && holders.remove(second));
        for _ in 0..3 {
            holders.insert(Moment(1)).expect("a slot");
        }
        assert_eq!((holders.slots.len(), holders.order.capacity()), (3, 4));
    }

    #[test]
    fn slot_takes_three_bytes() {
        assert_eq!(size_of::<super::super::Place>(), 4);
        let last = Slot::COUNT - 1;
        assert_eq!(Slot::new(last).map(Slot::index), Some(last));
        assert_eq!(Slot::new(last + 1), None);
    }
}
