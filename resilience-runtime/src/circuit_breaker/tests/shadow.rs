//! A breaker in shadow: it decides as one that enforces, and rejects nothing.

use proptest::prelude::*;

use super::steps::{Step, config as any_config, outcome, steps};
use super::*;
use crate::circuit_breaker::machine::Outcome;
use crate::circuit_breaker::shared_state::SharedState;
use crate::config::PatternMode;

fn shadow(config: CircuitBreakerConfig) -> Arc<CircuitBreaker> {
    breaker(config.mode(PatternMode::Shadow))
}

#[tokio::test(start_paused = true)]
async fn open_shadow_breaker_passes_and_ignores_results() {
    let breaker = shadow(config());
    breaker.fail(3);
    assert_eq!(breaker.state(), CircuitState::Open);
    for turn in 1..=5 {
        let permit = breaker.try_acquire().expect("a permit");
        assert!(permit.is_shadow_rejected() && !permit.is_probe());
        if turn % 2 == 0 {
            permit.success();
        } else {
            permit.failure();
        }
        assert_eq!(breaker.stats().shadow_rejected, turn);
    }
    let stats = breaker.stats();
    assert_eq!((stats.state, stats.rejected), (CircuitState::Open, 0));
    assert_eq!((stats.opened, stats.consecutive_failures), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn half_open_shadow_breaker_takes_the_first_calls_as_probes() {
    let breaker = shadow(config());
    breaker.fail(3);
    advance(10 * SECOND).await;
    let acquire = || breaker.try_acquire_owned().expect("a permit");
    let probes = [acquire(), acquire()];
    let beside = acquire();
    assert!(probes.iter().all(OwnedPermit::is_probe));
    assert!(beside.is_shadow_rejected() && !beside.is_probe());
    assert_eq!(breaker.stats().shadow_rejected, 1);
    beside.failure();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    probes.into_iter().for_each(OwnedPermit::success);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert!(!acquire().is_shadow_rejected());
}

#[tokio::test(start_paused = true)]
async fn failed_probe_reopens_a_shadow_breaker() {
    let breaker = shadow(config());
    breaker.fail(3);
    advance(10 * SECOND).await;
    let first = breaker.try_acquire().expect("a permit");
    first.failure();
    assert_eq!(breaker.state(), CircuitState::Open);
    let next = breaker.try_acquire().expect("a permit");
    assert!(next.is_shadow_rejected());
}

#[tokio::test(start_paused = true)]
async fn forced_open_shadow_breaker_passes() {
    let breaker = shadow(config());
    breaker.force_open();
    assert!(
        breaker
            .try_acquire()
            .expect("a permit")
            .is_shadow_rejected()
    );
    breaker.reset();
    assert_eq!(breaker.stats().shadow_rejected, 0);
}

#[tokio::test(start_paused = true)]
async fn mode_changes_at_any_moment() {
    let breaker = breaker(config());
    let set = |mode| {
        breaker
            .reconfigure(breaker.config().mode(mode))
            .expect("valid")
    };
    breaker.fail(3);
    assert_eq!(breaker.wait(), Some(10 * SECOND));
    set(PatternMode::Shadow);
    let passed = breaker.try_acquire().expect("a permit");
    set(PatternMode::Enforce);
    assert_eq!(breaker.wait(), Some(10 * SECOND), "it never closed");
    advance(10 * SECOND).await;
    let probes = [(); 2].map(|()| breaker.try_acquire().expect("a permit"));
    assert_eq!(breaker.wait(), Some(10 * SECOND), "all places are taken");
    set(PatternMode::Shadow);
    let beside = breaker.try_acquire().expect("a permit");
    set(PatternMode::Enforce);
    // What passed in shadow is no outcome of any later state.
    passed.success();
    beside.failure();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    probes.into_iter().for_each(Permit::success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

proptest! {
    /// Fed the same, both have the same states and counts at each step. What one rejects passes the other, whatever
    /// becomes of it.
    #[test]
    fn shadow_breaker_decides_as_an_enforcing_one(
        config in any_config(),
        steps in steps(),
        outcomes in prop::collection::vec(outcome(), 300),
    ) {
        let in_shadow = config.clone().mode(PatternMode::Shadow);
        let mut now = 1_000;
        let enforcing = SharedState::new(config, Moment(now));
        let shadow = SharedState::new(in_shadow, Moment(now));
        let both = [&enforcing, &shadow];
        let (mut permits, mut passed) = (Vec::new(), Vec::new());
        for (step, stray) in steps.into_iter().zip(outcomes) {
            match step {
                Step::Admit => {
                    prop_assert!(!shadow.rejects_at(Moment(now)));
                    let answers = both.map(|it| it.admit(|| Moment(now)).0);
                    match answers {
                        [Ok(a), Ok(b)] => permits.push((a, b, now)),
                        [Err(a), Err(b)] => {
                            prop_assert_eq!(a.retry_after, b.retry_after);
                            prop_assert!(a.or_pass().is_err());
                            passed.push(b.or_pass().expect("it passes in shadow"));
                        }
                        other => prop_assert!(false, "{other:?}"),
                    }
                }
                Step::Settle(index, outcome) => {
                    if !permits.is_empty() {
                        let (a, b, started) = permits.remove(index % permits.len());
                        for (it, ticket) in [(&enforcing, a), (&shadow, b)] {
                            it.record(ticket, outcome, Moment(started), || Moment(now));
                        }
                    }
                    if let Some(ticket) = passed.pop() {
                        prop_assert!(ticket.is_shadow());
                        prop_assert!(shadow.is_noop(ticket, stray) || stray != Outcome::Success);
                        shadow.record(ticket, stray, Moment::FAR_FUTURE, || Moment(now));
                    }
                }
                Step::Advance(by) => now += by,
                Step::ForceOpen => both.iter().for_each(|it| {
                    it.change(|machine| machine.force_open(Moment(now)));
                }),
                Step::ForceClosed | Step::LetGo => both.iter().for_each(|it| {
                    it.change(|machine| machine.force_closed(Moment(now)));
                }),
                Step::Hold => both.iter().for_each(|it| {
                    it.change(|machine| machine.hold_open(Moment(now)));
                }),
                Step::Disable => both.iter().for_each(|it| {
                    it.change(|machine| machine.disable(Moment(now)));
                }),
                Step::Reset => both.iter().for_each(|it| {
                    it.reset_rejected();
                    it.change(|machine| machine.reset(Moment(now)));
                }),
                Step::Reconfigure(config) => {
                    let in_shadow = config.clone().mode(PatternMode::Shadow);
                    enforcing.change(|machine| machine.reconfigure(*config));
                    shadow.change(|machine| machine.reconfigure(in_shadow));
                }
            }
            let [a, b] = both.map(|it| it.view(Moment(now)));
            prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
            prop_assert_eq!(enforcing.rejected(), shadow.shadow_rejected());
            prop_assert_eq!((enforcing.shadow_rejected(), shadow.rejected()), (0, 0));
        }
    }
}
