//! The outcomes of the last `window` of time: constant time for each outcome, and bounded memory.

use std::collections::VecDeque;

use super::totals::Totals;
use crate::clock::Moment;

/// Up to so many distinct instants the window is exact; with more it is divided into so many parts.
const EXACT: usize = 1024;

/// The outcomes of one instant or, in a crowded window, of a span of at most `window / 1024`.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The latest instant in it: the whole entry expires with it, so rather late than early.
    newest: Moment,
    totals: Totals,
}

/// A queue of entries with running totals.
///
/// With fewer than [`EXACT`] entries, each new instant gets an entry of its own. With more, an outcome joins the last
/// entry unless that one began a whole grain ago. Invariant: those entries are at least a grain apart, so that at most
/// another [`EXACT`] of them (and one or two at the edges) fit into the window, and no compaction is needed.
#[derive(Debug)]
pub(in super::super) struct TimeWindow {
    /// Nanoseconds, at least 1.
    window: u64,
    entries: VecDeque<Entry>,
    /// The earliest instant in the last entry.
    last_began: Moment,
    totals: Totals,
}

impl TimeWindow {
    pub(super) fn new(window: u64) -> Self {
        Self {
            window: window.max(1),
            entries: VecDeque::with_capacity(2 * EXACT + 2),
            last_began: Moment::default(),
            totals: Totals::default(),
        }
    }

    fn grain(&self) -> u64 {
        self.window.div_ceil(EXACT as u64)
    }

    pub(super) fn record(&mut self, now: Moment, failed: bool, slow: bool) {
        // A clock that goes backwards stands still.
        let now = self.entries.back().map_or(now, |last| now.max(last.newest));
        self.expire(now);
        let outcome = Totals::one(failed, slow);
        self.totals.add(outcome);
        let grain = self.grain();
        let crowded = self.entries.len() >= EXACT;
        match self.entries.back_mut() {
            Some(last) if last.newest == now || (crowded && now.0 - self.last_began.0 < grain) => {
                last.newest = now;
                last.totals.add(outcome);
            }
            _ => {
                self.entries.push_back(Entry {
                    newest: now,
                    totals: outcome,
                });
                self.last_began = now;
            }
        }
    }

    /// Drops what is `window` old or older.
    pub(super) fn expire(&mut self, now: Moment) {
        while let Some(oldest) = self.entries.front()
            && now.0.saturating_sub(oldest.newest.0) >= self.window
        {
            self.totals.subtract(oldest.totals);
            self.entries.pop_front();
        }
    }

    #[inline]
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.totals = Totals::default();
    }

    /// Changes the window. What is too old for a shorter one is dropped with the next outcome.
    pub(super) fn resize(&mut self, window: u64) {
        self.window = window.max(1);
        if self.entries.len() > EXACT {
            self.thin_out();
        }
    }

    /// Joins entries that are closer than a grain of the new window. Otherwise they could add up over many changes.
    fn thin_out(&mut self) {
        let grain = self.grain();
        let mut thinned: VecDeque<Entry> = VecDeque::with_capacity(self.entries.capacity());
        let mut began = Moment::default();
        for entry in &self.entries {
            match thinned.back_mut() {
                Some(last) if entry.newest.0 - began.0 < grain => {
                    last.newest = entry.newest;
                    last.totals.add(entry.totals);
                }
                _ => {
                    began = entry.newest;
                    thinned.push_back(*entry);
                }
            }
        }
        self.entries = thinned;
        self.last_began = began;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything that was ever recorded.
    #[derive(Default)]
    struct Log(Vec<(u64, bool, bool)>);

    impl Log {
        /// What is younger than `age` at `now`.
        fn younger(&self, now: u64, age: u64) -> Totals {
            let mut totals = Totals::default();
            for &(at, failed, slow) in &self.0 {
                if now - at < age {
                    totals.add(Totals::one(failed, slow));
                }
            }
            totals
        }
    }

    #[test]
    fn outcome_as_old_as_the_window_no_longer_counts() {
        let mut window = TimeWindow::new(10);
        window.record(Moment(100), true, false);
        window.expire(Moment(109));
        assert_eq!(window.totals(), Totals::one(true, false));
        window.expire(Moment(110));
        assert_eq!(window.totals(), Totals::default());
    }

    #[test]
    fn clock_that_goes_backwards_stands_still() {
        let mut window = TimeWindow::new(10);
        window.record(Moment(100), true, false);
        window.record(Moment(3), true, true);
        window.expire(Moment(109));
        assert_eq!(window.totals().failures, 2);
        window.expire(Moment(110));
        assert_eq!(window.totals(), Totals::default());
    }

    #[test]
    fn memory_is_bounded_and_allocated_once() {
        // A thousand times crowded, at a steady pace and in bursts.
        for burst in [1, 5_000] {
            let mut window = TimeWindow::new(1_000_000);
            let capacity = window.entries.capacity();
            for step in 0..3_000_000_u64 {
                window.record(Moment(step / burst * burst + step % 1_000), false, false);
            }
            assert!(window.entries.len() <= 2 * EXACT + 2);
            assert_eq!(window.entries.capacity(), capacity);
        }
    }

    #[test]
    fn crowded_window_becomes_exact_again() {
        let mut window = TimeWindow::new(1_000_000);
        for at in 0..1_000_000 {
            window.record(Moment(at), true, false);
        }
        let mut log = Log::default();
        for at in (2_000_000..6_000_000).step_by(1_500) {
            window.record(Moment(at), at % 2_000 == 0, false);
            log.0.push((at, at % 2_000 == 0, false));
            if at >= 3_000_000 {
                assert_eq!(window.totals(), log.younger(at, 1_000_000));
            }
        }
    }

    #[test]
    fn repeated_resize_keeps_memory_bounded() {
        let mut window = TimeWindow::new(2_000);
        let mut now = 0;
        for factor in 1..40 {
            window.resize(2_000 * factor * factor);
            for _ in 0..4_000 {
                now += factor;
                window.record(Moment(now), false, false);
            }
            assert!(window.entries.len() <= 3 * EXACT + 2);
        }
    }

    /// From `now` until nothing is left: how many count at the least and the most, and do.
    fn ages(mut window: TimeWindow, now: u64, log: &Log) -> impl Iterator<Item = [u64; 3]> {
        let (span, grain) = (window.window, window.grain());
        (now..now + span + grain).step_by(7).map(move |now| {
            window.expire(Moment(now));
            let calls = |age| log.younger(now, age).calls;
            [calls(span), calls(span + grain - 1), window.totals().calls]
        })
    }

    #[test]
    fn resized_crowded_window_expires_less_than_a_grain_late() {
        let (mut window, mut log) = (TimeWindow::new(10_240), Log::default());
        for at in (0..1_000).chain((1_000..9_000).step_by(10)) {
            window.record(Moment(at), false, false);
            log.0.push((at, false, false));
        }
        window.resize(20_480);
        assert_eq!(window.entries.len(), 1_000 / 20 + 8_000 / 20);
        for [least, most, seen] in ages(window, 9_000, &log) {
            assert!(least <= seen && seen <= most, "{least} <= {seen} <= {most}");
        }
    }

    #[test]
    fn resized_window_that_is_not_crowded_stays_exact() {
        let (mut window, mut log) = (TimeWindow::new(10_240), Log::default());
        for at in 0..EXACT as u64 {
            window.record(Moment(at), false, false);
            log.0.push((at, false, false));
        }
        window.resize(20_480);
        for [exact, _, seen] in ages(window, EXACT as u64, &log) {
            assert_eq!(seen, exact);
        }
    }

    proptest! {
        #[test]
        fn time_window_is_exact_up_to_1024_instants(
            window in 1_u64..2_000,
            steps in prop::collection::vec((0_u64..20, any::<bool>(), any::<bool>()), 0..900),
        ) {
            let mut subject = TimeWindow::new(window);
            let mut log = Log::default();
            let mut now = 50;
            for (pause, failed, slow) in steps {
                now += pause;
                subject.record(Moment(now), failed, slow);
                log.0.push((now, failed, slow));
                prop_assert_eq!(subject.totals(), log.younger(now, window));
            }
        }

        #[test]
        fn crowded_window_expires_less_than_a_grain_late(
            window in 3_000_u64..300_000,
            steps in prop::collection::vec((0_u64..100, any::<bool>()), 2_000..4_000),
        ) {
            let mut subject = TimeWindow::new(window);
            let mut log = Log::default();
            let mut now = 50;
            for (index, (pause, failed)) in steps.into_iter().enumerate() {
                now += pause;
                subject.record(Moment(now), failed, false);
                log.0.push((now, failed, false));
                if index % 17 == 0 {
                    let least = log.younger(now, window);
                    let most = log.younger(now, window + subject.grain() - 1);
                    let seen = subject.totals();
                    prop_assert!(least.calls <= seen.calls && seen.calls <= most.calls);
                    prop_assert!(least.failures <= seen.failures && seen.failures <= most.failures);
                    prop_assert!(subject.entries.len() <= 2 * EXACT + 2);
                }
            }
        }
    }
}
