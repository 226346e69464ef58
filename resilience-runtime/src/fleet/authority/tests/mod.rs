//! The authority against what it promises.

mod bounds;
mod holders;
mod semantics;
mod utilisation;

use std::time::Duration;

use super::*;
use crate::config::RateLimitStrategy::{self, FixedWindow, SlidingWindow, TokenBucket};
use crate::fleet::{GrantRequest, LimitId, Settlement, SharedLimit};

const SECOND: u64 = 1_000_000;
const START: u64 = 1_700_000_000 * SECOND;

fn limit(strategy: RateLimitStrategy, limit: u32, seconds: u64, burst: u32) -> SharedLimit {
    SharedLimit::new(limit, Duration::from_secs(seconds), burst, strategy)
}

/// One that wants one token of each, for use at once.
fn request(limits: &[SharedLimit]) -> GrantRequest {
    GrantRequest {
        id: LimitId::from_bits(7),
        limits: limits.into(),
        holder: 1,
        demand: 1,
        least: vec![1; limits.len()],
        wanted: vec![1; limits.len()],
        life: Duration::ZERO,
        ahead: Duration::ZERO,
        settlement: None,
        cooldown: Duration::ZERO,
    }
}

fn of(tokens: u32, request: &GrantRequest) -> GrantRequest {
    GrantRequest {
        least: vec![tokens; request.limits.len()],
        wanted: vec![tokens; request.limits.len()],
        ..request.clone()
    }
}

/// A store with a clock that is set.
struct Authority {
    state: Option<State>,
    now: u64,
}

impl Authority {
    fn new() -> Self {
        Self {
            state: None,
            now: START,
        }
    }

    fn ask(&mut self, request: &GrantRequest) -> Decision {
        let terms = Terms::new(request).expect("a request that is no mistake");
        State::decide(&mut self.state, &terms, None, self.now, self.now)
    }

    fn granted(&mut self, request: &GrantRequest) -> u64 {
        self.ask(request).granted[0]
    }
}
