//! The breakers of keys behave as one breaker for each key, whatever other keys come and go.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::super::{CircuitBreaker, CircuitState};
use crate::clock::Moment;
use crate::config::CircuitBreakerConfig;
use crate::key_table::{KeyTable, PerKey as _};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A call with one of three keys: answered, failed, ignored or abandoned.
    Call(u8, u8),
    /// A call with a key that was never seen before.
    NewKey,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u8, 0..4_u8).prop_map(|(key, outcome)| Step::Call(key, outcome)),
        2 => Just(Step::NewKey),
        1 => (1..15_u64).prop_map(Step::Wait),
    ]
}

fn config() -> impl Strategy<Value = CircuitBreakerConfig> {
    (1..4_u32, 1..3_u32, 1..3_u32, prop::option::of(0.3..1.0_f64)).prop_map(
        |(failures, successes, probes, rate)| {
            let config = CircuitBreakerConfig::default()
                .failure_threshold(failures)
                .success_threshold(successes)
                .half_open_max_calls(probes)
                .recovery_timeout(Duration::from_secs(10))
                .max_keys(4);
            match rate {
                Some(rate) => config
                    .failure_rate(rate)
                    .failure_threshold(failures)
                    .window(Duration::from_secs(5))
                    .minimum_calls(2),
                None => config,
            }
        },
    )
}

/// Whether it was admitted, and the state afterwards.
fn call(breaker: &CircuitBreaker, outcome: u8) -> (bool, CircuitState) {
    let permit = breaker.try_acquire();
    let admitted = permit.is_ok();
    if let Ok(permit) = permit {
        match outcome {
            0 => permit.success(),
            1 => permit.failure(),
            2 => permit.ignore(),
            _ => drop(permit),
        }
    }
    (admitted, breaker.state())
}

proptest! {
    #[test]
    fn keys_admit_what_single_breakers_admit(config in config(), steps in prop::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let table = KeyTable::new();
            let make = |config| CircuitBreaker::new("api", config).expect("valid");
            let of_service = make(config.clone());
            let of_key = |key: u32| table.get(&key, Moment::now(), &of_service, make);
            let mut model = HashMap::new();
            let mut fresh = 100;
            for step in steps {
                match step {
                    Step::Call(key, outcome) => {
                        let single = model.entry(key).or_insert_with(|| make(config.clone()));
                        let expected = call(single, outcome);
                        prop_assert_eq!(call(&of_key(key.into()), outcome), expected, "{:?}", step);
                    }
                    Step::NewKey => {
                        fresh += 1;
                        prop_assert!(of_key(fresh).try_acquire().is_ok());
                        let known = table.each(|_| ());
                        prop_assert!(known.is_some_and(|known| known <= 4));
                    }
                    Step::Wait(seconds) => tokio::time::advance(Duration::from_secs(seconds)).await,
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test(start_paused = true)]
async fn breaker_is_at_rest_when_it_is_like_a_new_one() {
    const SECOND: Duration = Duration::from_secs(1);
    let config = CircuitBreakerConfig::default()
        .failure_threshold(2)
        .recovery_timeout(10 * SECOND)
        .max_recovery_timeout(60 * SECOND);
    let breaker = CircuitBreaker::new("api", config.clone()).expect("valid");
    let rests = |idle: u64| breaker.is_at_rest(Duration::from_secs(idle), Moment::now());
    assert!(rests(0));
    breaker.try_acquire().expect("closed").failure();
    assert!(!rests(59) && rests(60));
    breaker.try_acquire().expect("closed").success();
    assert!(rests(0));
    for _ in 0..2 {
        breaker.try_acquire().expect("closed").failure();
    }
    assert!(!rests(1_000), "its pause is not over");
    tokio::time::advance(10 * SECOND).await;
    assert!(!rests(59) && rests(60));
    breaker.force_open();
    assert!(!rests(1_000));
    breaker.disable();
    assert!(!rests(1_000));
    breaker.reset();
    let in_time = config.failure_rate(0.5).window(5 * SECOND);
    breaker.reconfigure(in_time).expect("valid");
    breaker.try_acquire().expect("closed").success();
    assert!(!rests(0), "there is a call in the window");
    tokio::time::advance(5 * SECOND).await;
    assert!(rests(0));
}
