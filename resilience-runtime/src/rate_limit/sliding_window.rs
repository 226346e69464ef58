//! The sliding window: never more than the limit in any window `[t, t + period)`, at any offset.
//!
//! Only a full log of what was admitted is exact; one counter a window, or two of them weighted, admit up
//! to twice the limit. What was admitted at one instant is one entry of 12 bytes, so that a key's log has
//! at most `limit` of them.

use std::collections::VecDeque;
use std::time::Duration;

use super::meter::Meter;
use crate::clock::{Moment, nanos};

/// What was admitted at one instant: the moment in two words, so that an entry has no padding.
#[derive(Clone, Copy, Debug)]
struct Entry {
    at: [u32; 2],
    count: u32,
}

impl Entry {
    fn new(at: Moment, count: u32) -> Self {
        Self {
            at: [at.0 as u32, (at.0 >> 32) as u32],
            count,
        }
    }

    fn at(self) -> Moment {
        Moment(u64::from(self.at[0]) | u64::from(self.at[1]) << 32)
    }
}

/// What one key was admitted, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// The sum of all entries.
    used: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SlidingWindow {
    limit: u32,
    period: u64,
}

impl SlidingWindow {
    /// A log with room for more entries than this, and mostly empty, gives memory back.
    const SHRINK_ABOVE: usize = 64;

    pub(super) fn new(limit: u32, period: Duration) -> Self {
        Self {
            limit,
            period: nanos(period),
        }
    }

    /// When an entry leaves the window.
    fn end(&self, entry: Entry) -> Moment {
        Moment(entry.at().0.saturating_add(self.period))
    }

    /// The sum of the entries still in the window at `now`.
    fn used(&self, log: &Log, now: Moment) -> u64 {
        let gone: u64 = log
            .entries
            .iter()
            .take_while(|&&entry| self.end(entry) <= now)
            .map(|entry| u64::from(entry.count))
            .sum();
        log.used - gone
    }

    fn forget(&self, log: &mut Log, now: Moment) {
        while let Some(&entry) = log.entries.front() {
            if self.end(entry) > now {
                break;
            }
            log.used -= u64::from(entry.count);
            log.entries.pop_front();
        }
        let room = log.entries.capacity();
        if room > Self::SHRINK_ABOVE && log.entries.len() < room / 4 {
            log.entries.shrink_to(room / 2);
        }
    }
}

impl Meter for SlidingWindow {
    type State = Log;

    fn capacity(&self) -> u32 {
        self.limit
    }

    fn try_take(&self, log: &mut Log, cost: u32, now: Moment) -> bool {
        self.forget(log, now);
        let passes = log.used + u64::from(cost) <= self.limit.into();
        if passes {
            self.charge(log, cost, now);
        }
        passes
    }

    fn charge(&self, log: &mut Log, cost: u32, now: Moment) {
        self.forget(log, now);
        log.used += u64::from(cost);
        if let Some(last) = log.entries.back_mut()
            && last.at() == now
            && let Some(count) = last.count.checked_add(cost)
        {
            last.count = count;
            return;
        }
        log.entries.push_back(Entry::new(now, cost));
    }

    fn refund(&self, log: &mut Log, amount: u32, taken: Option<Moment>, now: Moment) {
        self.forget(log, now);
        // Where nobody knows what it was, the oldest go first: then what remains counts for longer than
        // the truth and never for less.
        let mut left = amount;
        let mut index = taken.map_or(0, |taken| {
            log.entries.partition_point(|entry| entry.at() < taken)
        });
        while left > 0
            && let Some(entry) = log.entries.get_mut(index)
            && taken.is_none_or(|taken| taken == entry.at())
        {
            let back = left.min(entry.count);
            entry.count -= back;
            log.used -= u64::from(back);
            left -= back;
            index += 1;
        }
        log.entries.retain(|entry| entry.count > 0);
    }

    fn ready(&self, log: &Log, cost: u32, from: Moment) -> Moment {
        let mut used = log.used;
        let mut ready = from;
        let mut entries = log.entries.iter();
        while used + u64::from(cost) > self.limit.into()
            && let Some(&entry) = entries.next()
        {
            used -= u64::from(entry.count);
            ready = ready.max(self.end(entry));
        }
        ready
    }

    fn tokens(&self, log: &Log, now: Moment) -> i64 {
        let used = i64::try_from(self.used(log, now)).unwrap_or(i64::MAX);
        i64::from(self.limit).saturating_sub(used)
    }

    fn rest_at(&self, log: &Log, now: Moment) -> Moment {
        log.entries
            .back()
            .map_or(now, |&entry| self.end(entry).max(now))
    }

    fn at_rest(&self, log: &Log, now: Moment) -> bool {
        log.entries
            .back()
            .is_none_or(|&entry| self.end(entry) <= now)
    }

    /// What was admitted stays admitted. A longer period does not bring back what had left the old one.
    fn adopt(&self, old: &Self, log: &Log, now: Moment) -> Log {
        let mut log = log.clone();
        old.forget(&mut log, now);
        log
    }

    fn with_tokens(&self, tokens: i64, now: Moment) -> Log {
        let mut log = Log::default();
        let mut used = i64::from(self.limit).saturating_sub(tokens).max(0);
        while used > 0 {
            let part = u32::try_from(used).unwrap_or(u32::MAX);
            self.charge(&mut log, part, now);
            used -= i64::from(part);
        }
        log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_leaves_exactly_one_period_later() {
        let meter = SlidingWindow::new(3, Duration::from_nanos(100));
        let mut log = Log::default();
        for at in [0, 40, 40] {
            assert!(meter.try_take(&mut log, 1, Moment(at)));
        }
        assert_eq!(log.entries.len(), 2, "one entry an instant");
        assert!(!meter.try_take(&mut log, 1, Moment(99)));
        assert_eq!(meter.ready(&log, 1, Moment(99)), Moment(100));
        assert_eq!(meter.ready(&log, 2, Moment(99)), Moment(140));
        assert_eq!(meter.rest_at(&log, Moment(99)), Moment(140));
        assert!(meter.try_take(&mut log, 1, Moment(100)));
        assert_eq!(meter.tokens(&log, Moment(139)), 0);
        assert_eq!(meter.tokens(&log, Moment(140)), 2);
    }

    #[test]
    fn a_refund_takes_back_what_was_taken_then() {
        let meter = SlidingWindow::new(10, Duration::from_nanos(100));
        let mut log = Log::default();
        assert!(meter.try_take(&mut log, 5, Moment(0)));
        assert!(meter.try_take(&mut log, 5, Moment(90)));
        meter.refund(&mut log, 3, Some(Moment(90)), Moment(95));
        assert_eq!(meter.tokens(&log, Moment(95)), 3);
        assert_eq!(meter.tokens(&log, Moment(100)), 8);
        meter.refund(&mut log, 5, Some(Moment(0)), Moment(100));
        assert_eq!(meter.tokens(&log, Moment(100)), 8, "it had left already");
    }

    #[test]
    fn a_refund_of_unknown_time_never_admits_more_than_the_truth() {
        let meter = SlidingWindow::new(10, Duration::from_nanos(100));
        let mut log = Log::default();
        assert!(meter.try_take(&mut log, 5, Moment(0)));
        assert!(meter.try_take(&mut log, 5, Moment(90)));
        meter.refund(&mut log, 5, None, Moment(90));
        assert_eq!(
            meter.tokens(&log, Moment(100)),
            5,
            "5 of them at 90 may be real"
        );
    }

    #[test]
    fn those_ahead_are_admitted_first() {
        let meter = SlidingWindow::new(2, Duration::from_nanos(100));
        let mut log = Log::default();
        assert!(meter.try_take(&mut log, 1, Moment(0)));
        assert!(meter.try_take(&mut log, 1, Moment(30)));
        let at = |ahead: &[u32], cost| {
            meter.ready_behind(&log, ahead.iter().copied(), 0, cost, Moment(50))
        };
        assert_eq!(at(&[], 1), Moment(100));
        assert_eq!(at(&[1], 1), Moment(130));
        assert_eq!(at(&[1, 1], 1), Moment(200));
        assert_eq!(at(&[1, 2], 1), Moment(300));
    }

    #[test]
    fn extremes() {
        let meter = SlidingWindow::new(u32::MAX, Duration::MAX);
        let mut log = Log::default();
        assert!(meter.try_take(&mut log, u32::MAX, Moment(1)));
        meter.charge(&mut log, u32::MAX, Moment(1));
        assert_eq!(meter.tokens(&log, Moment(1)), -i64::from(u32::MAX));
        assert_eq!(meter.ready(&log, 1, Moment(1)), Moment::FAR_FUTURE);
        meter.refund(&mut log, u32::MAX, None, Moment(1));
        assert_eq!(meter.tokens(&log, Moment(1)), 0);
    }

    #[test]
    fn an_entry_takes_twelve_bytes_and_memory_comes_back() {
        assert_eq!(size_of::<Entry>(), 12);
        let meter = SlidingWindow::new(100_000, Duration::from_nanos(1_000_000));
        let mut log = Log::default();
        for at in 0..100_000 {
            assert!(meter.try_take(&mut log, 1, Moment(at)));
        }
        for round in 1..=20 {
            meter.forget(&mut log, Moment(2_000_000 + round));
        }
        assert!(log.entries.capacity() <= 2 * SlidingWindow::SHRINK_ABOVE);
    }
}
