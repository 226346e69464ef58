//! What is counted of one limit, by any strategy.

use super::Term;
use super::bucket::Bucket;
use super::fixed::{Fixed, window_end};
use super::sliding::Sliding;
use crate::config::RateLimitStrategy;

/// The most that is counted beyond a window's limit, so that sums stay exact.
const MAX_WINDOW_DEBT: u64 = 1 << 40;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meter {
    Bucket(Bucket),
    Sliding(Sliding),
    Fixed(Fixed),
}

impl Meter {
    pub(super) fn new(term: &Term, now: u64) -> Self {
        Self::with_taken(term, 0, 0, now)
    }

    /// As empty as it could be, if all was lost at `then`.
    pub(super) fn lost(term: &Term, then: u64, life: u64, ahead: u64) -> Self {
        match term.strategy {
            RateLimitStrategy::TokenBucket => Self::Bucket(Bucket::lost(term, then, life, ahead)),
            RateLimitStrategy::SlidingWindow => {
                Self::Sliding(Sliding::lost(term, then, life, ahead))
            }
            RateLimitStrategy::FixedWindow => Self::Fixed(Fixed::lost(term, then)),
        }
    }

    fn with_taken(term: &Term, tokens: u64, life: u64, now: u64) -> Self {
        match term.strategy {
            RateLimitStrategy::TokenBucket => {
                Self::Bucket(Bucket::with_taken(term, tokens, life, now))
            }
            RateLimitStrategy::SlidingWindow => {
                Self::Sliding(Sliding::with_taken(term, tokens, life, now))
            }
            RateLimitStrategy::FixedWindow => Self::Fixed(Fixed::with_taken(term, tokens, now)),
        }
    }

    /// Goes on with these numbers: what was used stays used.
    pub(super) fn adopt(&mut self, term: &Term, life: u64, promised: u64, now: u64) {
        match (&mut *self, term.strategy) {
            (Self::Bucket(bucket), RateLimitStrategy::TokenBucket) => {
                bucket.adopt(term, promised, now)
            }
            (Self::Sliding(window), RateLimitStrategy::SlidingWindow) => window.adopt(term, now),
            (Self::Fixed(window), RateLimitStrategy::FixedWindow) => window.adopt(term, now),
            (other, _) => *self = Self::with_taken(term, other.taken(now), life, now),
        }
    }

    pub(super) fn ready_at(&self, term: &Term, life: u64, tokens: u64, now: u64) -> Option<u64> {
        match self {
            // Nothing is asked of it.
            _ if tokens == 0 => Some(now),
            Self::Bucket(bucket) => bucket.ready_at(term, life, tokens, now),
            Self::Sliding(window) => window.ready_at(term, tokens, now),
            Self::Fixed(window) => window.ready_at(term, tokens, now),
        }
    }

    pub(super) fn fits_by(&self, term: &Term, life: u64, deadline: u64, now: u64) -> u64 {
        match self {
            Self::Bucket(bucket) => bucket.fits_by(term, life, deadline, now),
            Self::Sliding(window) => window.fits_by(term, deadline),
            Self::Fixed(window) => window.fits(term),
        }
    }

    pub(super) fn charge(&mut self, life: u64, tokens: u64, start: u64, now: u64) {
        match self {
            _ if tokens == 0 => {}
            Self::Bucket(bucket) => bucket.charge(life, tokens, start, now),
            Self::Sliding(window) => window.charge(life, tokens, start),
            Self::Fixed(window) => window.charge(tokens),
        }
    }

    /// Charges what was used beyond what had been charged.
    pub(super) fn owe(&mut self, term: &Term, tokens: u64, now: u64) {
        let tokens = match self {
            Self::Bucket(_) => tokens,
            _ => tokens.min(MAX_WINDOW_DEBT.saturating_sub(self.taken(now))),
        };
        match self {
            _ if tokens == 0 => {}
            Self::Bucket(bucket) => bucket.owe(term, tokens, now),
            Self::Sliding(window) => window.charge(0, tokens, now),
            Self::Fixed(window) => window.charge(tokens),
        }
    }

    /// Gives back tokens whose life ended then, which were charged no longer before that; zero: nobody knows.
    pub(super) fn give_back(
        &mut self,
        term: &Term,
        tokens: u64,
        (ends_at, longest): (u64, u64),
        now: u64,
    ) {
        match self {
            Self::Bucket(bucket) => {
                let charged_at = ends_at.saturating_sub(longest);
                bucket.give_back(term, tokens, charged_at, now);
            }
            // Of a window that is over.
            Self::Fixed(window) if ends_at > 0 && !window.has(term, ends_at) => {}
            Self::Sliding(window) if ends_at > 0 => window.uncharge(tokens, ends_at),
            Self::Sliding(window) => window.give_back(tokens),
            Self::Fixed(window) => window.give_back(tokens),
        }
    }

    fn taken(&self, now: u64) -> u64 {
        match self {
            Self::Bucket(bucket) => bucket.taken(now),
            Self::Sliding(window) => window.taken(),
            // A window that has ended counts nothing.
            Self::Fixed(window) if now >= window.rest_at() => 0,
            Self::Fixed(window) => window.taken(),
        }
    }

    /// Tokens of a fixed window die with it.
    pub(super) fn dies_at(term: &Term, now: u64) -> Option<u64> {
        (term.strategy == RateLimitStrategy::FixedWindow).then(|| window_end(term, now))
    }

    pub(super) fn rest_at(&self, now: u64) -> u64 {
        match self {
            Self::Bucket(bucket) => bucket.rest_at(),
            Self::Sliding(window) => window.rest_at(now),
            Self::Fixed(window) => window.rest_at(),
        }
    }
}
