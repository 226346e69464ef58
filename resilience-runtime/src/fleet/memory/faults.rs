//! Outages of a store, for tests.

use std::time::Duration;

/// What goes wrong.
#[derive(Default)]
pub(super) struct Faults {
    /// How many requests fail, `u64::MAX`: all.
    pub(super) failing: u64,
    pub(super) as_mistake: bool,
    /// How many answers get lost.
    pub(super) lost_answers: u64,
    pub(super) delay: Duration,
    /// How many requests there were.
    pub(super) requests: u64,
}

pub(super) enum Fault {
    Fails { as_mistake: bool },
    LosesAnswer,
}

impl Faults {
    pub(super) fn next(&mut self) -> Option<Fault> {
        self.requests += 1;
        if take(&mut self.failing) {
            let as_mistake = self.as_mistake;
            Some(Fault::Fails { as_mistake })
        } else if take(&mut self.lost_answers) {
            Some(Fault::LosesAnswer)
        } else {
            None
        }
    }
}

fn take(left: &mut u64) -> bool {
    let is_left = *left > 0;
    if is_left && *left < u64::MAX {
        *left -= 1;
    }
    is_left
}
