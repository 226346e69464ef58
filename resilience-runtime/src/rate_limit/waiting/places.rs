//! The places of waiters behind the head, by which they watch it.

use super::class::{Waiter, class_of};
use super::queue::Queue;

impl Queue {
    /// Returns how many come before that waiter, if those behind the head passed by their priorities alone.
    pub(super) fn place(&self, number: u64) -> Option<usize> {
        let class = class_of(number);
        let index = self.classes[class].index(number)?;
        let head = self.head_class()?;
        let higher = self.classes[..class].iter();
        let before: usize = higher.map(|it| it.waiters.len()).sum();
        Some(match index {
            0 if class == head => 0,
            // The head comes first, also before those that are higher.
            _ => before + index + usize::from(head > class),
        })
    }

    /// Returns the class and the index of the waiter at that [place](Self::place).
    fn class_and_index(&self, place: usize) -> Option<(usize, usize)> {
        let head = self.head_class()?;
        let Some(mut rest) = place.checked_sub(1) else {
            return Some((head, 0));
        };
        for (class, it) in self.classes.iter().enumerate() {
            let skipped = usize::from(class == head);
            let len = it.waiters.len() - skipped;
            if rest < len {
                return Some((class, rest + skipped));
            }
            rest -= len;
        }
        None
    }

    pub(super) fn at_place(&self, place: usize) -> Option<&Waiter> {
        let (class, index) = self.class_and_index(place)?;
        self.classes[class].waiters.get(index)
    }

    pub(super) fn at_place_mut(&mut self, place: usize) -> Option<&mut Waiter> {
        let (class, index) = self.class_and_index(place)?;
        self.classes[class].waiters.get_mut(index)
    }
}
