//! The admissions of one key, to the nanosecond, in 4 to 6 bytes for each request.
//!
//! All admissions at one instant are an entry. The latest entry is a plain field; for each earlier one a ring of
//! 16-bit words holds its count and the time from it to the next entry:
//!
//! | first two bits | count | time to the next | words |
//! |---|---|---|---|
//! | 00 | 1 | below 2³⁰ ns (1 s) | 2 |
//! | 01 | 1 | below 2⁴⁶ ns (19 h) | 3 |
//! | 10 | below 2¹⁶ | below 2⁴⁶ ns | 4 |
//! | 11 | any | any | 7 |
//!
//! The ring has a quarter of spare room, or a third for a while. So a request takes at most 8 bytes, spare room
//! included, in a log that reaches back up to 19 hours; in a longer one each pause of more than 19 hours takes 19
//! bytes.

use crate::clock::Moment;

/// The admissions at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) struct Entry {
    pub(in crate::rate_limit) at: Moment,
    pub(in crate::rate_limit) count: u32,
}

#[derive(Clone, Debug, Default)]
pub(in crate::rate_limit) struct Log {
    /// When the first entry of the ring was admitted.
    first_at: Moment,
    last_at: Moment,
    /// The sum of all entries.
    used: u64,
    /// Zero if there is no entry at all.
    last_count: u32,
    earlier: Ring,
}

const SHORT: u64 = 1 << 30;
const LONG: u64 = 1 << 46;
/// The position of the kind of an entry in its first word.
const KIND: u32 = 14;

impl Log {
    pub(in crate::rate_limit) fn used(&self) -> u64 {
        self.used
    }

    /// Returns when the latest entry was admitted.
    pub(super) fn last_at(&self) -> Option<Moment> {
        (self.last_count > 0).then_some(self.last_at)
    }

    /// Returns the entries, oldest first.
    pub(in crate::rate_limit) fn entries(&self) -> impl Iterator<Item = Entry> {
        let (mut at, mut index) = (self.first_at, 0);
        let earlier = std::iter::from_fn(move || {
            let (gap, count, words) = self.earlier.read(index)?;
            let entry = Entry { at, count };
            at = Moment(at.0 + gap);
            index += words;
            Some(entry)
        });
        earlier.chain(self.last())
    }

    fn last(&self) -> Option<Entry> {
        self.last_at().map(|at| Entry {
            at,
            count: self.last_count,
        })
    }

    /// Adds an admission. Precondition: `now` is not before the latest entry.
    pub(in crate::rate_limit) fn add(&mut self, count: u32, now: Moment) {
        self.used += u64::from(count);
        if self.last_count == 0 {
            (self.last_at, self.last_count) = (now, count);
            return;
        }
        let joined = self.last_count.checked_add(count);
        // With 8 GiB full, the latest entry counts as if it came now: longer than it should, never shorter.
        if let Some(count) = joined
            && (self.last_at == now || self.earlier.is_at_capacity())
        {
            (self.last_at, self.last_count) = (now, count);
            return;
        }
        if self.earlier.len == 0 {
            self.first_at = self.last_at;
        }
        let gap = now.0.saturating_sub(self.last_at.0);
        self.earlier.push(gap, self.last_count);
        (self.last_at, self.last_count) = (now, count);
    }

    /// Drops the oldest entries, as long as they are `old`.
    pub(super) fn drop_expired(&mut self, old: impl Fn(Moment) -> bool) {
        if self.last_count == 0 {
            return;
        }
        while old(self.first_at)
            && let Some((gap, count, words)) = self.earlier.read(0)
        {
            self.used -= u64::from(count);
            self.first_at = Moment(self.first_at.0 + gap);
            self.earlier.drop_first(words);
        }
        if self.earlier.len == 0 && old(self.last_at) {
            (self.used, self.last_count) = (0, 0);
        }
        self.earlier.shrink();
    }

    /// Subtracts from each entry, oldest first, what `amount_of` returns for it.
    pub(super) fn subtract(&mut self, mut amount_of: impl FnMut(Entry) -> u32) {
        let mut rest = Self::default();
        for entry in self.entries() {
            let count = entry.count - amount_of(entry);
            if count > 0 {
                rest.add(count, entry.at);
            }
        }
        *self = rest;
    }

    #[cfg(test)]
    pub(in crate::rate_limit) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.earlier.words)
    }
}

/// All entries but the latest.
#[derive(Clone, Debug, Default)]
struct Ring {
    words: Box<[u16]>,
    begin: u32,
    len: u32,
}

impl Ring {
    /// A ring of no more words than this never shrinks.
    const SMALL: usize = 64;

    fn is_at_capacity(&self) -> bool {
        self.len >= u32::MAX / 2
    }

    fn word(&self, index: usize) -> u16 {
        let index = self.begin as usize + index;
        let size = self.words.len();
        self.words[if index < size { index } else { index - size }]
    }

    /// Returns the time to the next entry, the count and the number of words; `None` at the end.
    fn read(&self, index: usize) -> Option<(u64, u32, usize)> {
        if index >= self.len as usize {
            return None;
        }
        let first = self.word(index);
        let number = |from: usize, words: usize| {
            (index + from..index + from + words)
                .fold(0, |sum, index| sum << 16 | u64::from(self.word(index)))
        };
        let high = u64::from(first & ((1 << KIND) - 1));
        Some(match first >> KIND {
            0 => (high << 16 | number(1, 1), 1, 2),
            1 => (high << 32 | number(1, 2), 1, 3),
            2 => (high << 32 | number(1, 2), number(3, 1) as u32, 4),
            _ => (number(1, 4), number(5, 2) as u32, 7),
        })
    }

    fn push(&mut self, gap: u64, count: u32) {
        let [g3, g2, g1, g0] = [48, 32, 16, 0].map(|shift| (gap >> shift) as u16);
        let [c1, c0] = [16, 0].map(|shift| (count >> shift) as u16);
        match (gap, count) {
            (..SHORT, 1) => self.push_words([g1, g0]),
            (..LONG, 1) => self.push_words([1 << KIND | g2, g1, g0]),
            (..LONG, ..=0xFFFF) => self.push_words([2 << KIND | g2, g1, g0, c0]),
            _ => self.push_words([3 << KIND, g3, g2, g1, g0, c1, c0]),
        }
    }

    fn push_words<const N: usize>(&mut self, words: [u16; N]) {
        let len = self.len as usize;
        if len + N > self.words.len() {
            self.resize(len + N + len / 4);
        }
        for word in words {
            let size = self.words.len();
            let index = self.begin as usize + self.len as usize;
            self.words[if index < size { index } else { index - size }] = word;
            self.len += 1;
        }
    }

    fn drop_first(&mut self, words: usize) {
        let begin = self.begin as usize + words;
        let size = self.words.len();
        self.begin = (if begin < size { begin } else { begin - size }) as u32;
        self.len -= words as u32;
    }

    /// Shrinks the ring if more than a quarter of it is spare.
    fn shrink(&mut self) {
        let (len, size) = (self.len as usize, self.words.len());
        if size > Self::SMALL && len < size / 4 * 3 {
            self.resize(len + len / 4);
        }
    }

    fn resize(&mut self, size: usize) {
        let (tail, head) = self.words.split_at(self.begin as usize);
        let mut words = Vec::with_capacity(size);
        words.extend(head.iter().chain(tail).take(self.len as usize));
        words.resize(size, 0);
        self.words = words.into();
        self.begin = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn request_takes_at_most_8_bytes_with_spare_room() {
        const LIMIT: usize = 10_000;
        let header = size_of::<Log>();
        assert_eq!(header, 56);
        // Often and seldom, one at a time and several; in how many words an entry is.
        for (gap, count, words) in [
            (1, 1, 2),
            (SHORT - 1, 1, 2),
            (SHORT, 1, 3),
            (LONG - 1, 1, 3),
            (LONG - 1, 2, 4),
            (1, 0xFFFF, 4),
        ] {
            let mut log = Log::default();
            let mut now = Moment(1);
            for entry in 1..=3 * LIMIT {
                log.add(count, now);
                let oldest = now.0.saturating_sub(gap * LIMIT as u64);
                log.drop_expired(|at| at.0 < oldest);
                let requests = entry.min(LIMIT) * count as usize;
                let bytes = log.bytes() - header;
                assert!(bytes <= 8 * requests, "{gap} {count} {entry}: {bytes}");
                now.0 += gap;
            }
            assert_eq!(
                log.earlier.len as usize,
                words * (log.entries().count() - 1)
            );
        }
    }

    #[test]
    fn drop_expired_shrinks_the_ring() {
        let mut log = Log::default();
        for at in 0..100_000 {
            log.add(1, Moment(at));
        }
        log.drop_expired(|at| at.0 < 50_000);
        assert!(log.bytes() <= 5 * 50_000 + 56, "{}", log.bytes());
        log.drop_expired(|at| at.0 < 99_000);
        assert!(log.bytes() <= 8 * 1_000 + 56, "{}", log.bytes());
        log.drop_expired(|_| true);
        assert_eq!((log.used(), log.last_at(), log.bytes()), (0, None, 56));
    }

    fn gap() -> impl Strategy<Value = u64> {
        prop_oneof![
            Just(0),
            0..40_u64,
            SHORT - 2..SHORT + 2,
            LONG - 2..LONG + 2,
            Just(1 << 58),
        ]
    }

    fn count() -> impl Strategy<Value = u32> {
        prop_oneof![
            8 => Just(1_u32),
            1 => 1..9_u32,
            1 => 0xFFFE..0x1_0001_u32,
            1 => Just(u32::MAX)
        ]
    }

    /// More than 2³² at one instant may be one entry or several.
    fn by_instant(entries: impl Iterator<Item = Entry>) -> BTreeMap<u64, u64> {
        let mut sums = BTreeMap::new();
        for entry in entries {
            *sums.entry(entry.at.0).or_default() += u64::from(entry.count);
        }
        sums
    }

    proptest! {
        #[test]
        fn log_equals_a_list(
            steps in prop::collection::vec((gap(), count(), 0..9_u8, any::<prop::sample::Index>()), 1..60),
        ) {
            let mut log = Log::default();
            let mut list: Vec<Entry> = Vec::new();
            let mut now = Moment(1);
            for (gap, count, what, which) in steps {
                now.0 += gap;
                match what {
                    0 if !list.is_empty() => {
                        let until = list[which.index(list.len())].at;
                        log.drop_expired(|at| at < until);
                        list.retain(|entry| entry.at >= until);
                    }
                    1 if !list.is_empty() => {
                        let at = list[which.index(list.len())].at;
                        // So many in all, however many entries the instant has.
                        let off = |mut rest: u32| move |entry: Entry| {
                            let off = if entry.at == at { entry.count.min(rest) } else { 0 };
                            rest -= off;
                            off
                        };
                        log.subtract(off(count));
                        let mut off = off(count);
                        for entry in &mut list {
                            entry.count -= off(*entry);
                        }
                        list.retain(|entry| entry.count > 0);
                    }
                    _ => {
                        log.add(count, now);
                        match list.last_mut() {
                            Some(last) if last.at == now && last.count.checked_add(count).is_some() => {
                                last.count += count;
                            }
                            _ => list.push(Entry { at: now, count }),
                        }
                    }
                }
                prop_assert_eq!(by_instant(log.entries()), by_instant(list.iter().copied()));
                prop_assert_eq!(log.used(), list.iter().map(|entry| u64::from(entry.count)).sum::<u64>());
                prop_assert_eq!(log.last_at(), list.last().map(|entry| entry.at));
            }
        }
    }
}
