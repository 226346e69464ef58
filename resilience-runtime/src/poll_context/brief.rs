//! What a body can be told of its call without asking the call, in one word: how many attempts it may have, and how long after
//! its beginning the first attempt is cut.

use crate::clock::NEVER;

/// One word of a plan. Its lowest bits belong to the frame that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Brief(pub(super) u64);

/// The lowest bits, which are the frame's.
pub(super) const FLAG_BITS: u32 = 4;
const ATTEMPT_BITS: u32 = 16;
const MOST_ATTEMPTS: u64 = (1 << ATTEMPT_BITS) - 1;
/// Times above are kept in steps of 16 ms.
const EXACT: u64 = 1 << 43;
const STEPS: u32 = 24;
const COARSE: u64 = 1 << 44;
const ENDLESS: u64 = COARSE - 1;

impl Brief {
    pub(crate) fn new(max_attempts: u32, until_limit: u64) -> Self {
        let attempts = u64::from(max_attempts).min(MOST_ATTEMPTS);
        let until = match until_limit {
            0..EXACT => until_limit,
            EXACT..NEVER => EXACT | until_limit >> STEPS,
            _ => ENDLESS,
        };
        Self((until << ATTEMPT_BITS | attempts) << FLAG_BITS)
    }

    /// Whether it holds exactly this.
    pub(crate) fn is_exact(self, max_attempts: u32, until_limit: u64) -> bool {
        self.max_attempts() == max_attempts && self.until_limit() == until_limit.min(NEVER)
    }

    pub(super) fn max_attempts(self) -> u32 {
        u32::try_from(self.0 >> FLAG_BITS & MOST_ATTEMPTS).unwrap_or(u32::MAX)
    }

    /// How long after its beginning the first attempt is cut.
    pub(super) fn until_limit(self) -> u64 {
        match self.0 >> (FLAG_BITS + ATTEMPT_BITS) {
            ENDLESS => NEVER,
            exact @ 0..EXACT => exact,
            coarse => (coarse & !EXACT) << STEPS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times_are_exact() {
        for attempts in [1, 3, 65_535] {
            for until in [0, 1, 999, 30_000_000_000, EXACT - 1, NEVER] {
                let brief = Brief::new(attempts, until);
                assert_eq!(
                    (brief.max_attempts(), brief.until_limit()),
                    (attempts, until)
                );
                assert_eq!(brief.0 & ((1 << FLAG_BITS) - 1), 0);
            }
        }
        let hours = 5 * 3_600_000_000_000;
        let coarse = Brief::new(9, hours).until_limit();
        assert!(hours - coarse < 1 << STEPS, "{coarse}");
        assert!(!Brief::new(9, hours).is_exact(9, hours));
        assert!(!Brief::new(65_536, 5).is_exact(65_536, 5));
        assert!(Brief::new(65_535, u64::MAX).is_exact(65_535, u64::MAX));
        assert_eq!(Brief::new(1_000_000, 5).max_attempts(), 65_535);
    }
}
