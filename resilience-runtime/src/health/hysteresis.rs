//! Thresholds that keep a status from flapping: a pure function of the results.

use super::status::HealthStatus;

/// The result of one check, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Healthy,
    Degraded,
    Unhealthy,
}

impl From<Level> for HealthStatus {
    fn from(level: Level) -> Self {
        match level {
            Level::Healthy => Self::Healthy,
            Level::Degraded => Self::Degraded,
            Level::Unhealthy => Self::Unhealthy,
        }
    }
}

/// The first result counts at once. After that, `failure` worse results in a row lower the level to the best of them,
/// and `recovery` better results in a row raise it to the worst of them.
#[derive(Clone, Debug)]
pub(super) struct Hysteresis {
    failure: u32,
    recovery: u32,
    level: Option<Level>,
    /// Results in a row that were degraded or worse, and that were unhealthy.
    degraded_or_worse: u32,
    unhealthy: u32,
    /// Results in a row that were degraded or better, and that were healthy.
    degraded_or_better: u32,
    healthy: u32,
}

impl Hysteresis {
    pub(super) fn new(failure: u32, recovery: u32) -> Self {
        Self {
            failure,
            recovery,
            level: None,
            degraded_or_worse: 0,
            unhealthy: 0,
            degraded_or_better: 0,
            healthy: 0,
        }
    }

    pub(super) fn observe(&mut self, found: Level) -> Level {
        let count = |streak: &mut u32, continues: bool| {
            *streak = if continues {
                streak.saturating_add(1)
            } else {
                0
            };
        };
        count(&mut self.degraded_or_worse, found >= Level::Degraded);
        count(&mut self.unhealthy, found == Level::Unhealthy);
        count(&mut self.degraded_or_better, found <= Level::Degraded);
        count(&mut self.healthy, found == Level::Healthy);
        let level = match self.level {
            None => found,
            Some(_) if self.unhealthy >= self.failure => Level::Unhealthy,
            Some(_) if self.healthy >= self.recovery => Level::Healthy,
            Some(Level::Healthy) if self.degraded_or_worse >= self.failure => Level::Degraded,
            Some(Level::Unhealthy) if self.degraded_or_better >= self.recovery => Level::Degraded,
            Some(level) => level,
        };
        self.level = Some(level);
        level
    }

    /// Resets all counts, because the results are out of date.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.failure, self.recovery);
    }

    /// Returns the failed checks in a row.
    pub(super) fn failures(&self) -> u32 {
        self.unhealthy
    }

    /// Returns the checks in a row that did not fail.
    pub(super) fn successes(&self) -> u32 {
        self.degraded_or_better
    }

    /// Returns whether `failure` checks in a row failed.
    pub(super) fn is_down(&self) -> bool {
        self.unhealthy >= self.failure
    }

    /// Returns whether `recovery` checks in a row did not fail.
    pub(super) fn is_back(&self) -> bool {
        self.degraded_or_better >= self.recovery
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Stores all results and reads the last ones each time.
    fn naive(results: &[Level], failure: usize, recovery: usize) -> Level {
        let mut level = results[0];
        for seen in 1..=results.len() {
            let last = |count: usize| seen.checked_sub(count).map(|from| &results[from..seen]);
            if let Some(best) = last(failure).and_then(|last| last.iter().min())
                && *best > level
            {
                level = *best;
            } else if let Some(worst) = last(recovery).and_then(|last| last.iter().max())
                && *worst < level
            {
                level = *worst;
            }
        }
        level
    }

    proptest! {
        #[test]
        fn observe_agrees_with_the_naive_model(
            results in prop::collection::vec(
                prop::sample::select(vec![Level::Healthy, Level::Degraded, Level::Unhealthy]),
                1..60,
            ),
            failure in 1_u32..5,
            recovery in 1_u32..5,
        ) {
            let mut hysteresis = Hysteresis::new(failure, recovery);
            for seen in 1..=results.len() {
                let level = hysteresis.observe(results[seen - 1]);
                prop_assert_eq!(
                    level,
                    naive(&results[..seen], failure as usize, recovery as usize)
                );
            }
        }
    }

    #[test]
    fn alternating_results_do_not_change_the_level() {
        let mut hysteresis = Hysteresis::new(2, 2);
        assert_eq!(hysteresis.observe(Level::Healthy), Level::Healthy);
        for _ in 0..10 {
            assert_eq!(hysteresis.observe(Level::Unhealthy), Level::Healthy);
            assert_eq!(hysteresis.observe(Level::Healthy), Level::Healthy);
        }
    }

    #[test]
    fn reset_discards_earlier_results() {
        let mut hysteresis = Hysteresis::new(2, 2);
        hysteresis.observe(Level::Healthy);
        hysteresis.observe(Level::Unhealthy);
        hysteresis.reset();
        assert_eq!(hysteresis.failures(), 0);
        assert_eq!(hysteresis.observe(Level::Unhealthy), Level::Unhealthy);
        assert!(!hysteresis.is_down(), "one failure alone forces nothing");
    }
}
