//! Tokens in batches, for services that are called so often that threads fight over the one word of the
//! [fast lane](super::fast_lane).
//!
//! Each of a few shares of the threads has a stock of tokens, a word in cache lines of its own. A call takes from the stock of
//! its thread; only who finds nothing there goes to the bucket, and takes a whole batch. So in any span `t` at most
//! `burst + rate × t` tokens and what was in stock before pass, which is `SHARDS × batch`.
//!
//! What is in stock belongs to the bucket still: whoever holds the lock and has to do with callers without a key closes the
//! stocks first, and what was in them is in the bucket again. Each stock is emptied by one exchange, as it
//! is taken from by one, so that a token comes home or is taken, never both. A stock is for the time in which the
//! bucket would have refilled it, then its tokens are exchanged for those that there are now.

use super::fast_lane::FastLane;
use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// The model checker follows every step of each.
#[cfg(resilience_loom)]
pub(super) const SHARDS: usize = 1;
#[cfg(not(resilience_loom))]
pub(super) const SHARDS: usize = crate::shard::SHARDS;

/// No stock: the lock is to be asked.
const CLOSED: u64 = u64::MAX;
/// The low bits of a stock are its tokens.
const COUNT_BITS: u32 = 16;
const COUNT: u64 = (1 << COUNT_BITS) - 1;
/// With this bit nothing was put in since the stocks were opened, and the bits between say for which time. So an exchange that was
/// begun before they were closed fails. Without it they say until when the tokens are good.
const FRESH: u64 = 1 << 63;
/// Times in a stock are in units of 2⁹ ns: with 47 bits, the two years that a process may run.
const TICK_BITS: u32 = 9;
const LATEST: u64 = (1 << (63 - COUNT_BITS)) - 1;
/// Under a rate at which a batch is refilled sooner than this, it would be too old at once.
const SHORTEST: u64 = 8 << TICK_BITS;

/// A word that no other thread's word is near to: processors fetch cache lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Stock(AtomicU64);

#[derive(Debug)]
pub(super) struct Batches {
    stocks: [Stock; SHARDS],
    /// What is not in stock.
    bucket: FastLane,
    /// How many tokens are taken at once.
    batch: AtomicU64,
    /// For how long, in nanoseconds.
    good_for: AtomicU64,
    /// How often the stocks were opened.
    openings: AtomicU64,
}

/// What came of an attempt to take past the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    /// `false` says nothing: ask behind the lock.
    pub(super) taken: bool,
    /// So many tokens are in nobody's stock and are to be given back behind the lock.
    pub(super) left: u32,
}

impl Drawn {
    fn new(taken: bool, left: u32) -> Self {
        Self { taken, left }
    }
}

/// How many tokens are taken at once where `wanted` are allowed, at most a 64th of the burst; `None`: it is not worth it.
pub(super) fn batch(bucket: TokenBucket, wanted: u32) -> Option<(u32, u64)> {
    let batch = wanted.min(bucket.burst() / 64).min(COUNT as u32);
    let refill = u128::from(batch) * u128::from(bucket.period()) / u128::from(bucket.limit());
    let refill = u64::try_from(refill).unwrap_or(u64::MAX);
    (batch >= 2 && refill >= SHORTEST).then_some((batch, refill))
}

impl Batches {
    pub(super) fn new() -> Self {
        Self {
            stocks: std::array::from_fn(|_| Stock(AtomicU64::new(CLOSED))),
            bucket: FastLane::new(),
            batch: AtomicU64::new(0),
            good_for: AtomicU64::new(0),
            openings: AtomicU64::new(0),
        }
    }

    /// Takes `cost`, of a thread with that share.
    #[inline]
    pub(super) fn try_take(&self, shard: usize, cost: u32, now: Moment) -> Drawn {
        let stock = &self.stocks[shard % SHARDS].0;
        let mut seen = stock.load(Acquire);
        loop {
            if seen & COUNT >= u64::from(cost) && is_good(seen, now) {
                let rest = seen - u64::from(cost);
                match stock.compare_exchange_weak(seen, rest, AcqRel, Acquire) {
                    Ok(_) => return Drawn::new(true, 0),
                    Err(other) => seen = other,
                }
            } else if seen == CLOSED || cost == 0 {
                return Drawn::new(false, 0);
            } else {
                match self.draw(stock, seen, cost, now) {
                    Ok(drawn) => return drawn,
                    Err(other) => seen = other,
                }
            }
        }
    }

    /// Takes a batch, in exchange for what was seen in the stock. What is there now, if that is something else.
    #[cold]
    fn draw(&self, stock: &AtomicU64, seen: u64, cost: u32, now: Moment) -> Result<Drawn, u64> {
        // First into the hand: whoever closes the stocks must not bring the same tokens home.
        let hand = (seen & COUNT) as u32;
        let empty = seen - u64::from(hand);
        stock.compare_exchange(seen, empty, AcqRel, Acquire)?;
        let batch = self.batch.load(Relaxed) as u32;
        let good_for = self.good_for.load(Relaxed);
        let Some(drawn) = self.bucket.exchange(hand, cost, cost.max(batch), now) else {
            return Ok(Drawn::new(false, hand));
        };
        let rest = drawn - cost;
        let until = (now.0.saturating_add(good_for) >> TICK_BITS).min(LATEST);
        let full = until << COUNT_BITS | u64::from(rest);
        let put = rest == 0 || (stock.compare_exchange(empty, full, AcqRel, Acquire)).is_ok();
        Ok(Drawn::new(true, if put { 0 } else { rest }))
    }

    /// The latest time that somebody went to the bucket.
    pub(super) fn latest(&self) -> Moment {
        self.bucket.latest()
    }

    /// Takes the number behind the lock, if it is here, and how many tokens were in stock. Called with the lock held.
    pub(super) fn close(&self) -> Option<(FullAt, u32)> {
        let full_at = self.bucket.close()?;
        let tokens = (self.stocks.iter())
            .map(|stock| match stock.0.swap(CLOSED, AcqRel) {
                CLOSED => 0,
                open => (open & COUNT) as u32,
            })
            .sum();
        Some((full_at, tokens))
    }

    /// Gives the number back, for batches of that many that are good for so long. Called with the lock held, while closed.
    pub(super) fn open(&self, bucket: TokenBucket, (batch, good_for): (u32, u64), full_at: FullAt) {
        if !self.bucket.open(bucket, full_at) {
            return;
        }
        self.batch.store(batch.into(), Relaxed);
        self.good_for.store(good_for, Relaxed);
        let opening = self.openings.load(Relaxed) + 1;
        self.openings.store(opening, Relaxed);
        for stock in &self.stocks {
            stock.0.store(FRESH | opening << COUNT_BITS, Release);
        }
    }

    /// How many tokens are in stock.
    #[cfg(all(test, not(resilience_loom)))]
    pub(super) fn in_stock(&self) -> Vec<u32> {
        let words = self.stocks.iter().map(|stock| stock.0.load(Acquire));
        words
            .map(|word| {
                if word == CLOSED {
                    0
                } else {
                    (word & COUNT) as u32
                }
            })
            .collect()
    }
}

/// Whether these are tokens that may be used now.
#[inline]
fn is_good(stock: u64, now: Moment) -> bool {
    // Neither closed nor fresh, which both have the highest bit.
    stock & FRESH == 0 && now.0 >> TICK_BITS < stock >> COUNT_BITS
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A token each millisecond, 640 at once, 10 in each batch.
    fn open(batches: &Batches) {
        let bucket = TokenBucket::new(1_000, Duration::from_secs(1), 640);
        let each = batch(bucket, 10).expect("worth it");
        batches.open(bucket, each, FullAt::default());
    }

    #[test]
    fn a_stock_is_good_until_the_bucket_would_have_refilled_it_and_no_longer() {
        let batches = Batches::new();
        open(&batches);
        let taken = Drawn::new(true, 0);
        assert_eq!(batches.try_take(0, 1, Moment(0)), taken);
        // Ten tokens in ten milliseconds, cut to a tick.
        let end = 10_000_000 >> TICK_BITS << TICK_BITS;
        assert_eq!(batches.try_take(0, 1, Moment(end - 1)), taken);
        assert_eq!(batches.latest(), Moment(0), "from the stock");
        assert_eq!(batches.try_take(0, 1, Moment(end)), taken);
        assert_eq!(batches.latest(), Moment(end), "from the bucket");
    }

    #[test]
    fn a_time_beyond_what_a_stock_holds_does_not_look_fresh() {
        let batches = Batches::new();
        open(&batches);
        let late = Moment(1 << 60);
        for _ in 0..3 {
            assert_eq!(batches.try_take(0, 1, late), Drawn::new(true, 0));
            assert!(batches.stocks[0].0.load(Acquire) < FRESH);
        }
    }

    /// So that an exchange which was begun before they were closed cannot succeed.
    #[test]
    fn stocks_are_other_words_each_time_they_are_opened() {
        let batches = Batches::new();
        let words: std::collections::HashSet<_> = (0..100)
            .map(|_| {
                open(&batches);
                let word = batches.stocks[0].0.load(Acquire);
                assert!(word >= FRESH && word != CLOSED && word & COUNT == 0);
                assert!(batches.close().is_some());
                word
            })
            .collect();
        assert_eq!(words.len(), 100);
    }
}
