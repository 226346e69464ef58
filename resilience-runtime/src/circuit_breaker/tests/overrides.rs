//! Overrides by hand, and the listener of changes.

use super::*;

#[tokio::test(start_paused = true)]
async fn overrides_hold_until_the_next_override() {
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
async fn repeated_override_changes_nothing() {
    for repeat in [CircuitBreaker::force_open, CircuitBreaker::disable] {
        let breaker = breaker(config());
        repeat(&breaker);
        advance(4 * SECOND).await;
        repeat(&breaker);
        assert_eq!(breaker.stats().in_state_for, 4 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn held_open_closes_on_drop_unless_overridden() {
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
async fn listener_receives_each_change_and_the_pause() {
    let (changes, received) = std::sync::mpsc::channel();
    let breaker = CircuitBreaker::new("llm", config())
        .expect("valid")
        .with_listener(move |it| {
            changes
                .send((it.from, it.to, it.pause))
                .expect("the receiver is alive")
        });
    breaker.fail(3);
    breaker.force_open();
    assert_eq!(
        received.try_iter().collect::<Vec<_>>(),
        [
            (CircuitState::Closed, CircuitState::Open, Some(10 * SECOND)),
            (CircuitState::Open, CircuitState::ForcedOpen, None),
        ]
    );
}
