//! Which of several targets an attempt goes to.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::load::TargetLoad;
use crate::clock::Moment;
use crate::random::seed;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{AtomicI32, AtomicU64};

/// How a target is picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// The better of two that are drawn by weight.
    #[default]
    Balanced,
    /// The first one that is available.
    Ordered,
}

/// One in so many calls goes to one of the targets that are avoided.
const PROBES: u64 = 192;
/// A target is slow from so many times the median on,
const SLOW: u64 = 3;
/// and not by less than this, in nanoseconds: what answers in microseconds is not slow because of a moment's hiccup.
const SLOW_BY: u64 = 1_000_000;
/// A target is clearly better than another one if its score is below such a part of the other's.
const CLEARLY: f64 = 0.8;
/// A target is owed at most so many turns.
const MOST_OWED: i32 = 8;
/// So many draws are tried before those that fit are looked for.
const DRAWS: usize = 3;
/// One in so many picks looks at the median anew.
const LOOKS: u64 = 8;

/// A set of targets, by their place in the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Excluded(u128);

impl Excluded {
    pub(crate) fn add(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    /// With those of another set.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn has(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What a choice sees of one target.
pub(crate) trait Candidate {
    fn load(&self) -> &TargetLoad;

    /// Whether an attempt that begins then would surely be turned away, as far as that is seen at a glance.
    fn is_shut(&self, now: Moment) -> bool;

    /// Identifies its service, as long as that lives.
    fn service_address(&self) -> usize;
}

/// The weights of the targets of a pool, and from when on one is slow.
#[derive(Debug)]
pub(crate) struct Choice {
    weights: Box<[f64]>,
    /// The mean of all weights by each.
    by_weight: Box<[f64]>,
    /// A hash of each name, so that a key belongs to the same target whatever others come and go.
    names: Box<[u64]>,
    /// The sum of the weights up to each target.
    sums: Box<[f64]>,
    /// How many of its turns another target got, less those that it got of others.
    // Relaxed: a turn that is lost between two threads is one of many.
    owed: Box<[AtomicI32]>,
    /// How long an attempt takes at the one in the middle, in nanoseconds; zero: not known.
    // Relaxed: a value of a moment ago is as good.
    median: AtomicU64,
}

impl Choice {
    /// Takes the name and the weight of each target.
    pub(crate) fn new<'a>(targets: impl IntoIterator<Item = (&'a str, f64)>) -> Self {
        let hashed = |name: &str| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            hasher.finish()
        };
        let targets = targets
            .into_iter()
            .map(|(name, weight)| (hashed(name), weight));
        let (names, weights): (Vec<u64>, Vec<f64>) = targets.unzip();
        let sums = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        Self {
            sums: sums.collect(),
            owed: weights.iter().map(|_| AtomicI32::new(0)).collect(),
            by_weight: weights.iter().map(|weight| mean / weight).collect(),
            names: names.into(),
            weights: weights.into(),
            median: AtomicU64::new(0),
        }
    }

    /// Picks the better of two targets that are drawn by weight; `None`: all are excluded or shut.
    pub(crate) fn balanced<C: Candidate>(
        &self,
        targets: &[Arc<C>],
        excluded: Excluded,
        now: Moment,
    ) -> Option<usize> {
        let random = next_random();
        let view = self.view(targets, now, random);
        if (random >> 8).is_multiple_of(PROBES)
            && let Some(probe) = view.draw(
                |index| !excluded.has(index) && view.is_avoided(index),
                random,
            )
        {
            return Some(probe);
        }
        let is_good = |index: usize| !excluded.has(index) && !view.is_avoided(index);
        let Some(first) = view.draw(is_good, random) else {
            // Whoever is left is slow.
            return view.draw(|index| !excluded.has(index), random);
        };
        let second = view.draw(|index| index != first && is_good(index), next_random());
        Some(match second {
            Some(second) if view.takes_over(second, first) => {
                self.pass_turn(first, second);
                second
            }
            _ => first,
        })
    }

    /// Notes that a target got another one's turn. Those that lose turns when they are busy get some when they are not, so that
    /// over time each has its share. What is owed is bounded: a target that was slow is not flooded once it has recovered.
    fn pass_turn(&self, from: usize, to: usize) {
        let (from, to) = (&self.owed[from], &self.owed[to]);
        from.store((from.load(Relaxed) + 1).min(MOST_OWED), Relaxed);
        to.store((to.load(Relaxed) - 1).max(-MOST_OWED), Relaxed);
    }

    /// Picks the target that a key belongs to, as long as that one is there: the one with the highest score for the key
    /// (rendezvous hashing, Thaler and Ravishankar, 1998; with weights as by Schindelhauer and Schomaker, 2005).
    pub(crate) fn sticky<C: Candidate>(
        &self,
        targets: &[Arc<C>],
        excluded: Excluded,
        now: Moment,
        key: u64,
    ) -> Option<usize> {
        let random = next_random();
        let view = self.view(targets, now, random);
        let score = |index: &usize| {
            let hash = mix(key ^ self.names[*index]);
            // In (0, 1).
            let uniform = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            -self.weights[*index] / uniform.ln()
        };
        let best = |is_allowed: &dyn Fn(usize) -> bool| {
            (0..targets.len())
                .filter(|index| is_allowed(*index) && !targets[*index].is_shut(now))
                .max_by(|a, b| score(a).total_cmp(&score(b)))
        };
        // Otherwise nobody would learn that it has recovered.
        if (random >> 8).is_multiple_of(PROBES)
            && let Some(probe) = best(&|index| !excluded.has(index) && view.is_avoided(index))
        {
            return Some(probe);
        }
        best(&|index| !excluded.has(index) && !view.is_avoided(index))
            .or_else(|| best(&|index| !excluded.has(index)))
    }

    /// Picks the first target that is there.
    pub(crate) fn ordered<C: Candidate>(
        targets: &[Arc<C>],
        excluded: Excluded,
        now: Moment,
    ) -> Option<usize> {
        let mut indices = 0..targets.len();
        indices.find(|index| !excluded.has(*index) && !targets[*index].is_shut(now))
    }

    /// How a pick sees the targets. Now and then it looks at their latencies anew.
    fn view<'a, C: Candidate>(
        &'a self,
        targets: &'a [Arc<C>],
        now: Moment,
        random: u64,
    ) -> View<'a, C> {
        if random.is_multiple_of(LOOKS) {
            self.look(targets, now);
        }
        let median = self.median.load(Relaxed);
        let slow_from = match median {
            0 => u64::MAX,
            _ => median.saturating_mul(SLOW).max(median + SLOW_BY),
        };
        View {
            choice: self,
            targets,
            now,
            median,
            slow_from,
        }
    }

    /// Looks at the latencies anew.
    #[inline(never)]
    fn look<C: Candidate>(&self, targets: &[Arc<C>], now: Moment) {
        let mut known = [0_u64; 128];
        let mut count = 0;
        for target in targets
            .iter()
            .take(known.len())
            .filter(|it| !it.is_shut(now))
        {
            if let Some(latency) = target.load().latency() {
                known[count] = latency.as_nanos() as u64;
                count += 1;
            }
        }
        let median = if count < 2 {
            0
        } else {
            // Of two the faster one: both halves of a pair are in its middle.
            let middle = (count - 1) / 2;
            *known[..count].select_nth_unstable(middle).1
        };
        self.median.store(median, Relaxed);
    }
}

/// What a target's load says of an attempt that would begin there, less is better: attempts per weight times how long one takes. A
/// light target that is idle seems to be worse than a heavy one that is not where that attempt counts by weight as well, and better
/// where it does not.
struct Score {
    with_it: f64,
    beside_it: f64,
}

impl Score {
    /// Whether a target is so much better than another one that weights do not matter. Both were drawn by weight already, so small
    /// differences, which are noise, change nothing. Where the two scores do not agree, the weights have the last word.
    fn is_clearly_better_than(&self, other: &Self) -> bool {
        self.with_it < other.with_it * CLEARLY && self.beside_it < other.beside_it * CLEARLY
    }
}

/// The targets as one pick sees them.
struct View<'a, C> {
    choice: &'a Choice,
    targets: &'a [Arc<C>],
    now: Moment,
    median: u64,
    slow_from: u64,
}

impl<C: Candidate> View<'_, C> {
    /// Whether it is so slow, or fails so often, that only probes go there.
    fn is_avoided(&self, index: usize) -> bool {
        let load = self.targets[index].load();
        let latency = load.latency().map_or(0, |it| it.as_nanos() as u64);
        latency > self.slow_from && !load.is_new() || load.is_suspect()
    }

    /// Draws one of those that are allowed and not shut, by weight.
    fn draw(&self, is_allowed: impl Fn(usize) -> bool, mut random: u64) -> Option<usize> {
        let is_fit = |index: usize| is_allowed(index) && !self.targets[index].is_shut(self.now);
        let sums = &self.choice.sums;
        let total = *sums.last()?;
        // To draw from all until one fits is to draw from those that fit.
        for _ in 0..DRAWS {
            let at = uniform(random) * total;
            let drawn = sums.partition_point(|sum| *sum <= at);
            if drawn < self.targets.len() && is_fit(drawn) {
                return Some(drawn);
            }
            random = mix(random);
        }
        self.draw_among(is_fit, random)
    }

    /// The same, where few or none fit.
    #[inline(never)]
    fn draw_among(&self, is_fit: impl Fn(usize) -> bool, random: u64) -> Option<usize> {
        let fit = (0..self.targets.len()).filter(|index| is_fit(*index));
        let total: f64 = fit.map(|index| self.choice.weights[index]).sum();
        let mut at = uniform(random) * total;
        let mut last = None;
        for index in (0..self.targets.len()).filter(|index| is_fit(*index)) {
            at -= self.choice.weights[index];
            last = Some(index);
            if at < 0.0 {
                break;
            }
        }
        last
    }

    /// Whether a target gets the turn of the one that was drawn before it: because it is clearly better, or because it is owed
    /// more and not clearly worse.
    fn takes_over(&self, second: usize, first: usize) -> bool {
        let (one, other) = (self.score(second), self.score(first));
        let owed = |index: usize| self.choice.owed[index].load(Relaxed);
        one.is_clearly_better_than(&other)
            || owed(second) > owed(first) && !other.is_clearly_better_than(&one)
    }

    /// How long an attempt that begins now has to wait for its answer, in relation to others.
    fn score(&self, index: usize) -> Score {
        let load = self.targets[index].load();
        let (by_weight, expected) = (self.choice.by_weight[index], self.expected(load));
        let in_flight = f64::from(load.in_flight());
        Score {
            with_it: (in_flight + 1.0) * by_weight * expected,
            beside_it: (in_flight * by_weight + 1.0) * expected,
        }
    }

    /// How long an attempt is expected to take. A target that nothing is known of counts as one in the middle.
    fn expected(&self, load: &TargetLoad) -> f64 {
        let middle = self.median.max(1);
        load.expected(self.now).unwrap_or(middle as f64)
    }
}

/// A number from 0 up to 1.
fn uniform(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// Spreads the bits of a number over all of it (the finalizer of SplitMix64, Steele, Lea and Flood, 2014).
pub(crate) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The next number of the thread's own sequence, SplitMix64. Nothing secret depends on it.
fn next_random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }
    STATE.with(|state| {
        let before = match state.get() {
            0 => seed(),
            state => state,
        };
        let next = before.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        mix(next)
    })
}
