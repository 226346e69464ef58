//! The ends of the clock and the longest times there are.

use std::time::Duration;

use proptest::prelude::*;

use super::steps::{Step, config, outcome, steps};
use crate::circuit_breaker::CircuitState;
use crate::circuit_breaker::gate::Gate;
use crate::circuit_breaker::machine::Outcome;
use crate::circuit_breaker::word::Ticket;
use crate::clock::Moment;
use crate::config::{CircuitBreakerConfig, Window};

proptest! {
    /// Centuries after the zero of the clock it does what it does in the beginning.
    #[test]
    fn the_time_of_day_does_not_matter(config in config(), steps in steps()) {
        let answers = |mut now: u64| {
            let gate = Gate::new(config.clone(), Moment(now));
            let mut permits: Vec<(Ticket, u64)> = Vec::new();
            let mut answers = Vec::new();
            for step in &steps {
                match step {
                    Step::Admit => match gate.admit(|| Moment(now)).0 {
                        Ok(ticket) => permits.push((ticket, now)),
                        Err(rejection) => answers.push(rejection.retry_after.expect("not forced open")),
                    },
                    Step::Settle(place, outcome) if !permits.is_empty() => {
                        let (ticket, started) = permits.remove(place % permits.len());
                        gate.record(ticket, *outcome, Moment(started), || Moment(now));
                    }
                    Step::Advance(by) => now += by,
                    Step::Reconfigure(config) => {
                        gate.change(|machine| machine.reconfigure((**config).clone()));
                    }
                    _ => {}
                }
                let view = gate.view(Moment(now));
                answers.push(Duration::from_nanos(view.totals.calls << 3 | view.state as u64));
            }
            answers
        };
        // Later than that, pauses would end beyond what a number holds.
        prop_assert_eq!(answers(1_000), answers(u64::MAX - 10_000_000));
    }

    /// With the longest times there are, it is open for ever, and somebody's word ends that.
    #[test]
    fn the_longest_times_overflow_nothing(
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
        let gate = Gate::new(longest.clone(), Moment(0));
        let mut now = 0;
        for (admit, outcome, at) in steps {
            now = at.max(now);
            if let (true, Ok(ticket)) = (admit, gate.admit(|| Moment(now)).0) {
                gate.record(ticket, outcome, Moment(now), || Moment(now));
            }
        }
        gate.change(|machine| machine.force_closed(Moment(now)));
        prop_assert_eq!(gate.state(|| Moment(now)), CircuitState::Closed);
        for _ in 0..longest.failure_threshold.unwrap_or(0).max(longest.minimum_calls) {
            if let Ok(ticket) = gate.admit(|| Moment(now)).0 {
                gate.record(ticket, Outcome::Failure, Moment(now), || Moment(now));
            }
        }
        prop_assert_eq!(gate.state(|| Moment(now)), if now == u64::MAX {
            CircuitState::HalfOpen
        } else {
            CircuitState::Open
        });
    }
}
