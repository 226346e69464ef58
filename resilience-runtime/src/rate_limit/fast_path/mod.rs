//! The way past the lock for callers without a key under a token bucket: one word, taken from by
//! compare-and-swap.
//!
//! The word is the same number as in [`token_bucket`](crate::rate_limit::algorithms::token_bucket), the time at which the bucket
//! will be full. While the lane is closed, that number is in the state behind the lock. Whoever holds the lock and has
//! to do with callers without a key closes the lane first, so that there is one owner of the number at any time, and opens it
//! again unless somebody is cooling down or waits.

mod rate;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

use std::sync::OnceLock;
use std::time::Duration;

use self::rate::Rate;
use crate::clock::Moment;
use crate::rate_limit::algorithms::token_bucket::{FullAt, TokenBucket};
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// The number is behind the lock.
const CLOSED: u64 = u64::MAX;
/// The low bits of the word say which of the rates it is counted by. A rate never changes and its place is never used
/// again, so that a word which has not changed still means what it meant.
const RATE_BITS: u32 = 3;
const RATES: usize = 1 << RATE_BITS;
/// What the rest of the word holds.
const LIMIT: u64 = (1 << (u64::BITS - RATE_BITS)) - 1;

/// The place of the rate that an open word is counted by.
#[inline]
fn index(word: u64) -> u64 {
    word & (RATES as u64 - 1)
}

/// Whether a word is open, and counted by the rate at that place.
#[inline]
fn is_counted_by(word: u64, place: u64) -> bool {
    word != CLOSED && index(word) == place
}

#[derive(Debug)]
pub(in crate::rate_limit) struct FastLane {
    word: AtomicU64,
    /// The latest time seen: a clock that goes backwards stands still.
    latest: AtomicU64,
    rates: [OnceLock<Rate>; RATES],
}

impl FastLane {
    pub(in crate::rate_limit) fn new() -> Self {
        Self {
            word: AtomicU64::new(CLOSED),
            latest: AtomicU64::new(0),
            rates: [const { OnceLock::new() }; RATES],
        }
    }

    /// What an open word is counted by, and where that is; `None` while it is closed.
    #[inline]
    fn counted_by(&self, word: u64) -> Option<(u64, &Rate)> {
        if word == CLOSED {
            return None;
        }
        let index = index(word);
        self.rates[index as usize].get().map(|rate| (index, rate))
    }

    /// Takes `cost` if it is there. `false` says nothing: the state behind the lock is to be asked.
    #[inline(always)]
    pub(in crate::rate_limit) fn try_take(&self, cost: u32, now: Moment) -> bool {
        let mut word = self.word.load(Acquire);
        let Some((index, rate)) = self.counted_by(word) else {
            return false;
        };
        // A thread whose clock was read a little earlier than another's is not sent to the lock for it.
        let latest = self.latest.load(Relaxed);
        let now = Moment(now.0.max(latest));
        let Some(at) = now.0.checked_mul(rate.scale) else {
            return false;
        };
        let Some(cost) = rate.worth.checked_mul(cost.into()) else {
            return false;
        };
        loop {
            let full_at = (word >> RATE_BITS).max(at).saturating_add(cost);
            if full_at >= LIMIT || full_at > at.saturating_add(rate.burst) {
                return false;
            }
            let next = full_at << RATE_BITS | index;
            match self.word.compare_exchange_weak(word, next, AcqRel, Acquire) {
                Ok(_) => break,
                // Closed, or counted by another rate: not the fast lane's business any more.
                Err(other) if !is_counted_by(other, index) => return false,
                Err(other) => word = other,
            }
        }
        // Not a maximum: what threads do at the same time has no order.
        if now.0 > latest {
            self.latest.store(now.0, Relaxed);
        }
        true
    }

    /// How long `cost` has to wait, where it has to and will not for ever. `None` says nothing: the state behind the lock
    /// is to be asked.
    pub(in crate::rate_limit) fn wait(&self, cost: u32, now: Moment) -> Option<Duration> {
        let now = now.max(self.latest());
        let word = self.word.load(Acquire);
        let (_, rate) = self.counted_by(word)?;
        let at = now.0.checked_mul(rate.scale)?;
        let cost = rate.worth.checked_mul(cost.into())?;
        let full_at = (word >> RATE_BITS).max(at).checked_add(cost)?;
        let ready = full_at.checked_sub(rate.burst)?;
        let waits = cost <= rate.burst && full_at < LIMIT && ready > at;
        waits.then(|| Duration::from_nanos(ready.div_ceil(rate.scale) - now.0))
    }

    /// The latest time that it let somebody pass.
    pub(in crate::rate_limit) fn latest(&self) -> Moment {
        Moment(self.latest.load(Relaxed))
    }

    /// Takes the number behind the lock, if it is here. Called with the lock held.
    pub(in crate::rate_limit) fn close(&self) -> Option<FullAt> {
        let word = self.word.swap(CLOSED, AcqRel);
        let (_, rate) = self.counted_by(word)?;
        let full_at = u128::from(word >> RATE_BITS) * u128::from(rate.factor);
        Some(FullAt::new(full_at))
    }

    /// Gives the number back to the fast lane, if it can be counted there. Called with the lock held, while closed.
    /// Whether it is open now.
    pub(in crate::rate_limit) fn open(&self, bucket: TokenBucket, full_at: FullAt) -> bool {
        let Some((index, rate)) = self.rate(bucket) else {
            return false;
        };
        // Up: rounding must not make tokens.
        let full_at = full_at.get().div_ceil(u128::from(rate.factor));
        if let Ok(full_at) = u64::try_from(full_at)
            && full_at <= LIMIT / 2
        {
            self.word
                .store(full_at << RATE_BITS | index as u64, Release);
            return true;
        }
        false
    }

    /// The place of a rate, taken if need be; `None` where it does not fit, or none is left.
    fn rate(&self, bucket: TokenBucket) -> Option<(usize, &Rate)> {
        for (index, place) in self.rates.iter().enumerate() {
            match place.get() {
                Some(rate) if rate.bucket == bucket => return Some((index, rate)),
                Some(_) => {}
                None => {
                    let rate = Rate::of(bucket, LIMIT / 2)?;
                    return Some((index, place.get_or_init(|| rate)));
                }
            }
        }
        None
    }
}
