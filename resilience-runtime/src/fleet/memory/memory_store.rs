//! A store in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(feature = "test-util")]
use super::faults::Faults;
use crate::clock::Moment;
use crate::fleet::authority::{Decision, State, Terms};
use crate::fleet::{FleetStore, Grant, GrantRequest, LimitId, StoreError, StoreFuture};
use crate::random;
use crate::sync::Mutex;

const SHARDS: usize = 16;

/// The origin of the store's clock, so late that no moment before it is ever looked at.
const ORIGIN: u64 = 1_000_000_000_000_000;

/// Keeps shared limits in memory. Clones share them.
///
/// Its clock is tokio's, so that a paused one drives it.
#[derive(Clone, Default)]
pub struct MemoryStore {
    pub(super) shared: Arc<Shared>,
}

#[derive(Default)]
pub(super) struct Shared {
    pub(super) shards: [Mutex<Shard>; SHARDS],
    /// How many epochs were given out.
    epochs: AtomicU64,
    #[cfg(feature = "test-util")]
    pub(super) faults: Mutex<Faults>,
}

#[derive(Default)]
pub(super) struct Shard {
    pub(super) states: HashMap<LimitId, Option<State>>,
    /// How many there may be before those at rest are dropped.
    sweep_at: usize,
    /// When the data was lost.
    pub(super) lost_at: Option<u64>,
}

impl MemoryStore {
    /// Makes one that is empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Charges at once, whether or not the answer is waited for.
    pub(super) fn decide(&self, request: &GrantRequest) -> Result<Grant, StoreError> {
        let terms = Terms::new(request)?;
        let now = now();
        let epoch = self.next_epoch();
        let mut shard = self.shard(request.id).lock();
        shard.sweep(now);
        let lost = shard.lost_at.map(|lost_at| now.saturating_sub(lost_at));
        let state = shard.states.entry(request.id).or_default();
        if state.as_ref().is_some_and(|state| state.rest_at() <= now) {
            *state = None;
        }
        Ok(grant(State::decide(state, &terms, lost, now, epoch)))
    }

    /// A number that this store has not given out before.
    fn next_epoch(&self) -> u64 {
        let before = self.shared.epochs.fetch_add(1, Ordering::Relaxed);
        (random::process_seed() >> 12) + 1 + before
    }

    fn shard(&self, id: LimitId) -> &Mutex<Shard> {
        &self.shared.shards[id.to_bits() as usize % SHARDS]
    }
}

impl Shard {
    /// Drops what is at rest, whenever there is twice as much as was left.
    fn sweep(&mut self, now: u64) {
        if self.states.len() >= self.sweep_at {
            self.states
                .retain(|_, state| state.as_ref().is_some_and(|state| now < state.rest_at()));
            self.sweep_at = (2 * self.states.len()).max(64);
        }
    }
}

/// In microseconds.
pub(super) fn now() -> u64 {
    ORIGIN + Moment::now().0 / 1_000
}

pub(in crate::fleet) fn grant(decision: Decision) -> Grant {
    let tokens = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
    Grant {
        granted: decision.granted.into_iter().map(tokens).collect(),
        starts_in: Duration::from_micros(decision.starts_in),
        life: Duration::from_micros(decision.life),
        ends_at: decision.ends_at,
        retry_after: decision.retry_after.map(Duration::from_micros),
        cooldown: Duration::from_micros(decision.cooldown),
        holders: tokens(decision.holders),
        epoch: decision.epoch,
    }
}

impl FleetStore for MemoryStore {
    #[cfg(not(feature = "test-util"))]
    fn grant(&self, request: GrantRequest) -> StoreFuture<'_, Grant> {
        Box::pin(async move { self.decide(&request) })
    }

    #[cfg(feature = "test-util")]
    fn grant(&self, request: GrantRequest) -> StoreFuture<'_, Grant> {
        Box::pin(async move { self.grant_with_faults(&request).await })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
