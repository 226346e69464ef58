//! The breaker against the naive model, and that every reachable state can close again.

use proptest::prelude::*;

use super::reference::{Held, Reference};
use super::steps::{Step, config, outcome, steps};
use crate::circuit_breaker::CircuitState;
use crate::circuit_breaker::machine::Outcome;
use crate::circuit_breaker::packed_state::Ticket;
use crate::circuit_breaker::shared_state::{Rejection, SharedState};
use crate::clock::Moment;

proptest! {
    #[test]
    fn breaker_equals_the_reference(config in config(), steps in steps()) {
        config.validate().expect("a configuration that can run");
        let mut now = 1_000;
        let shared = SharedState::new(config.clone(), Moment(now));
        let mut reference = Reference::new(config);
        let mut permits: Vec<(Ticket, Held)> = Vec::new();
        // The last `hold_open`, and whether it was not overridden.
        let (mut last_hold, mut holds) = (None, None);
        for step in steps {
            match step {
                Step::Admit => {
                    let sure = shared.rejects_at(Moment(now));
                    let (answer, _) = shared.admit(|| Moment(now));
                    let expected = reference.admit(now);
                    match (answer, expected) {
                        (Ok(ticket), Ok(held)) => permits.push((ticket, held)),
                        (Err(Rejection { retry_after, .. }), Err(expected)) => {
                            prop_assert_eq!(retry_after, expected);
                        }
                        (answer, expected) => prop_assert!(false, "{answer:?}, not {expected:?}"),
                    }
                    prop_assert!(!sure || answer.is_err());
                }
                Step::Settle(index, outcome) => {
                    if !permits.is_empty() {
                        let (ticket, held) = permits.remove(index % permits.len());
                        shared.record(ticket, outcome, Moment(held.started), || Moment(now));
                        reference.record(held, outcome, now);
                    }
                }
                Step::Advance(by) => now += by,
                Step::ForceOpen => {
                    shared.change(|machine| machine.force_open(Moment(now)));
                    holds = None;
                    if reference.state != CircuitState::ForcedOpen {
                        reference.enter(CircuitState::ForcedOpen);
                    }
                }
                Step::Hold => {
                    let (held, _) = shared.change(|machine| machine.hold_open(Moment(now)));
                    let overrides = [CircuitState::ForcedOpen, CircuitState::Disabled];
                    prop_assert_eq!(held.is_none(), overrides.contains(&reference.state));
                    if held.is_some() {
                        reference.enter(CircuitState::ForcedOpen);
                        (last_hold, holds) = (held, held);
                    }
                }
                Step::LetGo => {
                    // Also one that has no effect any more.
                    if let Some(held) = last_hold {
                        shared.change(|machine| machine.release(held, Moment(now)));
                        if holds.take().is_some() {
                            reference.enter(CircuitState::Closed);
                        }
                    }
                }
                Step::Reconfigure(config) => {
                    shared.change(|machine| machine.reconfigure((*config).clone()));
                    reference.reconfigure(*config, now);
                }
                Step::ForceClosed => {
                    shared.change(|machine| machine.force_closed(Moment(now)));
                    holds = None;
                    reference.enter(CircuitState::Closed);
                }
                Step::Disable => {
                    holds = None;
                    shared.change(|machine| machine.disable(Moment(now)));
                    if reference.state != CircuitState::Disabled {
                        reference.enter(CircuitState::Disabled);
                    }
                }
                Step::Reset => {
                    holds = None;
                    shared.reset_rejected();
                    shared.change(|machine| machine.reset(Moment(now)));
                    reference.enter(CircuitState::Closed);
                    reference.opened = 0;
                    reference.rejected = 0;
                }
            }
            let view = shared.view(Moment(now));
            prop_assert_eq!(view.state, reference.state(now));
            prop_assert_eq!(shared.state(|| Moment(now)), view.state);
            prop_assert_eq!(view.opened, reference.opened);
            prop_assert_eq!(shared.rejected(), reference.rejected);
            prop_assert_eq!(view.consecutive, reference.row);
            let config = &reference.config;
            if config.failure_rate.is_some() || config.slow_call_rate.is_some() {
                let window = reference.window(now);
                prop_assert_eq!(view.totals.calls, window.len() as u64);
                prop_assert_eq!(
                    view.totals.failures,
                    window.iter().filter(|seen| seen.failed).count() as u64
                );
                prop_assert_eq!(
                    view.totals.slow,
                    window.iter().filter(|seen| seen.slow).count() as u64
                );
            }
        }
    }

    /// In every state, also after times that jump and a new configuration: once all permits are released and the pause is
    /// over, it admits a call, and successes close it for good. (The first of them may still open it.)
    #[test]
    fn every_reachable_state_can_close(
        first in config(),
        config in config(),
        changed in 0_usize..100,
        steps in prop::collection::vec((any::<bool>(), 0_usize..8, outcome(), 0_u64..400), 0..200),
    ) {
        let shared = SharedState::new(first, Moment(0));
        let mut permits = Vec::new();
        let mut config = Some(config);
        for (step, (admit, index, outcome, at)) in steps.into_iter().enumerate() {
            let now = Moment(at);
            if step == changed && let Some(config) = config.take() {
                shared.change(|machine| machine.reconfigure(config));
            }
            if admit {
                if let (Ok(ticket), _) = shared.admit(|| now) {
                    permits.push((ticket, now));
                }
            } else if !permits.is_empty() {
                let (ticket, started) = permits.remove(index % permits.len());
                shared.record(ticket, outcome, started, || now);
            }
        }
        for (ticket, started) in permits {
            shared.record(ticket, Outcome::Ignored, started, || started);
        }
        for round in 1..100 {
            let later = Moment(round * 10_000);
            let (answer, _) = shared.admit(|| later);
            let ticket = answer.expect("a ticket");
            shared.record(ticket, Outcome::Success, later, || later);
        }
        prop_assert_eq!(shared.state(|| Moment(2_000_000)), CircuitState::Closed);
    }
}
