//! Keeps a status from flapping: a plain function of the results that it is given.

use super::status::HealthStatus;

/// What one check found, from good to bad.
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

/// The first result counts at once. After that the level gets worse by `failure` results in a row that are
/// worse, to the best of them, and better by `recovery` results in a row that are better, to the worst of
/// them.
#[derive(Clone, Debug)]
pub(super) struct Damping {
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

impl Damping {
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
        let count = |streak: &mut u32, goes_on: bool| {
            *streak = if goes_on { streak.saturating_add(1) } else { 0 };
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

    /// Forgets everything: what was known is out of date.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.failure, self.recovery);
    }

    /// Failed checks in a row.
    pub(super) fn failures(&self) -> u32 {
        self.unhealthy
    }

    /// Checks in a row that did not fail.
    pub(super) fn successes(&self) -> u32 {
        self.degraded_or_better
    }

    /// Whether the last checks failed, as many as it takes.
    pub(super) fn is_down(&self) -> bool {
        self.unhealthy >= self.failure
    }

    /// Whether the last checks did not fail, as many as it takes.
    pub(super) fn is_back(&self) -> bool {
        self.degraded_or_better >= self.recovery
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Keeps everything and looks at the last results each time.
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
        fn it_agrees_with_looking_at_everything(
            results in prop::collection::vec(
                prop::sample::select(vec![Level::Healthy, Level::Degraded, Level::Unhealthy]),
                1..60,
            ),
            failure in 1_u32..5,
            recovery in 1_u32..5,
        ) {
            let mut damping = Damping::new(failure, recovery);
            for seen in 1..=results.len() {
                let level = damping.observe(results[seen - 1]);
                prop_assert_eq!(
                    level,
                    naive(&results[..seen], failure as usize, recovery as usize)
                );
            }
        }
    }

    #[test]
    fn alternating_results_change_nothing() {
        let mut damping = Damping::new(2, 2);
        assert_eq!(damping.observe(Level::Healthy), Level::Healthy);
        for _ in 0..10 {
            assert_eq!(damping.observe(Level::Unhealthy), Level::Healthy);
            assert_eq!(damping.observe(Level::Healthy), Level::Healthy);
        }
    }

    #[test]
    fn what_is_forgotten_does_not_count() {
        let mut damping = Damping::new(2, 2);
        damping.observe(Level::Healthy);
        damping.observe(Level::Unhealthy);
        damping.forget();
        assert_eq!(damping.failures(), 0);
        assert_eq!(damping.observe(Level::Unhealthy), Level::Unhealthy);
        assert!(!damping.is_down(), "one failure alone forces nothing");
    }
}
