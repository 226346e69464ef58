//! Whose turn it is among waiters of different priorities.
//!
//! Tokens are given in rounds of eight. The last but one of a round is kept for normal waiters and the last one for low
//! ones, where such wait; all others go to the highest that wait. So each eight in a row, wherever they begin, have both.

use crate::rate_limit::priority::Priority;

/// How many priorities there are.
pub(super) const CLASSES: usize = Priority::ALL.len();

/// Something for each priority.
pub(super) type ByClass<T> = [T; CLASSES];

/// The place in the round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turns(u8);

impl Turns {
    const ROUND: u8 = 8;

    /// Returns who is next of those that wait.
    pub(super) fn next(self, waiting: ByClass<bool>) -> Option<usize> {
        let kept = match self.0 {
            6 => Some(Priority::Normal as usize),
            7 => Some(Priority::Low as usize),
            _ => None,
        };
        kept.filter(|class| waiting[*class])
            .or_else(|| waiting.iter().position(|waits| *waits))
    }

    /// A token was given.
    pub(super) fn advance(&mut self) {
        self.0 = (self.0 + 1) % Self::ROUND;
    }

    /// Returns how many of each class pass before the waiter of `class` that `index` others of it are ahead of, when so
    /// many wait. It takes a few rounds' steps, however many they are.
    pub(super) fn ahead(
        mut self,
        mut waiting: ByClass<u64>,
        class: usize,
        index: u64,
    ) -> ByClass<u64> {
        let mut ahead = [0; CLASSES];
        // Who is behind it does not matter: it is the last of its class.
        waiting[class] = index + 1;
        loop {
            if self.0 == 0 {
                let round = Self::round(waiting.map(|count| count > 0));
                let mut rounds = u64::MAX;
                for of in 0..CLASSES {
                    let count = waiting[of] - u64::from(of == class);
                    if let Some(most) = count.checked_div(round[of]) {
                        rounds = rounds.min(most);
                    }
                }
                for of in 0..CLASSES {
                    waiting[of] -= rounds * round[of];
                    ahead[of] += rounds * round[of];
                }
            }
            match self.next(waiting.map(|count| count > 0)) {
                Some(next) if next != class || waiting[next] > 1 => {
                    waiting[next] -= 1;
                    ahead[next] += 1;
                    self.advance();
                }
                _ => return ahead,
            }
        }
    }

    /// Returns how many of each class a whole round has while these wait.
    fn round(waiting: ByClass<bool>) -> ByClass<u64> {
        let mut round = [0; CLASSES];
        for place in 0..Self::ROUND {
            if let Some(class) = Self(place).next(waiting) {
                round[class] += 1;
            }
        }
        round
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The order of so many waiters, one at a time.
    fn order(mut turns: Turns, mut waiting: ByClass<u64>) -> Vec<usize> {
        let mut order = Vec::new();
        while let Some(class) = turns.next(waiting.map(|count| count > 0)) {
            waiting[class] -= 1;
            turns.advance();
            order.push(class);
        }
        order
    }

    #[test]
    fn next_is_the_highest_but_for_the_two_that_are_kept() {
        let all = [8, 8, 8];
        let names: String = order(Turns::default(), all)
            .iter()
            .map(|class| ['h', 'n', 'l'][*class])
            .collect();
        assert_eq!(names, "hhhhhhnlhhnnnnnlnnllllll");
        assert_eq!(order(Turns::default(), [0, 14, 2])[7], 2, "the eighth");
        assert_eq!(order(Turns(6), [3, 0, 0]), [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn ahead_equals_one_at_a_time(
            turns in (0..8_u8).prop_map(Turns),
            waiting in prop::array::uniform3(0..60_u64),
            class in 0..CLASSES,
            index in any::<prop::sample::Index>(),
        ) {
            prop_assume!(waiting[class] > 0);
            let index = index.index(waiting[class] as usize) as u64;
            let mut expected = [0; CLASSES];
            for next in order(turns, waiting) {
                if next == class && expected[class] == index {
                    break;
                }
                expected[next] += 1;
            }
            prop_assert_eq!(turns.ahead(waiting, class, index), expected);
        }

        /// Whoever waits gets one of every eight.
        #[test]
        fn eight_in_a_row_have_one_of_each_that_waits(
            turns in (0..8_u8).prop_map(Turns),
            waiting in prop::array::uniform3(0..60_u64),
        ) {
            let order = order(turns, waiting);
            for (begin, eight) in order.windows(8).enumerate() {
                for class in [1, 2] {
                    let passed = order[..begin].iter().filter(|it| **it == class).count() as u64;
                    let waits = waiting[class] > passed + 8;
                    prop_assert!(!waits || eight.contains(&class), "{:?}", eight);
                }
            }
        }
    }
}
