//! One call, put together from its events.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::correlation::CorrelationId;
use super::event::{CallResult, Event, EventKind};
use crate::name::ServiceName;
use crate::verdict::Class;

/// Describes one call, as a [`CallRecorder`](super::CallRecorder) recorded it. Its `Display` output is one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// Names the service that was called.
    pub service: ServiceName,
    /// Names the function by its path; for calls without an attribute it is the service's name.
    pub function: Arc<str>,
    /// Holds the correlation id of the call.
    pub correlation_id: CorrelationId,
    /// Counts the attempts that were made.
    pub attempts: u32,
    /// Lists the error classes of the failed attempts.
    pub failures: Vec<Class>,
    /// Lists the pauses between attempts.
    pub waits: Vec<Duration>,
    /// Names the pattern that rejected the call: `circuit_breaker`, `rate_limit`, `bulkhead` or `deadline`.
    pub rejected: Option<&'static str>,
    /// Holds the pause that the server requested.
    pub cooldown: Option<Duration>,
    /// Holds the result before fallbacks; `None` while the call is running.
    pub result: Option<CallResult>,
    /// Holds the time from start to end.
    pub elapsed: Option<Duration>,
    /// Names the fallback that answered: `cache`, `value`, `registered`, or the path of the function as it is written.
    pub fallback: Option<&'static str>,
    /// Lists the fallbacks that failed.
    pub failed_fallbacks: Vec<&'static str>,
    /// States whether the read-through cache served a stale value.
    pub stale: bool,
}

impl RecordedCall {
    pub(super) fn new(event: &Event) -> Self {
        Self {
            service: event.service.clone(),
            function: event.function.clone().unwrap_or_default(),
            correlation_id: (event.correlation_id.clone())
                .expect("every event of a call has a correlation id"),
            attempts: 0,
            failures: Vec::new(),
            waits: Vec::new(),
            rejected: None,
            cooldown: None,
            result: None,
            elapsed: None,
            fallback: None,
            failed_fallbacks: Vec::new(),
            stale: false,
        }
    }

    pub(super) fn apply(&mut self, event: &EventKind) {
        match *event {
            EventKind::Retry {
                attempt,
                delay,
                class,
                ..
            } => {
                self.attempts = attempt;
                self.failures.push(class);
                self.waits.push(delay);
            }
            EventKind::GaveUp {
                attempts, class, ..
            } => {
                self.attempts = attempts;
                self.failures.push(class);
            }
            EventKind::Rejected { cause, .. } => self.rejected = Some(cause),
            EventKind::Cooldown { retry_after } => self.cooldown = Some(retry_after),
            EventKind::CallEnded {
                result,
                attempts,
                elapsed,
            } => {
                self.attempts = attempts;
                self.result = Some(result);
                self.elapsed = Some(elapsed);
            }
            EventKind::Fallback { strategy, .. } => self.fallback = Some(strategy),
            EventKind::FallbackFailed { strategy, .. } => self.failed_fallbacks.push(strategy),
            EventKind::Stale { .. } => self.stale = true,
            _ => {}
        }
    }
}

impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "{}: {} attempt{plural}", self.service, self.attempts)?;
        let failures: Vec<&str> = self.failures.iter().map(|class| class.name()).collect();
        if !failures.is_empty() {
            write!(f, " ({})", failures.join(", "))?;
        }
        let waits: Vec<String> = self.waits.iter().map(|wait| format!("{wait:?}")).collect();
        match &*waits {
            [] => {}
            [wait] => write!(f, ", a wait of {wait}")?,
            [waits @ .., last] => write!(f, ", waits of {} and {last}", waits.join(", "))?,
        }
        if let Some(wait) = self.cooldown {
            write!(f, ", cooldown for {wait:?}")?;
        }
        match (self.rejected, self.result) {
            (Some(cause), _) => write!(f, ", rejected by {cause}")?,
            (None, Some(result)) => write!(f, ", {}", result.name())?,
            // Served by a cache without a call.
            (None, None) if self.stale => {}
            (None, None) => f.write_str(", still running")?,
        }
        for strategy in &self.failed_fallbacks {
            write!(f, ", fallback {strategy} failed")?;
        }
        if let Some(strategy) = self.fallback {
            write!(f, ", fallback {strategy}")?;
        }
        if self.stale {
            f.write_str(", stale value")?;
        }
        Ok(())
    }
}
