//! How much a process uses of shared limits, by which it asks for more.

use std::time::Duration;

use crate::clock::Moment;

/// Slower than this, each call asks for itself: tokens that are handed out in advance would mostly die.
const SLOW: f64 = 5.0;

/// What was used of each limit, and what was missed, since the last request.
#[derive(Clone, Debug, Default)]
pub(super) struct Demand {
    spent: Vec<u64>,
    /// In tokens a second.
    rates: Vec<f64>,
    since: Moment,
    /// What the first one needs that found nothing.
    least: Vec<u32>,
    /// What all of those need.
    missed: Vec<u64>,
}

impl Demand {
    pub(super) fn new(limits: usize, now: Moment) -> Self {
        Self {
            spent: vec![0; limits],
            rates: vec![0.0; limits],
            since: now,
            least: Vec::new(),
            missed: vec![0; limits],
        }
    }

    #[inline]
    pub(super) fn spend(&mut self, index: usize, cost: u32) {
        if let Some(spent) = self.spent.get_mut(index) {
            *spent += u64::from(cost);
        }
    }

    /// Somebody found less than this, and is told to come back.
    pub(super) fn turn_away(&mut self, costs: impl Iterator<Item = u32>) {
        for (spent, cost) in self.spent.iter_mut().zip(costs) {
            *spent += u64::from(cost);
        }
    }

    /// Somebody found less than this, and waits for an answer.
    pub(super) fn miss(&mut self, costs: impl Iterator<Item = u32>) {
        let costs: Vec<u32> = costs.collect();
        for (missed, cost) in self.missed.iter_mut().zip(&costs) {
            *missed += u64::from(*cost);
        }
        if self.least.is_empty() {
            self.least = costs;
        }
    }

    pub(super) fn is_missed(&self) -> bool {
        !self.least.is_empty()
    }

    /// Whether tokens are asked for before they are missed.
    #[inline]
    pub(super) fn is_fast(&self) -> bool {
        self.rates.iter().any(|rate| *rate >= SLOW)
    }

    /// Begins a request for the next span: what it cannot do without, what it would like to have, and its weight in tokens of
    /// the first limit for each 1,000 seconds.
    ///
    /// `left` is what is here of each limit for the same span.
    pub(super) fn ask(
        &mut self,
        left: &[u64],
        life: Duration,
        now: Moment,
    ) -> (Vec<u32>, Vec<u32>, u64) {
        let span = now.since(self.since).as_secs_f64().max(1e-6);
        let life = life.as_secs_f64();
        for index in 0..self.rates.len() {
            let used = (self.spent[index] + self.missed[index]) as f64;
            // Few calls in a short span say little of the next one.
            let now = used / span.max(life / 2.0);
            let rate = &mut self.rates[index];
            // It rises faster than it falls.
            let memory = if now > *rate { life / 2.0 } else { 2.0 * life };
            let kept = (-span / memory).exp();
            *rate = *rate * kept + now * (1.0 - kept);
        }
        let limits = self.rates.len();
        let least = match self.is_missed() {
            true => std::mem::take(&mut self.least),
            false => vec![0; limits],
        };
        let is_fast = self.is_fast();
        let wanted = (0..limits).map(|index| {
            let ahead = if is_fast {
                ((self.rates[index] * life).ceil() as u64).saturating_sub(left[index])
            } else {
                0
            };
            let wanted = ahead.max(self.missed[index]).max(u64::from(least[index]));
            u32::try_from(wanted).unwrap_or(u32::MAX)
        });
        let wanted = wanted.collect();
        let weight = self.rates.first().map_or(0.0, |rate| rate * 1_000.0);
        self.spent.fill(0);
        self.missed.fill(0);
        self.since = now;
        (least, wanted, weight as u64)
    }
}
