//! The limit that adapts itself: additive increase, multiplicative decrease.
//!
//! A window is as many answered calls as the limit, at least [`LEAST_WINDOW`]: about one round trip of all calls that may run. If
//! the limit was reached in it without congestion, the limit rises by one. At a congestion it falls by the factor, at once, and
//! a new window begins. What ends later but began before is of the same congestion, and counts no more.
//!
//! D. Chiu and R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance in computer networks" (1989),
//! shows why the increase is a sum and the decrease a product: several clients of one service come to equal shares.

use std::time::Duration;

use super::latency_level::{Latency, LatencyLevel};
use crate::clock::Moment;
use crate::config::AdaptiveConfig;

/// The least number of calls that a latency is judged by.
const LEAST_WINDOW: u32 = 10;

/// What a call that ran says about the load of its service. One that says nothing is not reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// It was answered. The time counts where it is that of the service alone.
    Answered(Option<Duration>),
    /// The service had too much to do.
    Congested,
}

/// Describes how an adaptive limit changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitChange {
    /// Holds the limit before the change.
    pub from: usize,
    /// Holds the limit after the change.
    pub to: usize,
}

#[derive(Debug)]
pub(super) struct AdaptiveLimit {
    config: AdaptiveConfig,
    limit: usize,
    /// When it fell last.
    fallen_at: Option<Moment>,
    /// The calls that were answered in this window.
    answered: usize,
    /// Whether the limit was reached in this window.
    reached: bool,
    /// It is the first window since the limit fell. Those that end first are the shortest, so their latency is not judged.
    settling: bool,
    latency: LatencyLevel,
}

impl AdaptiveLimit {
    pub(super) fn new(config: AdaptiveConfig) -> Self {
        Self {
            limit: config.initial,
            fallen_at: None,
            answered: 0,
            reached: false,
            settling: true,
            latency: LatencyLevel::default(),
            config,
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether it is another one than it began with.
    pub(super) fn is_changed(&self) -> bool {
        self.limit != self.config.initial
    }

    /// Takes another configuration, and keeps what was learned.
    pub(super) fn reconfigure(&mut self, config: AdaptiveConfig) -> Option<LimitChange> {
        let limit = self.limit.clamp(config.min, config.max);
        self.config = config;
        self.change(limit)
    }

    /// Takes the report of a call that began at `started` and still holds one of `in_use` permits.
    pub(super) fn report(
        &mut self,
        report: Report,
        started: Moment,
        in_use: usize,
        now: Moment,
    ) -> Option<LimitChange> {
        // Latencies of all calls: those that began after a moment and have ended are the short ones.
        if let Report::Answered(Some(latency)) = report
            && self.config.latency
        {
            self.latency.add(latency);
        }
        if self.fallen_at.is_some_and(|fallen_at| started <= fallen_at) {
            return None;
        }
        if report == Report::Congested {
            self.latency.end_experiment();
            return self.fall(now);
        }
        self.reached |= in_use >= self.limit;
        self.answered += 1;
        if self.answered < self.limit.max(LEAST_WINDOW as usize) {
            return None;
        }
        self.end_window(now)
    }

    fn end_window(&mut self, now: Moment) -> Option<LimitChange> {
        let at_limit = self.reached;
        self.begin_window();
        if std::mem::take(&mut self.settling) {
            self.latency.begin_window();
        } else {
            match self.latency.end_window(LEAST_WINDOW, at_limit) {
                Latency::Usual => {}
                Latency::Perhaps => return None,
                Latency::FarAbove(latency) => {
                    let from = self.limit;
                    let change = self.fall(now);
                    self.latency.fell(latency, from, self.limit);
                    return change;
                }
            }
        }
        if !at_limit || self.latency.is_experimenting() {
            return None;
        }
        self.change((self.limit + 1).min(self.config.max))
    }

    fn fall(&mut self, now: Moment) -> Option<LimitChange> {
        self.fallen_at = Some(now);
        self.begin_window();
        self.settling = true;
        self.latency.begin_window();
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )] // Positive, and not above the limit, but for what a float loses of it.
        let lower = (self.limit as f64 * self.config.factor) as usize;
        let lower = lower.min(self.limit - 1);
        self.change(lower.max(self.config.min))
    }

    fn begin_window(&mut self) {
        self.answered = 0;
        self.reached = false;
    }

    fn change(&mut self, to: usize) -> Option<LimitChange> {
        let from = std::mem::replace(&mut self.limit, to);
        (from != to).then_some(LimitChange { from, to })
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests;
