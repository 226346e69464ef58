//! The limit against a naive one, and its rules one by one.

use proptest::prelude::*;

use super::*;

const MS: u64 = 1_000_000;

fn config(min: usize, initial: usize, max: usize) -> AdaptiveConfig {
    AdaptiveConfig::default().min(min).initial(initial).max(max)
}

fn answered(limit: &mut AdaptiveLimit, calls: usize, started: Moment) -> Option<LimitChange> {
    let in_use = limit.limit();
    (0..calls)
        .filter_map(|_| limit.report(Report::Answered(None), started, in_use, started))
        .last()
}

#[test]
fn rises_by_one_after_a_window_at_the_limit() {
    let mut limit = AdaptiveLimit::new(config(1, 20, 22));
    assert_eq!(answered(&mut limit, 19, Moment(1)), None);
    let change = answered(&mut limit, 1, Moment(1));
    assert_eq!(change, Some(LimitChange { from: 20, to: 21 }));
    assert_eq!(answered(&mut limit, 20, Moment(1)), None);
    let change = answered(&mut limit, 1, Moment(1));
    assert_eq!(change, Some(LimitChange { from: 21, to: 22 }));
    assert_eq!(answered(&mut limit, 100, Moment(1)), None, "the highest");
}

#[test]
fn window_below_the_limit_changes_nothing() {
    let mut limit = AdaptiveLimit::new(config(1, 20, 200));
    for _ in 0..1_000 {
        assert_eq!(
            limit.report(Report::Answered(None), Moment(1), 19, Moment(1)),
            None
        );
    }
}

#[test]
fn falls_once_for_calls_that_began_before() {
    let mut limit = AdaptiveLimit::new(config(1, 20, 200));
    let fall = limit.report(Report::Congested, Moment(5), 20, Moment(9));
    assert_eq!(fall, Some(LimitChange { from: 20, to: 18 }));
    for began in 1..=9 {
        assert_eq!(
            limit.report(Report::Congested, Moment(began), 19, Moment(10)),
            None
        );
    }
    let fall = limit.report(Report::Congested, Moment(10), 18, Moment(11));
    assert_eq!(fall, Some(LimitChange { from: 18, to: 16 }));
}

#[test]
fn falls_by_at_least_one_down_to_the_lowest() {
    let mut limit = AdaptiveLimit::new(config(2, 5, 200).factor(0.95));
    let mut limits = vec![];
    for now in 1..8 {
        limit.report(Report::Congested, Moment(now), 5, Moment(now));
        limits.push(limit.limit());
    }
    assert_eq!(limits, [4, 3, 2, 2, 2, 2, 2]);
}

#[test]
fn latency_far_above_its_level_lowers_the_limit_once() {
    let mut limit = AdaptiveLimit::new(config(1, 20, 20));
    let mut now = 0;
    let mut run = |limit: &mut AdaptiveLimit, calls: usize, millis: u64| {
        let mut changes = vec![];
        for _ in 0..calls {
            let started = Moment(now);
            now += 200 * MS;
            let report = Report::Answered(Some(Duration::from_millis(millis)));
            changes.extend(limit.report(report, started, limit.limit(), Moment(now)));
        }
        changes
    };
    assert_eq!(run(&mut limit, 400, 100), []);
    assert_eq!(run(&mut limit, 20, 200), [], "one window may be by chance");
    assert_eq!(run(&mut limit, 20, 200), [LimitChange { from: 20, to: 18 }]);
    let mut by_count = AdaptiveLimit::new(config(1, 20, 20).latency(false));
    assert_eq!(run(&mut by_count, 400, 100), []);
    assert_eq!(run(&mut by_count, 400, 2_000), []);
}

#[test]
fn new_bounds_hold_at_once_and_the_rest_is_kept() {
    let mut limit = AdaptiveLimit::new(config(1, 20, 200));
    assert_eq!(limit.reconfigure(config(1, 30, 40)), None);
    let change = limit.reconfigure(config(1, 10, 15));
    assert_eq!(change, Some(LimitChange { from: 20, to: 15 }));
    let change = limit.reconfigure(config(30, 30, 30));
    assert_eq!(change, Some(LimitChange { from: 15, to: 30 }));
}

/// The limit without latency, written down again: a list of all reports since the last change.
struct Naive {
    config: AdaptiveConfig,
    limit: usize,
    fallen_at: Option<u64>,
    /// Of each call that was answered, whether the limit was reached.
    window: Vec<bool>,
}

impl Naive {
    fn report(&mut self, began: u64, congested: bool, in_use: usize, now: u64) {
        if self.fallen_at.is_some_and(|at| at >= began) {
            return;
        }
        if congested {
            self.fallen_at = Some(now);
            self.window.clear();
            let product = (self.limit as f64 * self.config.factor).floor() as usize;
            self.limit = product.min(self.limit - 1).max(self.config.min);
            return;
        }
        self.window.push(in_use >= self.limit);
        if self.window.len() == self.limit.max(10) {
            if self.window.contains(&true) && self.limit < self.config.max {
                self.limit += 1;
            }
            self.window.clear();
        }
    }
}

proptest! {
    #[test]
    fn limit_is_the_naive_one(
        (min, initial, max) in (1..20_usize, 0..20_usize, 0..20_usize)
            .prop_map(|(min, more, most)| (min, min + more, min + more + most)),
        factor in 0.5..0.999_f64,
        calls in prop::collection::vec((0..30_u64, prop::bool::weighted(0.05), any::<bool>()), 0..600),
    ) {
        let config = config(min, initial, max).factor(factor).latency(false);
        let mut limit = AdaptiveLimit::new(config.clone());
        let mut naive = Naive { limit: initial, config, fallen_at: None, window: vec![] };
        for (index, (ago, congested, full)) in calls.into_iter().enumerate() {
            let now = 100 + 3 * index as u64;
            let began = now - ago;
            let before = limit.limit();
            let in_use = if full { before } else { before - 1 };
            let report = if congested { Report::Congested } else { Report::Answered(None) };
            let change = limit.report(report, Moment(began), in_use, Moment(now));
            naive.report(began, congested, in_use, now);
            prop_assert_eq!(limit.limit(), naive.limit);
            prop_assert!((min..=max).contains(&limit.limit()));
            let expected = (before != naive.limit).then_some(LimitChange { from: before, to: naive.limit });
            prop_assert_eq!(change, expected);
        }
    }
}
