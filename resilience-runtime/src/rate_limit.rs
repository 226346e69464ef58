//! stub
use crate::{clock::Moment, config::*, name::ServiceName, timer::NoTimer};
use std::{hash::Hash, sync::Arc, time::Duration};
#[derive(Debug)]
pub struct RateLimiter;
#[derive(Debug)]
pub struct Decision;
#[derive(Debug)]
pub struct Reservation;
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyHash(u128);
impl KeyHash {
    pub(crate) const NONE: Self = Self(0);
}
pub(crate) enum Take {
    Taken,
    Refused { retry_after: Option<Duration> },
}
pub(crate) enum WaitError {
    TimedOut { retry_after: Option<Duration> },
    Never,
    NoTimer(NoTimer),
}
impl RateLimiter {
    pub(crate) fn unlimited(_: ServiceName, _: usize, _: Duration) -> Self {
        Self
    }
    pub(crate) fn set_limit(
        &self,
        _: Option<RateLimitConfig>,
        _: usize,
        _: Duration,
    ) -> Result<(), ConfigError> {
        Ok(())
    }
    pub(crate) fn hash_key<K: Hash + ?Sized>(&self, _: &K) -> KeyHash {
        KeyHash::NONE
    }
    pub(crate) fn try_take(&self, _: KeyHash, _: u32, _: Moment) -> Take {
        Take::Taken
    }
    pub(crate) fn earliest(&self, _: KeyHash, _: u32, _: Moment) -> Option<Duration> {
        Some(Duration::ZERO)
    }
    pub(crate) fn give_back(&self, _: KeyHash, _: u32, _: Moment) {}
    pub(crate) fn park_key(&self, _: KeyHash, _: Duration, _: Moment) {}
    pub(crate) fn wait(
        self: Arc<Self>,
        _: KeyHash,
        _: u32,
        _: Moment,
    ) -> impl Future<Output = Result<(), WaitError>> + Send + 'static {
        async move {
            let _ = self;
            Err(WaitError::Never)
        }
    }
}
