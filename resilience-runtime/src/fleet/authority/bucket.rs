//! The token bucket of a fleet: at most `burst + rate × t` uses in any span `t`, though tokens are used up to a life after
//! they were charged.
//!
//! What is used is a level in units, `price` of them a token, which sinks by `refill` a microsecond. Tokens that are used late
//! have sunk already when they are used: so the level never gets above the burst less a reserve, which is what sinks in the
//! longest life.

use super::Term;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    /// The level at `at`. It may be above the burst: then it was promised, or it is a debt.
    used: u64,
    at: u64,
    /// The longest life of tokens that could still be used late, in microseconds.
    reserve: u64,
    refill: u64,
    price: u64,
    /// The most tokens that the level may stand for: of the largest version of the limit that asked lately.
    depth: u64,
    /// When that version asked last.
    depth_at: u64,
    /// How low the level got lately.
    low: Low,
}

/// The lowest level of a slot of time, and of the one before it: what was never below a level may be taken off it afterwards,
/// as if it had not been there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Low {
    slot: u64,
    now: u64,
    before: u64,
}

/// The length of such a slot, in microseconds.
const LOW_SLOT: u64 = 2_000_000;

impl Low {
    fn note(&mut self, level: u64, now: u64) {
        let slot = now / LOW_SLOT;
        if slot == self.slot {
            self.now = self.now.min(level);
        } else {
            let follows = slot == self.slot + 1;
            self.before = if follows { self.now.min(level) } else { level };
            (self.slot, self.now) = (slot, level);
        }
    }

    /// The lowest level since then; `None`: nobody knows.
    fn since(&self, then: u64) -> Option<u64> {
        match self.slot - (then / LOW_SLOT).min(self.slot) {
            0 => Some(self.now),
            1 => Some(self.now.min(self.before)),
            _ => None,
        }
    }

    fn lower(&mut self, by: u64) {
        self.now = self.now.saturating_sub(by);
        self.before = self.before.saturating_sub(by);
    }
}

/// How long a larger version of a limit is taken account of after it asked last, in microseconds.
const VERSION_LASTS: u64 = 30_000_000;

/// The most that is ever used at once: two bursts, four periods ahead and one of debt.
fn depth(term: &Term) -> u64 {
    2 * term.burst + 5 * term.limit
}

impl Bucket {
    pub(super) fn new(term: &Term, now: u64) -> Self {
        Self {
            used: 0,
            at: now,
            reserve: 0,
            refill: term.refill,
            price: term.price,
            depth: depth(term),
            depth_at: now,
            low: Low {
                slot: now / LOW_SLOT,
                ..Low::default()
            },
        }
    }

    /// Nobody knows what was used before `then`: as much as could be.
    pub(super) fn lost(term: &Term, then: u64, life: u64, ahead: u64) -> Self {
        Self {
            used: term.burst * term.price + term.refill * ahead,
            at: then,
            reserve: life,
            ..Self::new(term, then)
        }
    }

    pub(super) fn with_taken(term: &Term, tokens: u64, life: u64, now: u64) -> Self {
        Self {
            used: tokens.min(term.burst + term.limit) * term.price,
            reserve: life,
            ..Self::new(term, now)
        }
    }

    /// When the level is down at zero.
    fn drained_at(&self) -> u64 {
        self.at + self.used.div_ceil(self.refill)
    }

    fn used(&self, now: u64) -> u64 {
        // Compared first, because the product is only known to be exact below the level.
        if now >= self.drained_at() {
            0
        } else {
            self.used - self.refill * (now - self.at)
        }
    }

    /// A reserve is needed until the bucket was full for as long: then no span can begin among late uses and still see what
    /// sank before them.
    fn reserve(&self, now: u64) -> u64 {
        if now >= self.drained_at() + self.reserve {
            0
        } else {
            self.reserve
        }
    }

    /// What was used stays, in tokens, where the limit has changed. It sinks by the slower of both rates: while two versions ask,
    /// what sank fast for the one would be missing in the reserve of the other.
    pub(super) fn adopt(&mut self, term: &Term, promised: u64, now: u64) {
        let depth = depth(term);
        let shrinks = depth < self.depth && now >= self.depth_at + VERSION_LASTS;
        self.convert(term, promised, now);
        if depth >= self.depth || shrinks {
            (self.depth, self.depth_at) = (depth, now);
        }
        // A debt of another size is one of a period, as locally.
        let deepest = (term.burst + term.limit) * term.price;
        if shrinks && self.used(now) > deepest {
            (self.used, self.at) = (deepest, now);
        }
        self.low.note(self.used(now), now);
    }

    fn convert(&mut self, term: &Term, promised: u64, now: u64) {
        if (self.refill, self.price) == (term.refill, term.price) {
            return;
        }
        // What was promised is still to be used then, however fast the level sinks from now on.
        let wait = promised.saturating_sub(now).min(4 * term.period);
        let later = self.in_units_of(term, self.used(now + wait)) + term.refill * wait;
        let level = self.in_units_of(term, self.used(now));
        let level = if wait > 0 { level.max(later) } else { level };
        let mut moved = Self {
            used: self.in_units_of(term, self.used),
            refill: term.refill,
            price: term.price,
            low: Low {
                slot: now / LOW_SLOT,
                ..Low::default()
            },
            ..*self
        };
        if moved.used(now).max(level) == 0 {
            // Since when it is full, is still of interest.
            let drained_at = self.drained_at().max(moved.drained_at());
            (moved.used, moved.at) = (0, drained_at);
        } else if moved.used(now) < level {
            (moved.used, moved.at) = (level, now);
        }
        *self = moved;
    }

    /// A level in the units of another version of the limit, rounded up.
    fn in_units_of(&self, term: &Term, used: u64) -> u64 {
        let whole = used / self.price;
        let (mut part, mut of) = (used % self.price, self.price);
        while of > (1 << 52) / term.price {
            (part, of) = (part.div_ceil(2), of / 2);
        }
        let part = (part * term.price).div_ceil(of.max(1));
        // As far as doubles are exact.
        let most = self.depth.min((1 << 52) / term.price - 1);
        (whole.min(most) * term.price + part).min(most * term.price)
    }

    /// How high the level may get, in tokens.
    fn cap(&self, term: &Term, life: u64, now: u64) -> u64 {
        let reserve = self.reserve(now).max(life);
        let kept = (self.refill * reserve).div_ceil(self.price);
        term.burst.saturating_sub(kept)
    }

    /// The first moment at which there are so many tokens; `None`: never.
    pub(super) fn ready_at(&self, term: &Term, life: u64, tokens: u64, now: u64) -> Option<u64> {
        if tokens > term.burst {
            return None;
        }
        let cap = self.cap(term, life, now);
        if tokens <= cap {
            let level = self.used(now) + tokens * self.price;
            let above = level.saturating_sub(cap * self.price);
            return Some(now + above.div_ceil(self.refill));
        }
        // More than the reserve leaves room for: after a rest that makes up for it.
        let above = (tokens - cap) * self.price;
        Some((self.drained_at() + above.div_ceil(self.refill)).max(now))
    }

    /// The tokens that there can be by then, without a rest.
    pub(super) fn fits_by(&self, term: &Term, life: u64, deadline: u64, now: u64) -> u64 {
        let cap = self.cap(term, life, now);
        let room = cap * self.price + self.refill * (deadline - now);
        (room.saturating_sub(self.used(now)) / self.price).min(cap)
    }

    /// Charges as if `start` had come: what sinks until then, sinks before the tokens are used.
    pub(super) fn charge(&mut self, life: u64, tokens: u64, start: u64, now: u64) {
        let reserve = self.reserve(now).max(life);
        let before = self.used(now).max(self.refill * (start - now));
        self.used = before + tokens * self.price;
        self.at = now;
        self.reserve = reserve;
    }

    /// Charges what was used already, into debt: up to what is paid one period after the bucket is empty.
    pub(super) fn owe(&mut self, term: &Term, tokens: u64, now: u64) {
        let reserve = self.reserve(now);
        let used = self.used(now);
        let deepest = term.burst + term.limit;
        let owed = (used + tokens.min(deepest) * self.price).min(used.max(deepest * self.price));
        (self.used, self.at, self.reserve) = (owed, now, reserve);
    }

    /// Gives back tokens that were charged then or later; zero: nobody knows when. As far as the level has been below them
    /// since, they made room for others already.
    pub(super) fn give_back(&mut self, term: &Term, tokens: u64, charged_at: u64, now: u64) {
        let used = self.used(now);
        let all = tokens.min(2 * (term.burst + term.limit)) * self.price;
        let back = match self.low.since(charged_at) {
            _ if charged_at == 0 => all.min(used),
            Some(lowest) => all.min(lowest).min(used),
            None => 0,
        };
        if back > 0 {
            (self.used, self.at) = (used - back, now);
            self.low.lower(back);
        }
    }

    /// What is used, in whole tokens.
    pub(super) fn taken(&self, now: u64) -> u64 {
        self.used(now).div_ceil(self.price)
    }

    /// When nothing is left to remember.
    pub(super) fn rest_at(&self) -> u64 {
        self.drained_at() + self.reserve
    }
}
