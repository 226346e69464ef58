//! The six levels against a naive model: for each value the first level that has it, then the clamping.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::adaptive::AdaptiveLimits;
use super::circuit_breaker::{OnAbandoned, Window};
use super::effective::Effective;
use super::environment::Environment;
use super::hedge::HedgeDelay;
use super::key::{Key, ValueType};
use super::layer::Layer;
use super::mode::PatternMode;
use super::on_store_loss::OnStoreLoss;
use super::resolve::{Levels, Source};
use super::retry::Jitter;
use super::strategy::RateLimitStrategy as Counting;
use super::value::Value;
use crate::name::ServiceKind;

type Said = BTreeMap<Key, Value>;

/// A value that is in range by itself, whatever the others are.
fn value(key: Key) -> BoxedStrategy<Value> {
    match key.value_type() {
        ValueType::Count => (1..50_u64).prop_map(Value::Count).boxed(),
        ValueType::Time => (1..5_000_u64)
            .prop_map(|ms| Value::Time(Duration::from_millis(ms)))
            .boxed(),
        ValueType::Number => match key {
            Key::CircuitFailureRate | Key::CircuitSlowCallRate => (1..=100_u32)
                .prop_map(|percent| Value::Number(f64::from(percent) / 100.0))
                .boxed(),
            _ => (1.0..9.0_f64).prop_map(Value::Number).boxed(),
        },
        ValueType::Jitter => prop::sample::select(Jitter::ALL)
            .prop_map(Value::Jitter)
            .boxed(),
        ValueType::Window => prop_oneof![
            (1..50_u32).prop_map(|calls| Value::Window(Window::Calls(calls))),
            (1..90_u64).prop_map(|s| Value::Window(Window::Time(Duration::from_secs(s)))),
        ]
        .boxed(),
        ValueType::OnAbandoned => {
            prop_oneof![Just(OnAbandoned::Ignored), Just(OnAbandoned::Failure)]
                .prop_map(Value::OnAbandoned)
                .boxed()
        }
        ValueType::RateLimitStrategy => prop::sample::select(Counting::ALL)
            .prop_map(Value::RateLimitStrategy)
            .boxed(),
        ValueType::HedgeDelay => prop_oneof![
            (1..5_000_u64).prop_map(|ms| HedgeDelay::After(Duration::from_millis(ms))),
            (1..100_u32).prop_map(|percent| HedgeDelay::Percentile(percent.into())),
        ]
        .prop_map(Value::HedgeDelay)
        .boxed(),
        ValueType::Mode => prop::sample::select(PatternMode::ALL)
            .prop_map(Value::Mode)
            .boxed(),
        ValueType::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        ValueType::OnStoreLoss => prop::sample::select(OnStoreLoss::ALL)
            .prop_map(Value::OnStoreLoss)
            .boxed(),
    }
}

/// The settings of one level: none, a few or many. Those of an adaptive limit have a model of their own.
fn level() -> impl Strategy<Value = Said> {
    (0..4_u8).prop_flat_map(|often| {
        let values: Vec<_> = Key::ALL
            .iter()
            .filter(|key| !AdaptiveLimits::KEYS.contains(key))
            .map(|key| {
                prop::option::weighted(f64::from(often) * 0.15 + 0.01, value(*key))
                    .prop_map(|value| (*key, value))
            })
            .collect();
        values.prop_map(|values| {
            values
                .into_iter()
                .filter_map(|(key, value)| value.map(|value| (key, value)))
                .collect()
        })
    })
}

fn as_variable(name: &str, (key, value): (&Key, &Value)) -> (String, String) {
    let text = match *value {
        Value::Time(span) | Value::Window(Window::Time(span)) => format!("{}ms", span.as_millis()),
        Value::Window(Window::Calls(calls)) => calls.to_string(),
        other => other.to_string(),
    };
    (key.variable(name), text)
}

/// Whether it sets one of the limits of the rate.
fn is_limit(key: Key) -> bool {
    key.name().starts_with("rate_limit.") && key.name().contains("_per_")
}

/// What runs, read back; nothing where a pattern is off. What a limit or a bulkhead is built of is read where it runs.
fn runs(effective: &Effective, key: Key) -> Option<Value> {
    let limit = effective.rate_limit.as_ref();
    let per_key = limit.and_then(|limit| limit.per_key.as_ref());
    let count = |count: u32| Some(Value::Count(count.into()));
    match key {
        Key::RateLimitBurst => limit.and_then(|limit| limit.burst).and_then(count),
        Key::RateLimitStrategy => limit.map(|limit| Value::RateLimitStrategy(limit.strategy)),
        Key::RateLimitShared => limit.map(|limit| Value::Flag(limit.shared)),
        Key::RateLimitOnStoreLoss => limit.map(|limit| Value::OnStoreLoss(limit.on_store_loss)),
        Key::RateLimitPerKeyBurst => per_key.and_then(|limit| limit.burst).and_then(count),
        Key::RateLimitPerKeyStrategy => {
            per_key.map(|limit| Value::RateLimitStrategy(limit.strategy))
        }
        _ if is_limit(key) => {
            let limits = limit.map(|limit| [limit.limits(), limit.limits_per_key()].concat());
            let limits = limits.unwrap_or_default();
            let of_key = |name: &str| key.name().strip_prefix("rate_limit.") == Some(name);
            let found = limits.iter().find(|it| of_key(it.name.as_str()));
            found.and_then(|it| count(it.limit))
        }
        Key::BulkheadMaxConcurrent => effective
            .bulkhead
            .as_ref()
            .map(|bulkhead| Value::Count(bulkhead.max_concurrent as u64)),
        // The tests of each key, in `tests/configuration`, find a value that is kept at the wrong place.
        _ => effective.value(key),
    }
}

/// As a number, for those that must not be above another.
fn size(value: Value) -> Option<u128> {
    match value {
        Value::Time(span) => Some(span.as_nanos()),
        Value::Count(count) => Some(count.into()),
        Value::Window(Window::Calls(calls)) => Some(calls.into()),
        _ => None,
    }
}

/// The first is not to be above the second.
const PAIRS: [(Key, Key); 3] = [
    (Key::RetryBaseDelay, Key::RetryMaxDelay),
    (Key::CircuitRecoveryTimeout, Key::CircuitMaxRecoveryTimeout),
    (Key::CircuitMinimumCalls, Key::CircuitWindow),
];

/// What is to run, or `None` where that is an error.
fn model(levels: &[Said], preset: &Effective) -> Option<BTreeMap<Key, Value>> {
    let first = |key: Key| {
        let found = levels
            .iter()
            .enumerate()
            .find_map(|(rank, said)| said.get(&key).map(|value| (rank, *value)));
        found.or(runs(preset, key).map(|value| (levels.len(), value)))
    };
    let mut expected: BTreeMap<Key, Value> = Key::ALL
        .iter()
        .filter_map(|key| first(*key).map(|(_, value)| (*key, value)))
        .collect();
    for (least, most) in PAIRS {
        let ((low_rank, low), (high_rank, high)) = (first(least)?, first(most)?);
        let (Some(small), Some(great)) = (size(low), size(high)) else {
            continue;
        };
        if small <= great {
            continue;
        }
        match low_rank.cmp(&high_rank) {
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => match (high, least) {
                (Value::Window(Window::Calls(calls)), _) => {
                    expected.insert(least, Value::Count(calls.into()));
                }
                _ => {
                    expected.insert(least, high);
                }
            },
            std::cmp::Ordering::Less => match (low, most) {
                (Value::Count(count), Key::CircuitWindow) => {
                    let calls = u32::try_from(count).expect("small");
                    expected.insert(most, Value::Window(Window::Calls(calls)));
                }
                _ => {
                    expected.insert(most, low);
                }
            },
        }
    }
    // The preset's threshold gives way to a rate, a written one does not.
    let is_written = |key: Key| levels.iter().any(|said| said.contains_key(&key));
    if is_written(Key::CircuitFailureRate) && !is_written(Key::CircuitFailureThreshold) {
        expected.remove(&Key::CircuitFailureThreshold);
    }
    let halves = [Key::CircuitSlowCallDuration, Key::CircuitSlowCallRate];
    let has = halves.map(|key| expected.contains_key(&key));
    (has[0] == has[1]).then_some(expected)
}

proptest! {
    #[test]
    fn each_value_is_of_the_first_level_that_has_it(
        kind in prop::sample::select(ServiceKind::ALL),
        said in [level(), level(), level(), level(), level()],
    ) {
        let variables = Environment::from_variables(
            said[0]
                .iter()
                .map(|said| as_variable("OPENAI", said))
                .chain(said[3].iter().map(|said| as_variable("SOME_KIND", said))),
        );
        let of_service = variables.layer("openai").expect("readable");
        let of_kind = variables.layer("some-kind").expect("readable");
        let layer = |rank: usize| -> Layer {
            said[rank].iter().map(|(key, value)| (*key, *value)).collect()
        };
        let (service, attribute, kinds) = (layer(1), layer(2), layer(4));
        let resolved = Levels(vec![
            Source::Environment(&of_service),
            Source::Settings(&service, "service `openai`"),
            Source::Attribute(&attribute, "here"),
            Source::Environment(&of_kind),
            Source::Settings(&kinds, "kind"),
        ])
        .resolve(kind);
        let Some(mut expected) = model(&said, &Effective::preset(kind)) else {
            prop_assert!(resolved.is_err());
            return Ok(());
        };
        let effective = match resolved {
            Ok(effective) => effective,
            Err(problems) => {
                let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                return Err(TestCaseError::fail(problems.join("\n")));
            }
        };
        // Without a limit there is none to have a burst or a strategy, or to be shared.
        let has = |per_key: bool| {
            let mut limits = expected.keys().filter(|key| is_limit(**key));
            limits.any(|key| key.is_per_key() == per_key)
        };
        let (of_service, of_keys) = (has(false), has(true));
        if !of_service {
            expected.remove(&Key::RateLimitBurst);
        }
        for (key, default) in [
            (Key::RateLimitStrategy, Value::RateLimitStrategy(Counting::default())),
            (Key::RateLimitShared, Value::Flag(false)),
            (Key::RateLimitOnStoreLoss, Value::OnStoreLoss(OnStoreLoss::Share)),
        ] {
            if of_service || of_keys {
                expected.entry(key).or_insert(default);
            } else {
                expected.remove(&key);
            }
        }
        if of_keys {
            let strategy = expected[&Key::RateLimitStrategy];
            expected.entry(Key::RateLimitPerKeyStrategy).or_insert(strategy);
        } else {
            expected.remove(&Key::RateLimitPerKeyBurst);
            expected.remove(&Key::RateLimitPerKeyStrategy);
        }
        for key in Key::ALL {
            prop_assert_eq!(runs(&effective, *key), expected.get(key).copied(), "{}", key);
        }
    }
}
