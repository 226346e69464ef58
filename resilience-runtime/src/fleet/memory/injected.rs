//! A store in memory that fails as tests want.

use std::time::Duration;

use super::faults::Fault;
use super::memory_store::{MemoryStore, now};
use crate::fleet::{Grant, GrantRequest, StoreError};

/// Faults, which all clones share.
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
impl MemoryStore {
    /// The next requests fail with [`StoreError::Unreachable`]; nothing is charged. `u64::MAX` stands for all, 0 for no longer.
    pub fn fail_next(&self, requests: u64) {
        let mut faults = self.shared.faults.lock();
        (faults.failing, faults.as_mistake) = (requests, false);
    }

    /// The next requests fail with [`StoreError::Mistake`]; nothing is charged. `u64::MAX` stands for all, 0 for no longer.
    pub fn refuse_next(&self, requests: u64) {
        let mut faults = self.shared.faults.lock();
        (faults.failing, faults.as_mistake) = (requests, true);
    }

    /// The next answers get lost after the request was decided: what was granted is charged, and the request fails with
    /// [`StoreError::Unreachable`]. `u64::MAX` stands for all, 0 for no longer.
    pub fn lose_answers(&self, requests: u64) {
        self.shared.faults.lock().lost_answers = requests;
    }

    /// Each answer comes so much later; the decision does not.
    pub fn delay_answers(&self, delay: Duration) {
        self.shared.faults.lock().delay = delay;
    }

    /// Loses all data, and notices: the limits begin empty, in a new epoch.
    pub fn forget(&self) {
        let lost_at = now();
        for shard in &self.shared.shards {
            let mut shard = shard.lock();
            shard.states.clear();
            shard.lost_at = Some(lost_at);
        }
    }

    /// How many requests for a grant there were, with those that failed.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.faults.lock().requests
    }

    /// How many limits it remembers.
    #[must_use]
    pub fn len(&self) -> usize {
        let shards = self.shared.shards.iter();
        shards.map(|shard| shard.lock().states.len()).sum()
    }

    /// Whether it remembers nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) async fn grant_with_faults(
        &self,
        request: &GrantRequest,
    ) -> Result<Grant, StoreError> {
        let (fault, delay) = {
            let mut faults = self.shared.faults.lock();
            (faults.next(), faults.delay)
        };
        let answer = match fault {
            Some(Fault::Fails { as_mistake: true }) => {
                Err(StoreError::Mistake("a fault that a test injected".into()))
            }
            Some(Fault::Fails { as_mistake: false }) => Err(StoreError::Unreachable(
                "a fault that a test injected".into(),
            )),
            Some(Fault::LosesAnswer) => self
                .decide(request)
                .and_then(|_| Err(StoreError::Unreachable("the answer was lost".into()))),
            None => self.decide(request),
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        answer
    }
}
