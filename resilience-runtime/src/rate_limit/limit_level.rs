//! How much is there of one limit.

use std::time::Duration;

use super::algorithms::any_meter::{AnyMeter, AnyState};
use super::algorithms::meter::Meter as _;
use crate::clock::Moment;
use crate::config::{LimitConfig, RateLimitStrategy};
use crate::limit_name::LimitName;

/// What is there of one limit at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitLevel {
    pub(crate) name: LimitName,
    pub(crate) limit: u32,
    pub(crate) period: Duration,
    pub(crate) strategy: RateLimitStrategy,
    /// The most that can be there.
    pub(crate) capacity: u32,
    pub(crate) remaining: u32,
}

impl LimitLevel {
    pub(super) fn of(limit: &LimitConfig, counted: &AnyState, now: Moment) -> Self {
        let left = AnyMeter::new(limit).tokens(counted, now);
        Self {
            name: limit.name,
            limit: limit.limit,
            period: limit.period,
            strategy: limit.strategy,
            capacity: limit.burst,
            remaining: u32::try_from(left.max(0)).unwrap_or(u32::MAX),
        }
    }

    /// Returns the share that is there, from 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        (f64::from(self.remaining) / f64::from(self.capacity.max(1))).clamp(0.0, 1.0)
    }
}
