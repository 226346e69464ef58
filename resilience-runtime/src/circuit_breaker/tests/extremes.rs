//! The limits of the clock, and the longest durations.

use std::time::Duration;

use proptest::prelude::*;

use super::steps::{Step, config, outcome, steps};
use crate::circuit_breaker::CircuitState;
use crate::circuit_breaker::machine::Outcome;
use crate::circuit_breaker::packed_state::Ticket;
use crate::circuit_breaker::shared_state::SharedState;
use crate::clock::Moment;
use crate::config::{CircuitBreakerConfig, Window};

proptest! {
    /// Centuries after the zero of the clock it behaves as in the beginning.
    #[test]
    fn behaviour_does_not_depend_on_the_origin_of_the_clock(config in config(), steps in steps()) {
        let answers = |mut now: u64| {
            let shared = SharedState::new(config.clone(), Moment(now));
            let mut permits: Vec<(Ticket, u64)> = Vec::new();
            let mut answers = Vec::new();
            for step in &steps {
                match step {
                    Step::Admit => match shared.admit(|| Moment(now)).0 {
                        Ok(ticket) => permits.push((ticket, now)),
                        Err(rejection) => answers.push(rejection.retry_after.expect("not forced open")),
                    },
                    Step::Settle(index, outcome) if !permits.is_empty() => {
                        let (ticket, started) = permits.remove(index % permits.len());
                        shared.record(ticket, *outcome, Moment(started), || Moment(now));
                    }
                    Step::Advance(by) => now += by,
                    Step::Reconfigure(config) => {
                        shared.change(|machine| machine.reconfigure((**config).clone()));
                    }
                    _ => {}
                }
                let view = shared.view(Moment(now));
                answers.push(Duration::from_nanos(view.totals.calls << 3 | view.state as u64));
            }
            answers
        };
        // Later than that, pauses would end beyond what a number holds.
        prop_assert_eq!(answers(1_000), answers(u64::MAX - 10_000_000));
    }

    /// With the longest durations it is open for ever, until an override.
    #[test]
    fn longest_durations_do_not_overflow(
        config in config(),
        steps in prop::collection::vec((any::<bool>(), outcome(), any::<u64>()), 0..40),
    ) {
        let longest = CircuitBreakerConfig {
            failure_threshold: config.failure_threshold.or(Some(3)),
            window: match config.window {
                Window::Calls(calls) => Window::Calls(calls),
                Window::Time(_) => Window::Time(Duration::MAX),
            },
            slow_call_duration: config.slow_call_duration.map(|_| Duration::MAX),
            recovery_timeout: Duration::MAX,
            recovery_multiplier: f64::MAX,
            max_recovery_timeout: Duration::MAX,
            ..config
        };
        longest.validate().expect("allowed");
        let shared = SharedState::new(longest.clone(), Moment(0));
        let mut now = 0;
        for (admit, outcome, at) in steps {
            now = at.max(now);
            if let (true, Ok(ticket)) = (admit, shared.admit(|| Moment(now)).0) {
                shared.record(ticket, outcome, Moment(now), || Moment(now));
            }
        }
        shared.change(|machine| machine.force_closed(Moment(now)));
        prop_assert_eq!(shared.state(|| Moment(now)), CircuitState::Closed);
        for _ in 0..longest.failure_threshold.unwrap_or(0).max(longest.minimum_calls) {
            if let Ok(ticket) = shared.admit(|| Moment(now)).0 {
                shared.record(ticket, Outcome::Failure, Moment(now), || Moment(now));
            }
        }
        prop_assert_eq!(shared.state(|| Moment(now)), if now == u64::MAX {
            CircuitState::HalfOpen
        } else {
            CircuitState::Open
        });
    }
}
