//! The fixed window of a fleet: at most the limit in each window of the store's clock. Leases die with their window.

use super::Term;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    end: u64,
    used: u64,
}

/// When the window around `now` ends.
pub(super) fn window_end(term: &Term, now: u64) -> u64 {
    (now / term.period + 1) * term.period
}

impl Fixed {
    pub(super) fn lost(term: &Term, then: u64) -> Self {
        Self::with_taken(term, term.limit, then)
    }

    pub(super) fn with_taken(term: &Term, tokens: u64, now: u64) -> Self {
        Self {
            end: window_end(term, now),
            used: tokens,
        }
    }

    /// Two versions of a limit with other periods share the longer window, as long as it lasts.
    pub(super) fn adopt(&mut self, term: &Term, now: u64) {
        if now >= self.end {
            self.used = 0;
        }
        self.end = self.end.max(window_end(term, now));
    }

    pub(super) fn ready_at(&self, term: &Term, tokens: u64, now: u64) -> Option<u64> {
        if tokens > term.limit {
            None
        } else if self.used + tokens <= term.limit {
            Some(now)
        } else {
            Some(self.end)
        }
    }

    /// Nothing is promised ahead where there is a fixed window.
    pub(super) fn fits(&self, term: &Term) -> u64 {
        term.limit.saturating_sub(self.used)
    }

    pub(super) fn charge(&mut self, tokens: u64) {
        self.used += tokens;
    }

    /// Whether what ended then was counted in it.
    pub(super) fn has(&self, term: &Term, ends_at: u64) -> bool {
        ends_at + term.period > self.end
    }

    pub(super) fn give_back(&mut self, tokens: u64) {
        self.used = self.used.saturating_sub(tokens);
    }

    pub(super) fn taken(&self) -> u64 {
        self.used
    }

    pub(super) fn rest_at(&self) -> u64 {
        self.end
    }
}
