//! What the lock-free paths read of the state machine: one word, and the ticket stamped from it.

use std::num::NonZeroU64;

use super::CircuitState;

/// The state, flags and generation of the machine in one atomic word.
///
/// Bits 0–2: the state; 3–8: the flags below; from 9: the generation, which grows with every change of state. A
/// closed breaker without `RATED` and `FAILING` is "quiet": a success changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedState(pub(super) u64);

const STATE: u64 = 0b111;
/// A window is kept, so every outcome is recorded.
const RATED: u64 = 1 << 3;
/// There are failures in a row, which a success clears.
const FAILING: u64 = 1 << 4;
/// Calls are timed.
const TIMED: u64 = 1 << 5;
/// The window is one of time, so recording needs the clock.
const CLOCKED: u64 = 1 << 6;
/// A call that was dropped counts as a failure.
const ABANDONED_FAILS: u64 = 1 << 7;
/// What it would reject passes.
const SHADOW: u64 = 1 << 8;
const GENERATION_SHIFT: u32 = 9;

/// The flags beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) rated: bool,
    pub(super) failing: bool,
    pub(super) timed: bool,
    pub(super) clocked: bool,
    pub(super) abandoned_fails: bool,
    pub(super) shadow: bool,
}

impl PackedState {
    pub(super) fn new(state: CircuitState, flags: Flags, generation: u64) -> Self {
        let flag = |on: bool, bit: u64| if on { bit } else { 0 };
        Self(
            state as u64
                | flag(flags.rated, RATED)
                | flag(flags.failing, FAILING)
                | flag(flags.timed, TIMED)
                | flag(flags.clocked, CLOCKED)
                | flag(flags.abandoned_fails, ABANDONED_FAILS)
                | flag(flags.shadow, SHADOW)
                | generation << GENERATION_SHIFT,
        )
    }

    #[inline]
    pub(super) fn is(self, state: CircuitState) -> bool {
        self.0 & STATE == state as u64
    }

    /// Whether it is closed and a success changes nothing.
    #[inline]
    pub(super) fn is_quiet(self) -> bool {
        self.0 & (STATE | RATED | FAILING) == CircuitState::Closed as u64
    }

    /// Whether recording needs the clock, whatever the outcome.
    #[inline]
    pub(super) fn needs_time(self) -> bool {
        self.0 & (TIMED | CLOCKED) != 0
    }

    #[inline]
    pub(super) fn abandoned_fails(self) -> bool {
        self.0 & ABANDONED_FAILS != 0
    }

    /// Whether what it would reject passes.
    #[inline]
    pub(super) fn is_shadow(self) -> bool {
        self.0 & SHADOW != 0
    }

    #[inline]
    pub(super) fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }

    /// Makes a ticket for one call that is not a probe.
    #[inline]
    pub(super) fn ticket(self) -> Ticket {
        Ticket(ISSUED | (self.0 & !((1 << GENERATION_SHIFT) - 1)) | (self.0 & TIMED))
    }
}

/// The right to make one call, stamped with the generation that issued it. To be returned with the outcome
/// exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(NonZeroU64);

const PROBE: u64 = 1;
/// Every ticket has it, so that none is zero and an attempt keeps it in one word.
const ISSUED: NonZeroU64 = NonZeroU64::new(1 << 1).unwrap();

impl Ticket {
    /// That of a call which passes in shadow. No state ever has its generation, so its outcome changes nothing.
    pub(crate) const SHADOW: Self = Self(ISSUED.saturating_add(u64::MAX << GENERATION_SHIFT));

    /// Whether the call passes in shadow.
    #[inline]
    pub(crate) fn is_shadow(self) -> bool {
        self == Self::SHADOW
    }

    #[inline]
    pub(super) fn probe(self) -> Self {
        Self(self.0 | PROBE)
    }

    /// Whether it is one of the probes of a half-open breaker.
    #[inline]
    pub(crate) fn is_probe(self) -> bool {
        self.0.get() & PROBE != 0
    }

    /// Whether the breaker needs the start of the call.
    #[inline]
    pub(crate) fn is_timed(self) -> bool {
        self.0.get() & TIMED != 0
    }

    #[inline]
    pub(super) fn generation(self) -> u64 {
        self.0.get() >> GENERATION_SHIFT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_flags_and_generation_do_not_overlap() {
        let all = Flags {
            rated: true,
            failing: true,
            timed: true,
            clocked: true,
            abandoned_fails: true,
            shadow: true,
        };
        for &state in CircuitState::ALL {
            for generation in [0, 1, 7, u64::MAX >> GENERATION_SHIFT] {
                let clocked = Flags {
                    clocked: true,
                    ..Flags::default()
                };
                for flags in [all, clocked, Flags::default()] {
                    let word = PackedState::new(state, flags, generation);
                    assert!(word.is(state));
                    assert_eq!(word.generation(), generation);
                    assert_eq!(word.needs_time(), flags.timed || flags.clocked);
                    assert_eq!(word.abandoned_fails(), flags.abandoned_fails);
                    assert_eq!(word.is_shadow(), flags.shadow);
                    assert_eq!(
                        word.is_quiet(),
                        state == CircuitState::Closed && !flags.rated
                    );
                    let ticket = word.ticket();
                    assert!(!ticket.is_probe() && ticket.probe().is_probe());
                    assert_eq!(ticket.is_timed(), flags.timed);
                    assert_eq!(ticket.probe().generation(), generation);
                    assert!(!Ticket::SHADOW.is_probe() && !Ticket::SHADOW.is_timed());
                }
            }
        }
    }
}
