//! Random events and configurations for a breaker.

use std::time::Duration;

use proptest::prelude::*;

use crate::circuit_breaker::machine::Outcome;
use crate::config::{CircuitBreakerConfig, OnAbandoned, PatternMode, Window};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Admit,
    /// Hands back the permit at this index, modulo their number.
    Settle(usize, Outcome),
    Advance(u64),
    ForceOpen,
    ForceClosed,
    Disable,
    Reset,
    Hold,
    LetGo,
    Reconfigure(Box<CircuitBreakerConfig>),
}

pub(super) fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Success),
        4 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored),
        1 => Just(Outcome::Abandoned),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        40 => Just(Step::Admit),
        40 => (0_usize..8, outcome()).prop_map(|(index, outcome)| Step::Settle(index, outcome)),
        15 => (0_u64..6).prop_map(Step::Advance),
        5 => (6_u64..200).prop_map(Step::Advance),
        1 => Just(Step::ForceOpen),
        2 => Just(Step::ForceClosed),
        1 => Just(Step::Disable),
        1 => Just(Step::Reset),
        2 => Just(Step::Hold),
        3 => Just(Step::LetGo),
        2 => config().prop_map(|config| Step::Reconfigure(Box::new(config))),
    ];
    prop::collection::vec(step, 0..300)
}

fn rate() -> impl Strategy<Value = f64> {
    (1_u32..=20).prop_map(|twentieths| f64::from(twentieths) / 20.0)
}

prop_compose! {
    pub(super) fn config()(
        failure_threshold in prop::option::of(1_u32..5),
        failure_rate in prop::option::of(rate()),
        window in prop_oneof![
            (1_u32..70).prop_map(Window::Calls),
            (1_u64..80).prop_map(|n| Window::Time(Duration::from_nanos(n))),
        ],
        minimum in 1_u32..12,
        slow in prop::option::of((1_u64..10, rate())),
        recovery_timeout in 1_u64..30,
        recovery_multiplier in prop_oneof![Just(1.0), Just(1.5), Just(2.0), Just(10.0)],
        room in 0_u64..200,
        success_threshold in 1_u32..4,
        half_open_max_calls in 1_u32..4,
        abandoned in prop_oneof![Just(OnAbandoned::Ignored), Just(OnAbandoned::Failure)],
    ) -> CircuitBreakerConfig {
        let minimum_calls = match window {
            Window::Calls(calls) => minimum.min(calls),
            Window::Time(_) => minimum,
        };
        let has_rate = failure_rate.is_some() || slow.is_some();
        CircuitBreakerConfig {
            failure_threshold: failure_threshold.or((!has_rate).then_some(2)),
            failure_rate,
            window,
            minimum_calls,
            slow_call_duration: slow.map(|(limit, _)| Duration::from_nanos(limit)),
            slow_call_rate: slow.map(|(_, rate)| rate),
            recovery_timeout: Duration::from_nanos(recovery_timeout),
            recovery_multiplier,
            max_recovery_timeout: Duration::from_nanos(recovery_timeout + room),
            success_threshold,
            half_open_max_calls,
            abandoned,
            max_keys: CircuitBreakerConfig::DEFAULT_MAX_KEYS,
            mode: PatternMode::Enforce,
        }
    }
}
