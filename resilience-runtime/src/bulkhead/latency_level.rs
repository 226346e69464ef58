//! The latency of a service: its long-term level, and whether it is far above it because of our own calls.
//!
//! Latencies are compared by their mean logarithm, in which a few slow calls weigh little, so that times of very different
//! calls can be averaged. A window is far above the level if it is by a fifth and by more than chance explains.
//!
//! A level that simply followed the latency would follow a queue that stands, and the limit with it. So the level rises with
//! windows in which the limit was not reached, for then not the limit decides how much the service has to do; and falling
//! limits are taken for experiments. If the latency falls with the limit, then our calls queue, and the level is too high. If it
//! does not, then the service has become slower by itself, and what it takes now is the level.

use std::time::Duration;

use crate::clock::nanos;

/// The least excess over the level that is far, in octaves: a fifth.
const FAR: f64 = 0.263;
/// How many standard errors above the level are no chance.
const ERRORS: f64 = 2.5;
/// The least standard error of a window, in octaves: neighbouring calls are not independent.
const LEAST_ERROR: f64 = 0.05;
/// How much of the difference to a window the level takes over where the limit was not reached, and how much where the
/// window is below it by more than chance explains.
const WEIGHT: f64 = 1.0 / 16.0;
const WEIGHT_DOWN: f64 = 1.0 / 4.0;
/// How far below the first windows the floor begins: they may have met a queue.
const UNKNOWN: f64 = 2.0;
/// How many windows make the first level.
const FIRST_WINDOWS: u32 = 8;
/// How much of the difference to the windows the floor takes over, at the least error.
const WEIGHT_OF_FLOOR: f64 = 1.0 / 512.0;
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

/// The logarithm to base 2, by a straight line between powers of two: monotone, the same on every machine, and cheap.
fn octaves(nanos: u64) -> f64 {
    let nanos = nanos.max(1);
    let whole = nanos.ilog2();
    // The next 20 bits below the first.
    let below = nanos ^ (1 << whole);
    let fraction = if whole >= 20 {
        below >> (whole - 20)
    } else {
        below << (20 - whole)
    };
    #[allow(clippy::cast_precision_loss)] // 20 bits.
    let fraction = fraction as f64;
    f64::from(whole) + fraction / f64::from(1 << 20)
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

/// The latency of a service, over windows of calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatencyLevel {
    window: Sums,
    /// The long-term level, in octaves.
    level: Option<f64>,
    /// The latency of the last windows, and the lowest that it was in a long time, in octaves: below that the level does not go
    /// by experiments.
    smooth: Option<f64>,
    floor: Option<f64>,
    /// How the window before was.
    was_above: bool,
    was_below: bool,
    /// How many windows it knows.
    windows: u32,
    experiment: Option<Experiment>,
    /// The logarithm of the odds that calls queue because of us.
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

    /// The limit changes for another reason.
    pub(super) fn end_experiment(&mut self) {
        self.experiment = None;
    }

    /// Whether it wants the limit to stay as it is.
    pub(super) fn is_experimenting(&self) -> bool {
        self.experiment.is_some()
    }

    /// Ends a window, if it has at least `enough` calls.
    pub(super) fn end_window(&mut self, enough: u32, at_limit: bool) -> Latency {
        if self.window.count < enough {
            return Latency::Usual;
        }
        let window = std::mem::take(&mut self.window);
        let (mean, error) = (window.mean(), window.error());
        self.windows = self.windows.saturating_add(1);
        let level = *self.level.get_or_insert(mean);
        self.move_floor(mean, error);
        if let Some(experiment) = self.experiment.take() {
            self.learn(experiment, mean, error);
        }
        let level = self.level.unwrap_or(level);
        // One window may be so by chance.
        let is_above = mean > level + FAR.max(ERRORS * error);
        let is_below = mean < level - 2.0 * error;
        let was_above = std::mem::replace(&mut self.was_above, is_above);
        let was_below = std::mem::replace(&mut self.was_below, is_below);
        if is_above {
            return if was_above { Latency::FarAbove(mean) } else { Latency::Perhaps };
        }
        let weight = if self.windows <= FIRST_WINDOWS {
            1.0 / f64::from(self.windows)
        } else if !at_limit {
            WEIGHT
        } else if is_below && was_below {
            WEIGHT_DOWN
        } else {
            0.0
        };
        self.level = Some(level + weight * (mean - level));
        Latency::Usual
    }

    /// The floor follows the windows down at once, and up the slower the less an experiment would tell.
    fn move_floor(&mut self, mean: f64, error: f64) {
        let smooth = self.smooth.get_or_insert(mean);
        *smooth += WEIGHT_DOWN * (mean - *smooth);
        let unknown = UNKNOWN * (LEAST_ERROR / error).powi(2);
        let floor = self.floor.get_or_insert(*smooth - unknown);
        *floor = (*floor + WEIGHT_OF_FLOOR * (*smooth - *floor)).min(*smooth);
    }

    /// Weighs, by how much more likely the change of the latency is if our calls queue than if they do not, both with the
    /// chance of two means.
    fn learn(&mut self, experiment: Experiment, mean: f64, error: f64) {
        let Experiment { before, step } = experiment;
        let fallen = before - mean;
        self.evidence += (fallen - step / 2.0) * step / (2.0 * error * error);
        let level = self.level.unwrap_or(mean);
        if self.evidence >= DECIDED {
            let floor = self.floor.unwrap_or(level);
            self.level = Some((level - step).max(floor.min(level)));
            self.evidence = 0.0;
        } else if self.evidence <= -DECIDED {
            self.level = Some(mean);
            self.evidence = 0.0;
        }
    }

    /// The limit fell because a window had this latency.
    pub(super) fn fell(&mut self, before: f64, from: usize, to: usize) {
        self.was_above = false;
        #[allow(clippy::cast_precision_loss)] // Limits are small.
        let step = (from as f64 / to as f64).log2();
        if step > 0.0 {
            self.experiment = Some(Experiment { before, step });
        } else {
            // It cannot fall any further: whatever it takes now is what it takes.
            self.level = Some(before);
        }
    }
}
