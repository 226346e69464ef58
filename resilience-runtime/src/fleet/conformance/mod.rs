//! What every store has to pass.
//!
//! ```
//! use resilience_runtime::fleet::{MemoryStore, conformance};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
//! let store = MemoryStore::new();
//! conformance::check(|| store.clone()).await;
//! # });
//! ```

mod bounds;
mod rules;

use std::time::Duration;

use super::{FleetStore, Grant, GrantRequest, LimitId, SharedLimit, StoreError};
use crate::config::RateLimitStrategy;
use crate::random;

/// Checks a store, of which `store` returns handles that share their data, as those of different processes do. Takes some
/// seconds of tokio's time.
///
/// The limits it uses are new in each run, and none is left after two minutes.
///
/// # Panics
/// If the store does not do what it has to.
pub async fn check<S: FleetStore>(store: impl Fn() -> S) {
    let suite = Suite {
        handles: (0..4).map(|_| store()).collect(),
    };
    suite.refuses_mistakes().await;
    suite.grants_all_or_nothing().await;
    suite.keeps_ids_apart().await;
    suite.says_when_to_come_back().await;
    suite.promises_in_turn().await;
    suite.settles_once().await;
    suite.cools_down().await;
    suite.shares_fairly().await;
    for strategy in RateLimitStrategy::ALL {
        suite.stays_within_the_limit(*strategy).await;
    }
    suite.stays_within_all_limits().await;
}

struct Suite<S> {
    handles: Vec<S>,
}

impl<S: FleetStore> Suite<S> {
    /// Asks by the handle of that holder.
    async fn ask(&self, request: &GrantRequest) -> Grant {
        let grant = self.try_ask(request).await.expect("the store answers");
        assert_eq!(
            grant.granted.len(),
            request.limits.len(),
            "as many numbers as limits"
        );
        let is_nothing = grant.granted.iter().all(|&tokens| tokens == 0);
        let suffices = grant
            .granted
            .iter()
            .zip(&request.least)
            .all(|(tokens, least)| tokens >= least);
        assert!(is_nothing || suffices, "all or nothing: {grant:?}");
        let is_wanted = grant
            .granted
            .iter()
            .zip(&request.wanted)
            .all(|(tokens, wanted)| tokens <= wanted);
        assert!(is_wanted, "no more than was wanted: {grant:?}");
        assert!(grant.starts_in <= request.ahead, "not too late: {grant:?}");
        assert!(grant.life <= request.life, "not for longer: {grant:?}");
        assert!(grant.holders >= 1, "who asks, counts: {grant:?}");
        grant
    }

    async fn try_ask(&self, request: &GrantRequest) -> Result<Grant, StoreError> {
        let index = request.holder as usize % self.handles.len();
        self.handles[index].grant(request.clone()).await
    }

    async fn granted(&self, request: &GrantRequest) -> u32 {
        self.ask(request).await.granted[0]
    }
}

/// A limit that counts by the minute: none of its tokens comes back during the suite.
fn slow(strategy: RateLimitStrategy, tokens: u32) -> SharedLimit {
    SharedLimit::new(tokens, Duration::from_secs(3_600), tokens, strategy)
}

/// One token of each limit of a new id, for use at once.
fn one_of(limits: &[SharedLimit]) -> GrantRequest {
    let half = || u128::from(random::seed());
    GrantRequest {
        id: LimitId::from_bits(half() << 64 | half()),
        limits: limits.into(),
        holder: 1,
        demand: 1_000,
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
