//! Takes tokens without the lock, for callers without a key under a token bucket: one word and a
//! compare-and-swap.
//!
//! The word holds the same number as [`token_bucket`](crate::rate_limit::algorithms::token_bucket), the time at
//! which the bucket will be full. While the fast path is closed, that number is in the state behind the lock.
//! Invariant: the number has one owner at any time. So the holder of the lock closes the fast path before it
//! works on callers without a key, and opens it again unless they are cooling down or wait.

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

/// The word while the fast path is closed: the number is behind the lock.
const CLOSED: u64 = u64::MAX;
/// The low bits of the word are the index of its rate. A rate never changes and its index is never reused, so
/// that a word which has not changed still means the same (no ABA problem).
const RATE_BITS: u32 = 3;
const RATES: usize = 1 << RATE_BITS;
/// The greatest number that the rest of the word holds.
const LIMIT: u64 = (1 << (u64::BITS - RATE_BITS)) - 1;

/// Returns the index of the rate of an open word.
#[inline]
fn index(word: u64) -> u64 {
    word & (RATES as u64 - 1)
}

/// Whether a word is open and has the rate at `index_of_rate`.
#[inline]
fn is_counted_by(word: u64, index_of_rate: u64) -> bool {
    word != CLOSED && index(word) == index_of_rate
}

/// The state of callers without a key, while no lock is needed for it.
#[derive(Debug)]
pub(in crate::rate_limit) struct FastPath {
    word: AtomicU64,
    /// The latest time seen: a clock that goes backwards stands still.
    // Relaxed everywhere: a hint that guards no other data. A thread that reads an older value uses its own
    // clock, as if it had come a moment earlier.
    latest: AtomicU64,
    rates: [OnceLock<Rate>; RATES],
}

impl FastPath {
    pub(in crate::rate_limit) fn new() -> Self {
        Self {
            word: AtomicU64::new(CLOSED),
            latest: AtomicU64::new(0),
            rates: [const { OnceLock::new() }; RATES],
        }
    }

    /// Returns the rate of an open word and its index; `None` for a closed one.
    #[inline]
    fn counted_by(&self, word: u64) -> Option<(u64, &Rate)> {
        if word == CLOSED {
            return None;
        }
        let index = index(word);
        self.rates[index as usize].get().map(|rate| (index, rate))
    }

    /// Takes `cost` if it is there. `false` decides nothing: the state behind the lock does.
    #[inline(always)]
    pub(in crate::rate_limit) fn try_take(&self, cost: u32, now: Moment) -> bool {
        // Acquire pairs with the Release store in `open`: the rate of the word is set.
        let mut word = self.word.load(Acquire);
        let Some((index, rate)) = self.counted_by(word) else {
            return false;
        };
        // A thread that read its clock a little earlier than another one need not take the lock for that.
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
            // Acquire, also on failure, pairs with the store in `open`, as above. Release pairs with the swap
            // in `close`: what was taken here came before what the holder of the lock does with the number.
            match self.word.compare_exchange_weak(word, next, AcqRel, Acquire) {
                Ok(_) => break,
                // Closed, or another rate since: the state behind the lock decides.
                Err(other) if !is_counted_by(other, index) => return false,
                Err(other) => word = other,
            }
        }
        // A store and not `fetch_max`: concurrent calls have no order.
        if now.0 > latest {
            self.latest.store(now.0, Relaxed);
        }
        true
    }

    /// Returns how long `cost` has to wait, where it has to and not for ever. `None` decides nothing: the state
    /// behind the lock does.
    pub(in crate::rate_limit) fn wait(&self, cost: u32, now: Moment) -> Option<Duration> {
        let now = now.max(self.latest());
        // Acquire pairs with the Release store in `open`.
        let word = self.word.load(Acquire);
        let (_, rate) = self.counted_by(word)?;
        let at = now.0.checked_mul(rate.scale)?;
        let cost = rate.worth.checked_mul(cost.into())?;
        let full_at = (word >> RATE_BITS).max(at).checked_add(cost)?;
        let ready = full_at.checked_sub(rate.burst)?;
        let waits = cost <= rate.burst && full_at < LIMIT && ready > at;
        waits.then(|| Duration::from_nanos(ready.div_ceil(rate.scale) - now.0))
    }

    /// Returns the latest time at which a call passed here.
    pub(in crate::rate_limit) fn latest(&self) -> Moment {
        Moment(self.latest.load(Relaxed))
    }

    /// Closes the fast path and returns the number, if it was open. Called with the lock held.
    pub(in crate::rate_limit) fn close(&self) -> Option<FullAt> {
        // Acquire pairs with the Release of each compare-and-swap in `try_take`. Release keeps what the holder
        // of the lock did before in order with the next `open`, which the lock alone would do as well.
        let word = self.word.swap(CLOSED, AcqRel);
        let (_, rate) = self.counted_by(word)?;
        let full_at = u128::from(word >> RATE_BITS) * u128::from(rate.factor);
        Some(FullAt::new(full_at))
    }

    /// Opens the fast path with that number, if it can be counted here. Returns whether it is open. Called with
    /// the lock held, while closed.
    pub(in crate::rate_limit) fn open(&self, bucket: TokenBucket, full_at: FullAt) -> bool {
        let Some((index, rate)) = self.rate(bucket) else {
            return false;
        };
        // Rounded up, so that no tokens appear.
        let full_at = full_at.get().div_ceil(u128::from(rate.factor));
        if let Ok(full_at) = u64::try_from(full_at)
            && full_at <= LIMIT / 2
        {
            // Release pairs with the Acquire loads in `try_take` and `wait`: they see the rate.
            self.word
                .store(full_at << RATE_BITS | index as u64, Release);
            return true;
        }
        false
    }

    /// Finds or adds the rate of a bucket; `None` where it does not fit or no index is left.
    fn rate(&self, bucket: TokenBucket) -> Option<(usize, &Rate)> {
        for (index, slot) in self.rates.iter().enumerate() {
            match slot.get() {
                Some(rate) if rate.bucket == bucket => return Some((index, rate)),
                Some(_) => {}
                None => {
                    let rate = Rate::of(bucket, LIMIT / 2)?;
                    return Some((index, slot.get_or_init(|| rate)));
                }
            }
        }
        None
    }
}
