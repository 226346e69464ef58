//! How the attempts of a function are hedged.

use crate::config::HedgeConfig;
use crate::hedge::Delay;

/// How the attempts of a function are hedged.
#[derive(Debug)]
pub(crate) struct Hedging {
    pub(crate) config: HedgeConfig,
    pub(crate) delay: Delay,
}

impl Hedging {
    /// `None`: no attempt starts beside another.
    pub(super) fn new(config: HedgeConfig) -> Option<Self> {
        (config.max_hedges > 0).then(|| Self {
            delay: Delay::new(config.delay),
            config,
        })
    }

    /// How many attempts a call makes that is not retried.
    pub(super) fn attempts(&self) -> u32 {
        self.config.max_hedges.saturating_add(1)
    }
}

/// What was read of the latency belongs to it, but is no part of how it runs.
impl PartialEq for Hedging {
    fn eq(&self, other: &Self) -> bool {
        self.config == other.config
    }
}
