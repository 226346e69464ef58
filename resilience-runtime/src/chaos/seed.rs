//! The seed of the random sequences.

/// Seeds the random sequences of a registry's faults, see [`Registry::chaos`](crate::Registry::chaos).
///
/// ```
/// use resilience_runtime::Registry;
/// use resilience_runtime::chaos::Chaos;
///
/// Registry::new().chaos(Chaos::seed(42));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chaos {
    pub(super) seed: u64,
}

impl Chaos {
    /// Creates a configuration with this seed. The same seed gives the same sequences, on every machine and in every
    /// version. The default seed is 0.
    #[must_use]
    pub const fn seed(seed: u64) -> Self {
        Self { seed }
    }
}
