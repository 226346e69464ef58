//! The latency of a service: its long-term level, and whether it is far above it because of our own calls.
//!
//! Latencies are compared by their mean logarithm, in which a few slow calls weigh little, so that times of very different
//! calls can be averaged; a difference of 1 is a factor of 2, an octave. A window is above the level if it is by a fifth and by
//! more than chance explains, and far above it if the next window is so too.
//!
//! A level that simply followed the latency would follow a queue that stands, and the limit with it. So it follows only windows
//! in which the limit was not reached, for then not the limit decides how much the service has to do; windows that are below it;
//! and experiments. Each fall of the limit is one. If the latency falls with the limit, then our calls queue, and the level
//! may be too high. If it does not, then the service has become slower by itself, and what it takes now is the level.

use std::time::Duration;

use crate::clock::nanos;

/// The least excess over the level that counts, in octaves: a fifth.
const EXCESS: f64 = 0.263;
/// How many standard errors above the level are no chance.
const ERRORS_ABOVE: f64 = 2.5;
/// How many standard errors below the level are no chance.
const ERRORS_BELOW: f64 = 2.0;
/// The least standard error of a window, in octaves: neighbouring calls are not independent.
const LEAST_ERROR: f64 = 0.05;
/// How many windows make the first level together.
const FIRST_WINDOWS: u32 = 8;
/// How much of the difference to a window the level takes over where the limit was not reached.
const WEIGHT: f64 = 1.0 / 16.0;
/// How much it takes over of windows that are below it.
const WEIGHT_BELOW: f64 = 1.0 / 4.0;
/// How much of the difference to the last windows the floor takes over.
const WEIGHT_OF_FLOOR: f64 = 1.0 / 512.0;
/// How far below the first window the floor begins at the least error, in octaves: it may have met a queue.
const UNKNOWN: f64 = 2.0;
/// The logarithm of the odds at which experiments are decided, about 50 to 1.
const DECIDED: f64 = 4.0;

/// Calls of a window, by the logarithm of their latency to base 2.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: u32,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, latency: Duration) {
        let octaves = octaves(nanos(latency));
        self.count += 1;
        self.sum += octaves;
        self.squares += octaves * octaves;
    }

    fn mean(self) -> f64 {
        self.sum / f64::from(self.count)
    }

    /// The standard error of the mean.
    fn error(self) -> f64 {
        let count = f64::from(self.count);
        let variance = (self.squares - self.sum * self.mean()).max(0.0) / (count - 1.0).max(1.0);
        (variance / count).sqrt().max(LEAST_ERROR)
    }
}

#[allow(clippy::cast_precision_loss)] // Nobody counts the nanoseconds of a year.
fn octaves(nanos: u64) -> f64 {
    (nanos.max(1) as f64).log2()
}

/// The limit fell because of latency: does the latency fall with it?
#[derive(Clone, Copy, Debug)]
struct Experiment {
    /// The latency before, in octaves.
    before: f64,
    /// By how much the limit fell, in octaves: so much the latency falls if all calls queue.
    step: f64,
}

/// What is known of the latency at the end of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Latency {
    Usual,
    /// Another window is wanted, under the same limit.
    Perhaps,
    /// To be handed to [`fell`](LatencyLevel::fell), when the limit has fallen.
    FarAbove(f64),
}

/// What past windows have shown, in octaves.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The long-term level.
    level: f64,
    /// The latency of the last few windows.
    recent: f64,
    /// The lowest that was in a long time. Experiments do not lower the level below it.
    floor: f64,
    /// How many windows there were.
    windows: u32,
    /// Whether the last one was above the level, or below it.
    was_above: bool,
    was_below: bool,
}

/// The latency of a service, over windows of calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatencyLevel {
    window: Sums,
    known: Option<Known>,
    experiment: Option<Experiment>,
    /// The logarithm of the odds that the latency falls with the limit, by the experiments since it was decided last.
    evidence: f64,
}

impl LatencyLevel {
    pub(super) fn add(&mut self, latency: Duration) {
        self.window.add(latency);
    }

    /// Forgets the calls of the window so far.
    pub(super) fn begin_window(&mut self) {
        self.window = Sums::default();
    }

    /// Whether it wants the limit to stay as it is.
    pub(super) fn is_experimenting(&self) -> bool {
        self.experiment.is_some()
    }

    /// The limit changes for another reason.
    pub(super) fn end_experiment(&mut self) {
        self.experiment = None;
    }

    /// Ends a window. One of less than `enough` calls goes on instead.
    pub(super) fn end_window(&mut self, enough: u32, at_limit: bool) -> Latency {
        if self.window.count < enough {
            self.end_experiment();
            return Latency::Usual;
        }
        let window = std::mem::take(&mut self.window);
        let (mean, error) = (window.mean(), window.error());
        let mut known = self.known.unwrap_or_else(|| Known::of_first(mean, error));
        known.move_floor(mean);
        if let Some(experiment) = self.experiment.take() {
            self.evidence += experiment.evidence(mean, error);
            if self.evidence.abs() >= DECIDED {
                known.decide(self.evidence > 0.0, experiment, mean);
                self.evidence = 0.0;
            }
        }
        let latency = known.judge(mean, error, at_limit);
        self.known = Some(known);
        latency
    }

    /// The limit fell because a window had this latency.
    pub(super) fn fell(&mut self, before: f64, from: usize, to: usize) {
        #[allow(clippy::cast_precision_loss)] // Limits are small.
        let step = (from as f64 / to as f64).log2();
        if step > 0.0 {
            self.experiment = Some(Experiment { before, step });
        }
        if let Some(known) = &mut self.known {
            known.was_above = false;
            if step <= 0.0 {
                // It cannot fall any further: whatever the service takes now is what it takes.
                known.level = before;
            }
        }
    }
}

impl Experiment {
    /// By how much more likely this window is if the latency falls with the limit than if it does not, as a logarithm: two
    /// normal distributions, with the error of a difference of two windows.
    fn evidence(self, mean: f64, error: f64) -> f64 {
        let fallen = self.before - mean;
        (fallen - self.step / 2.0) * self.step / (2.0 * error * error)
    }
}

impl Known {
    fn of_first(mean: f64, error: f64) -> Self {
        // Where windows vary much, experiments tell little, and have less room to be wrong.
        let unknown = UNKNOWN * (LEAST_ERROR / error).powi(2);
        Self {
            level: mean,
            recent: mean,
            floor: mean - unknown,
            windows: 0,
            was_above: false,
            was_below: false,
        }
    }

    /// The floor follows the windows down at once, and up slowly.
    fn move_floor(&mut self, mean: f64) {
        self.windows = self.windows.saturating_add(1);
        self.recent += WEIGHT_BELOW * (mean - self.recent);
        self.floor += WEIGHT_OF_FLOOR * (self.recent - self.floor);
        self.floor = self.floor.min(self.recent);
    }

    /// Takes over what experiments have shown.
    fn decide(&mut self, falls_with_limit: bool, experiment: Experiment, mean: f64) {
        self.level = if falls_with_limit {
            (self.level - experiment.step).max(self.floor.min(self.level))
        } else {
            mean
        };
    }

    fn judge(&mut self, mean: f64, error: f64, at_limit: bool) -> Latency {
        let is_above = mean > self.level + EXCESS.max(ERRORS_ABOVE * error);
        let is_below = mean < self.level - ERRORS_BELOW * error;
        // One window may be so by chance.
        let was_above = std::mem::replace(&mut self.was_above, is_above);
        let was_below = std::mem::replace(&mut self.was_below, is_below);
        if is_above {
            return if was_above {
                Latency::FarAbove(mean)
            } else {
                Latency::Perhaps
            };
        }
        let weight = if self.windows <= FIRST_WINDOWS {
            1.0 / f64::from(self.windows)
        } else if !at_limit {
            WEIGHT
        } else if is_below && was_below {
            WEIGHT_BELOW
        } else {
            0.0
        };
        self.level += weight * (mean - self.level);
        Latency::Usual
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    const ENOUGH: u32 = 10;

    /// Ends a window of calls that all take so long.
    fn window(level: &mut LatencyLevel, millis: u64) -> Latency {
        for _ in 0..ENOUGH {
            level.add(Duration::from_millis(millis));
        }
        level.end_window(ENOUGH, true)
    }

    fn known() -> LatencyLevel {
        let mut level = LatencyLevel::default();
        for _ in 0..20 {
            assert_eq!(window(&mut level, 100), Latency::Usual);
        }
        level
    }

    #[test]
    fn second_window_by_a_fifth_above_is_far_above() {
        let mut level = known();
        assert_eq!(window(&mut level, 115), Latency::Usual);
        assert_eq!(window(&mut level, 130), Latency::Perhaps);
        assert_eq!(window(&mut level, 100), Latency::Usual);
        assert_eq!(window(&mut level, 130), Latency::Perhaps);
        assert!(matches!(window(&mut level, 130), Latency::FarAbove(_)));
    }

    #[test]
    fn excess_that_chance_explains_is_usual() {
        let mut level = LatencyLevel::default();
        let mut mixed = |longer: u64| {
            for index in 0..ENOUGH {
                let millis = if index % 2 == 0 { 10 } else { 1_000 };
                level.add(Duration::from_millis(millis * longer / 100));
            }
            level.end_window(ENOUGH, true)
        };
        for _ in 0..20 {
            assert_eq!(mixed(100), Latency::Usual);
        }
        for _ in 0..5 {
            assert_eq!(mixed(200), Latency::Usual);
        }
    }

    #[test]
    fn level_does_not_follow_a_queue_at_the_limit() {
        let mut level = known();
        for _ in 0..1_000 {
            assert_eq!(window(&mut level, 118), Latency::Usual);
        }
        assert_eq!(window(&mut level, 130), Latency::Perhaps);
    }

    #[test]
    fn level_follows_windows_that_did_not_reach_the_limit() {
        let mut level = known();
        for _ in 0..100 {
            for _ in 0..ENOUGH {
                level.add(Duration::from_millis(118));
            }
            assert_eq!(level.end_window(ENOUGH, false), Latency::Usual);
        }
        assert_eq!(window(&mut level, 130), Latency::Usual);
    }

    #[test]
    fn latency_that_does_not_fall_with_the_limit_is_the_new_level() {
        let mut level = known();
        let (mut limit, mut falls) = (100_usize, 0);
        loop {
            match window(&mut level, 300) {
                Latency::Usual if falls > 0 => break,
                Latency::Usual | Latency::Perhaps => {}
                Latency::FarAbove(latency) => {
                    level.fell(latency, limit, limit * 9 / 10);
                    limit = limit * 9 / 10;
                    falls += 1;
                }
            }
        }
        assert!(falls <= 3, "{falls}");
        assert_eq!(window(&mut level, 330), Latency::Usual);
        assert_eq!(window(&mut level, 400), Latency::Perhaps);
    }

    #[test]
    fn latency_that_falls_with_the_limit_keeps_the_level() {
        let mut level = known();
        // 50 calls at a time take 100 ms, all above queue.
        let (mut limit, mut highest) = (50_usize, 0);
        for _ in 0..2_000 {
            let millis = 2 * limit.max(50) as u64;
            match window(&mut level, millis) {
                Latency::Usual if level.is_experimenting() => {}
                Latency::Usual => limit += 1,
                Latency::Perhaps => {}
                Latency::FarAbove(latency) => {
                    highest = highest.max(limit);
                    level.fell(latency, limit, limit * 9 / 10);
                    limit = limit * 9 / 10;
                }
            }
        }
        assert!((51..=65).contains(&highest), "{highest}");
    }

    #[test]
    fn lowest_limit_takes_the_latency_for_the_level() {
        let mut level = known();
        assert_eq!(window(&mut level, 900), Latency::Perhaps);
        let Latency::FarAbove(latency) = window(&mut level, 900) else {
            panic!("it is");
        };
        level.fell(latency, 1, 1);
        assert!(!level.is_experimenting());
        assert_eq!(window(&mut level, 900), Latency::Usual);
    }

    #[test]
    fn experiment_without_enough_calls_ends() {
        let mut level = known();
        level.fell(27.0, 10, 9);
        assert!(level.is_experimenting());
        level.add(Duration::from_millis(100));
        assert_eq!(level.end_window(ENOUGH, true), Latency::Usual);
        assert!(!level.is_experimenting());
    }
}
