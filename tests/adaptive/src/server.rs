//! The service: so many calls at the same time, and what it does with more.

use std::collections::VecDeque;
use std::time::Duration;

/// What the service does with a call for which it has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It says so after a few milliseconds.
    Throttled,
    /// It lets it wait, and says nothing.
    Queued,
}

/// A service as it is described.
#[derive(Clone, Debug)]
pub struct Model {
    pub excess: Excess,
    /// From when on it has room for how many calls, in order.
    pub capacity: Vec<(Duration, usize)>,
    /// From when on it needs how long on average, in order.
    pub mean: Vec<(Duration, Duration)>,
    /// How much the logarithm of that is spread.
    pub spread: f64,
}

impl Model {
    pub fn capacity(&self, at: Duration) -> usize {
        of(&self.capacity, at)
    }

    pub fn mean(&self, at: Duration) -> Duration {
        of(&self.mean, at)
    }
}

fn of<T: Copy>(steps: &[(Duration, T)], at: Duration) -> T {
    let past = steps.iter().rev().find(|(from, _)| *from <= at);
    past.expect("it begins at zero").1
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Starts,
    Throttled,
    Queued,
}

#[derive(Debug, Default)]
pub struct Server {
    running: usize,
    line: VecDeque<usize>,
}

impl Server {
    pub fn arrive(&mut self, model: &Model, call: usize, at: Duration) -> Arrival {
        if self.running < model.capacity(at) {
            self.running += 1;
            return Arrival::Starts;
        }
        match model.excess {
            Excess::Throttled => Arrival::Throttled,
            Excess::Queued => {
                self.line.push_back(call);
                Arrival::Queued
            }
        }
    }

    /// A call has ended. Returns the one that starts in its place.
    pub fn finish(&mut self, model: &Model, at: Duration) -> Option<usize> {
        self.running -= 1;
        let next = (self.running < model.capacity(at)).then(|| self.line.pop_front());
        let next = next.flatten();
        self.running += usize::from(next.is_some());
        next
    }
}
