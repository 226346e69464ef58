//! What people say of a breaker, and what it says to them.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_is_said_by_hand_holds_until_something_else_is_said() {
    let breaker = breaker(config());
    let early = breaker.try_acquire().expect("a permit");
    breaker.force_open();
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    advance(1_000 * SECOND).await;
    let rejection = breaker.try_acquire().expect_err("forced open");
    assert_eq!(rejection.retry_after(), None, "no time ends it");
    assert_eq!(
        rejection.to_string(),
        "circuit breaker of service `llm` is forced open"
    );
    assert!(breaker.rejects_at(Moment::FAR_FUTURE));

    breaker.disable();
    early.failure();
    breaker.fail(100);
    assert_eq!(breaker.state(), CircuitState::Disabled);
    assert_eq!(breaker.stats().consecutive_failures, 0);

    breaker.force_closed();
    breaker.fail(2);
    breaker.force_closed();
    breaker.fail(2);
    assert_eq!(breaker.state(), CircuitState::Closed, "closing forgets");
    breaker.fail(1);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.stats().opened, 1);

    breaker.reset();
    let stats = breaker.stats();
    assert_eq!(stats.state, CircuitState::Closed);
    assert_eq!((stats.opened, stats.rejected), (0, 0));
    assert_eq!(stats.in_state_for, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_is_said_again_by_hand_changes_nothing() {
    for say in [CircuitBreaker::force_open, CircuitBreaker::disable] {
        let breaker = breaker(config());
        say(&breaker);
        advance(4 * SECOND).await;
        say(&breaker);
        assert_eq!(breaker.stats().in_state_for, 4 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn held_open_it_closes_when_it_is_let_go_unless_somebody_said_otherwise() {
    let breaker = breaker(config());
    let held = breaker.hold_open().expect("it was closed");
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    assert!(breaker.hold_open().is_none(), "it is held already");
    drop(held);
    assert_eq!(breaker.state(), CircuitState::Closed);

    let held = breaker.hold_open();
    advance(4 * SECOND).await;
    breaker.force_open();
    assert_eq!(breaker.stats().in_state_for, 4 * SECOND, "nothing changed");
    drop(held);
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);

    breaker.disable();
    assert!(breaker.hold_open().is_none());
    assert_eq!(breaker.state(), CircuitState::Disabled);
}

#[tokio::test(start_paused = true)]
async fn a_listener_hears_of_each_change_and_how_long_it_stays_open() {
    let (changes, told) = std::sync::mpsc::channel();
    let breaker = CircuitBreaker::new("llm", config())
        .expect("valid")
        .with_listener(move |it| changes.send((it.from, it.to, it.pause)).expect("heard"));
    breaker.fail(3);
    breaker.force_open();
    assert_eq!(
        told.try_iter().collect::<Vec<_>>(),
        [
            (CircuitState::Closed, CircuitState::Open, Some(10 * SECOND)),
            (CircuitState::Open, CircuitState::ForcedOpen, None),
        ]
    );
}
