//! Which results were removed of late: an answer to a call that began before that may be what was revoked, and is not stored.

use std::collections::VecDeque;

/// Keys that are remembered. After more removals, no answer to a call is stored that began before the oldest of them.
const MOST: usize = 64;

/// The latest removals, numbered.
#[derive(Debug, Default)]
pub(super) struct Removals {
    number: u32,
    /// The latest last.
    latest: VecDeque<(u128, u32)>,
    /// The number of the last removal that concerned all keys.
    of_all: u32,
}

impl Removals {
    /// Notes that the result of a key was removed, or would have been, and returns the removal's number.
    pub(super) fn add(&mut self, key: u128) -> u32 {
        self.number = self.number.wrapping_add(1);
        self.latest.retain(|(known, _)| *known != key);
        if self.latest.len() == MOST
            && let Some((_, number)) = self.latest.pop_front()
        {
            self.of_all = number;
        }
        self.latest.push_back((key, self.number));
        self.number
    }

    /// Notes that all results were removed.
    pub(super) fn add_all(&mut self) -> u32 {
        self.number = self.number.wrapping_add(1);
        self.of_all = self.number;
        self.latest.clear();
        self.number
    }

    /// Whether the result of a key was removed after the removal with this number.
    pub(super) fn any_since(&self, number: u32, key: u128) -> bool {
        let mut of_key = self.latest.iter().filter(|(known, _)| *known == key);
        is_after(self.of_all, number) || of_key.any(|(_, removed)| is_after(*removed, number))
    }
}

/// Numbers begin anew after four billion removals, more than there are during any call.
fn is_after(one: u32, other: u32) -> bool {
    let distance = one.wrapping_sub(other);
    distance != 0 && distance < u32::MAX / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_concerns_its_key_and_those_that_began_before() {
        let mut removals = Removals::default();
        let before = removals.number;
        let after = removals.add(1);
        assert!(removals.any_since(before, 1));
        assert!(!removals.any_since(before, 2) && !removals.any_since(after, 1));
        let of_all = removals.add_all();
        assert!(removals.any_since(after, 1) && removals.any_since(after, 2));
        assert!(!removals.any_since(of_all, 1));
    }

    #[test]
    fn what_is_no_longer_remembered_concerns_all() {
        let mut removals = Removals::default();
        let numbers: Vec<u32> = (0..100).map(|key| removals.add(key)).collect();
        assert_eq!(removals.latest.len(), MOST);
        let oldest = 100 - MOST;
        assert!(removals.any_since(numbers[oldest - 2], 1_000));
        assert!(!removals.any_since(numbers[oldest - 1], 1_000));
        assert!(removals.any_since(numbers[oldest - 1], oldest as u128));
    }

    #[test]
    fn numbers_begin_anew() {
        let mut removals = Removals {
            number: u32::MAX,
            of_all: u32::MAX - 2,
            ..Removals::default()
        };
        let number = removals.add(1);
        assert!(removals.any_since(u32::MAX, 1) && !removals.any_since(number, 1));
    }
}
