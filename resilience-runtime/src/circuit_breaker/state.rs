//! The names of the states, and a change from one to another.

use std::fmt;
use std::time::Duration;

use crate::name::ServiceName;

/// Determines what a circuit breaker does with the next call.
///
/// ```
/// use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
///
/// let breaker = CircuitBreaker::new("llm", CircuitBreakerConfig::default())?;
/// assert_eq!(breaker.state(), CircuitState::Closed);
/// assert_eq!(CircuitState::HalfOpen.to_string(), "half_open");
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CircuitState {
    /// Lets calls through and watches their outcomes.
    Closed = 0,
    /// Rejects calls until the pause is over.
    Open = 1,
    /// Lets a few probes through: their outcomes decide whether it closes or opens again.
    HalfOpen = 2,
    /// Rejects calls until it is closed, disabled or reset by hand.
    ForcedOpen = 3,
    /// Lets calls through and ignores their outcomes, until it is opened, closed or reset by hand.
    Disabled = 4,
}

impl CircuitState {
    /// Lists every state of a breaker.
    pub const ALL: &'static [Self] = &[
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::ForcedOpen,
        Self::Disabled,
    ];

    /// Returns the name used in logs and statistics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
        }
    }
}

impl fmt::Display for CircuitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A change of state, to be published after the lock is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transition {
    pub(super) from: CircuitState,
    pub(super) to: CircuitState,
    /// The pause, where it opened.
    pub(super) pause: Duration,
}

/// Describes a change of state to the listener of a [`CircuitBreaker`](super::CircuitBreaker::with_listener).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitChange {
    /// Holds the state before the change.
    pub from: CircuitState,
    /// Holds the state after the change.
    pub to: CircuitState,
    /// Holds the time for which the breaker opened; `None` for other changes.
    pub pause: Option<Duration>,
}

impl From<Transition> for CircuitChange {
    fn from(transition: Transition) -> Self {
        Self {
            from: transition.from,
            to: transition.to,
            pause: (transition.to == CircuitState::Open).then_some(transition.pause),
        }
    }
}

impl Transition {
    #[cold]
    /// `keyed` is said of the breaker of a key alone.
    pub(super) fn announce(self, service: &ServiceName, keyed: Option<bool>) {
        let (service, from, to) = (service.as_str(), self.from.name(), self.to.name());
        match self.to {
            CircuitState::Open => tracing::warn!(
                target: "resilience",
                service,
                keyed,
                from,
                to,
                retry_after_ms = u64::try_from(self.pause.as_millis()).unwrap_or(u64::MAX),
                "circuit breaker opened"
            ),
            CircuitState::ForcedOpen => tracing::warn!(
                target: "resilience",
                service,
                keyed,
                from,
                to,
                "circuit breaker forced open"
            ),
            CircuitState::HalfOpen => tracing::info!(
                target: "resilience",
                service,
                keyed,
                from,
                to,
                "circuit breaker lets probes through"
            ),
            CircuitState::Closed => tracing::info!(
                target: "resilience",
                service,
                keyed,
                from,
                to,
                "circuit breaker closed"
            ),
            CircuitState::Disabled => tracing::info!(
                target: "resilience",
                service,
                keyed,
                from,
                to,
                "circuit breaker disabled"
            ),
        }
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use crate::{CircuitBreaker, CircuitBreakerConfig};

    /// Writes each event as one line.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<String>>);

    impl Visit for Lines {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            if field.name() != "message" {
                let mut lines = self.0.lock().expect("no panic");
                write!(lines, " {}={value:?}", field.name()).expect("a string");
            }
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "resilience"
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            write!(
                self.0.lock().expect("no panic"),
                "{}",
                event.metadata().level()
            )
            .expect("a string");
            event.record(&mut self.clone());
            self.0.lock().expect("no panic").push('\n');
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[tokio::test(start_paused = true)]
    async fn every_change_is_told_once() {
        let lines = Lines::default();
        let guard = tracing::subscriber::set_default(lines.clone());
        let config = CircuitBreakerConfig::default()
            .failure_threshold(1)
            .success_threshold(1);
        let breaker = CircuitBreaker::new("llm", config).expect("valid");
        breaker.try_acquire().expect("closed").failure();
        assert!(breaker.try_acquire().is_err());
        tokio::time::advance(breaker.config().recovery_timeout).await;
        breaker.try_acquire().expect("a probe").success();
        breaker.force_open();
        breaker.force_open();
        breaker.disable();
        breaker.reset();
        breaker.force_closed();
        drop(guard);
        assert_eq!(
            *lines.0.lock().expect("no panic"),
            "WARN service=\"llm\" from=\"closed\" to=\"open\" retry_after_ms=30000\n\
             INFO service=\"llm\" from=\"open\" to=\"half_open\"\n\
             INFO service=\"llm\" from=\"half_open\" to=\"closed\"\n\
             WARN service=\"llm\" from=\"closed\" to=\"forced_open\"\n\
             INFO service=\"llm\" from=\"forced_open\" to=\"disabled\"\n\
             INFO service=\"llm\" from=\"disabled\" to=\"closed\"\n"
        );
    }
}
