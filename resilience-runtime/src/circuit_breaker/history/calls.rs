//! The last N outcomes: a ring of two bits each, with running totals.

use super::totals::Totals;

const BITS: usize = 2;
const PER_WORD: usize = 64 / BITS;
const FAILED: u64 = 0b01;
const SLOW: u64 = 0b10;

#[derive(Debug)]
pub(in super::super) struct CallWindow {
    ring: Box<[u64]>,
    capacity: usize,
    /// The slot of the next outcome; once the ring is full it holds the oldest one.
    next: usize,
    totals: Totals,
}

impl CallWindow {
    /// Makes a window of `calls` outcomes, at least 1.
    pub(super) fn new(calls: u32) -> Self {
        let capacity = calls.max(1) as usize;
        Self {
            ring: vec![0; capacity.div_ceil(PER_WORD)].into_boxed_slice(),
            capacity,
            next: 0,
            totals: Totals::default(),
        }
    }

    #[inline]
    pub(super) fn record(&mut self, failed: bool, slow: bool) {
        let (word, shift) = (self.next / PER_WORD, self.next % PER_WORD * BITS);
        let word = &mut self.ring[word];
        if self.totals.calls == self.capacity as u64 {
            self.totals.subtract(decode(*word >> shift));
        }
        let bits = if failed { FAILED } else { 0 } | if slow { SLOW } else { 0 };
        *word = (*word & !((FAILED | SLOW) << shift)) | bits << shift;
        self.totals.add(Totals::one(failed, slow));
        self.next += 1;
        if self.next == self.capacity {
            self.next = 0;
        }
    }

    #[inline]
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    pub(super) fn clear(&mut self) {
        self.next = 0;
        self.totals = Totals::default();
    }

    /// Keeps the latest outcomes, as many as fit.
    pub(super) fn resize(&mut self, calls: u32) {
        if calls as usize == self.capacity {
            return;
        }
        let mut resized = Self::new(calls);
        // A count of calls is at most the capacity.
        let held = usize::try_from(self.totals.calls).unwrap_or(self.capacity);
        let oldest = self.next + self.capacity - held;
        for offset in held.saturating_sub(resized.capacity)..held {
            let slot = (oldest + offset) % self.capacity;
            let outcome = decode(self.ring[slot / PER_WORD] >> (slot % PER_WORD * BITS));
            resized.record(outcome.failures != 0, outcome.slow != 0);
        }
        *self = resized;
    }
}

fn decode(bits: u64) -> Totals {
    Totals::one(bits & FAILED != 0, bits & SLOW != 0)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Record(bool, bool),
        Resize(u32),
        Clear,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            40 => any::<(bool, bool)>().prop_map(|(failed, slow)| Step::Record(failed, slow)),
            1 => (1_u32..200).prop_map(Step::Resize),
            1 => Just(Step::Clear),
        ];
        prop::collection::vec(step, 0..400)
    }

    proptest! {
        #[test]
        fn count_window_equals_a_list(calls in 1_u32..200, steps in steps()) {
            let mut window = CallWindow::new(calls);
            let mut capacity = calls as usize;
            let mut list = VecDeque::new();
            for step in steps {
                match step {
                    Step::Record(failed, slow) => {
                        window.record(failed, slow);
                        list.push_back((failed, slow));
                    }
                    Step::Resize(calls) => {
                        window.resize(calls);
                        capacity = calls as usize;
                    }
                    Step::Clear => {
                        window.clear();
                        list.clear();
                    }
                }
                while list.len() > capacity {
                    list.pop_front();
                }
                let expected = Totals {
                    calls: list.len() as u64,
                    failures: list.iter().filter(|(failed, _)| *failed).count() as u64,
                    slow: list.iter().filter(|(_, slow)| *slow).count() as u64,
                };
                prop_assert_eq!(window.totals(), expected);
            }
        }
    }
}
