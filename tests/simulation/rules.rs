//! What holds for a service now: at first what the attributes of its functions say.

use std::time::Duration;

use resilience_runtime::ServiceKind;

use crate::invariants::Limit;

#[derive(Clone)]
pub struct Rules {
    pub name: &'static str,
    pub kind: ServiceKind,
    pub limit: Option<Limit>,
    /// Until when everything that was taken of the limit is back.
    pub refilled_after: Duration,
    pub max_concurrent: usize,
    /// Failures in a row that open its breaker; `None`: a share of calls does.
    pub failures: Option<u32>,
    pub half_open_max_calls: u32,
    pub success_threshold: u32,
    /// The longest pause of its breaker.
    pub longest_pause: Duration,
    /// The longest time that a body is to run, by the attributes.
    pub timeout: Duration,
    /// How often in a thousand times its callers ask for what it cannot give.
    pub wrong: u64,
    /// `Some`: it throttles, and is parked so long at most.
    pub max_cooldown: Option<Duration>,
    /// Billionths of a retry: what there is, and what a success pays back.
    pub budget: (u64, u64),
    /// What was said of all its functions since.
    pub patience: Patience,
    pub later: Later,
}

impl Rules {
    /// What holds where the attributes say nothing of it. A breaker and a timeout are always spoken of.
    pub fn unsaid(name: &'static str, kind: ServiceKind) -> Self {
        Self {
            name,
            kind,
            limit: None,
            refilled_after: Duration::ZERO,
            max_concurrent: usize::MAX,
            failures: None,
            half_open_max_calls: 0,
            success_threshold: 0,
            longest_pause: Duration::ZERO,
            timeout: Duration::ZERO,
            wrong: 20,
            max_cooldown: None,
            budget: (100_000_000_000, 100_000_000),
            patience: Patience::default(),
            later: Later::default(),
        }
    }
}

/// What no function says, and people may say later: about so much.
#[derive(Clone, Copy, Default)]
pub struct Later {
    pub limit: Option<Limit>,
    pub places: Option<usize>,
}

/// What each call takes with it when it begins.
#[derive(Clone, Copy, Default)]
pub struct Patience {
    pub max_attempts: Option<u32>,
    pub timeout: Option<Duration>,
    pub deadline: Option<Duration>,
}
