//! Every interleaving of a few threads, by the model checker:
//! `RUSTFLAGS="--cfg resilience_loom" cargo test -p resilience-runtime --release --lib loom`.

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::gate::Gate;
use super::machine::Outcome;
use super::state::CircuitState;
use crate::clock::Moment;
use crate::config::{CircuitBreakerConfig, Window};

const START: Moment = Moment(0);
/// When the pause is over.
const AFTER: Moment = Moment(100);

fn config() -> CircuitBreakerConfig {
    CircuitBreakerConfig::default()
        .failure_threshold(2)
        .recovery_timeout(Duration::from_nanos(100))
        .success_threshold(2)
        .half_open_max_calls(1)
}

fn settle(gate: &Gate, outcome: Outcome, now: Moment) -> bool {
    match gate.admit(|| now).0 {
        Ok(ticket) => {
            gate.record(ticket, outcome, now, || now);
            true
        }
        Err(_) => false,
    }
}

fn opened(config: CircuitBreakerConfig) -> Arc<Gate> {
    let gate = Arc::new(Gate::new(config, START));
    while settle(&gate, Outcome::Failure, START) {}
    gate
}

/// Fails with this in `machine.rs`:
/// ```diff
/// -            Phase::HalfOpen { in_flight, .. } if *in_flight < self.config.half_open_max_calls => {
/// +            Phase::HalfOpen { in_flight, .. } if *in_flight <= self.config.half_open_max_calls => {
/// ```
#[test]
fn loom_half_open_never_admits_more_than_its_places() {
    loom::model(|| {
        let gate = opened(config());
        let running = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = [Outcome::Ignored, Outcome::Success]
            .into_iter()
            .map(|outcome| {
                let (gate, running) = (Arc::clone(&gate), Arc::clone(&running));
                thread::spawn(move || {
                    if let (Ok(ticket), _) = gate.admit(|| AFTER) {
                        assert_eq!(running.fetch_add(1, SeqCst), 0, "two probes at once");
                        running.fetch_sub(1, SeqCst);
                        gate.record(ticket, outcome, AFTER, || AFTER);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        // Every place is free again.
        assert!(settle(&gate, Outcome::Ignored, AFTER));
        assert_eq!(gate.state(|| AFTER), CircuitState::HalfOpen);
    });
}

/// Fails with this in `gate.rs`:
/// ```diff
/// -        if self.word.load(Relaxed) != word.0 {
/// +        drop(machine); if self.word.load(Relaxed) != word.0 {
/// ```
#[test]
fn loom_no_failure_is_lost_on_the_way_to_open() {
    loom::model(|| {
        let gate = Arc::new(Gate::new(config(), START));
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || settle(&gate, Outcome::Failure, START))
        };
        assert!(settle(&gate, Outcome::Failure, START));
        assert!(other.join().expect("no panic"));
        assert_eq!(gate.state(|| START), CircuitState::Open);
        assert!(gate.rejects_at(Moment(99)) && !gate.rejects_at(AFTER));
        assert!(!settle(&gate, Outcome::Success, Moment(99)));
    });
}

/// Fails with this in `word.rs`:
/// ```diff
/// -        self.0 & (STATE | RATED | FAILING) == CircuitState::Closed as u64
/// +        self.0 & (STATE | RATED) == CircuitState::Closed as u64
/// ```
#[test]
fn loom_a_success_between_failures_is_seen_by_the_one_who_made_it() {
    loom::model(|| {
        let gate = Arc::new(Gate::new(config(), START));
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || settle(&gate, Outcome::Success, START))
        };
        // Fail, succeed, fail in one thread: never two in a row, whatever the other one does.
        for outcome in [Outcome::Failure, Outcome::Success, Outcome::Failure] {
            assert!(settle(&gate, outcome, START));
        }
        assert!(other.join().expect("no panic"));
        assert_eq!(gate.state(|| START), CircuitState::Closed);
    });
}

/// Fails with this in `word.rs`:
/// ```diff
/// -        self.0 & (STATE | RATED | FAILING) == CircuitState::Closed as u64
/// +        self.0 & (STATE | FAILING) == CircuitState::Closed as u64
/// ```
#[test]
fn loom_no_outcome_of_a_window_is_lost() {
    loom::model(|| {
        let gate = Arc::new(Gate::new(
            config()
                .failure_rate(0.5)
                .window(Window::Calls(2))
                .minimum_calls(2),
            START,
        ));
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || settle(&gate, Outcome::Success, START))
        };
        assert!(settle(&gate, Outcome::Failure, START));
        assert!(other.join().expect("no panic"));
        // Whichever came second filled the window.
        assert_eq!(gate.state(|| START), CircuitState::Open);
    });
}

/// Fails with this in `machine.rs`:
/// ```diff
/// -        if ticket.generation() != self.generation {
/// +        if false {
/// ```
#[test]
fn loom_a_late_result_of_the_round_before_changes_nothing() {
    loom::model(|| {
        let gate = opened(config().half_open_max_calls(2).success_threshold(1));
        let (first, second) = (gate.admit(|| AFTER).0, gate.admit(|| AFTER).0);
        let (Ok(first), Ok(second)) = (first, second) else {
            panic!("two places");
        };
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                gate.record(second, Outcome::Success, AFTER, || AFTER);
            })
        };
        gate.record(first, Outcome::Failure, AFTER, || AFTER);
        // If that reopened it: the next round, where one success would be enough.
        let next = gate.admit(|| Moment(200)).0;
        other.join().expect("no panic");
        // The first to come decides; the other one is late.
        let probing = next.is_ok_and(|ticket| ticket.is_probe());
        let expected = if probing {
            (CircuitState::HalfOpen, 2)
        } else {
            (CircuitState::Closed, 1)
        };
        let view = gate.view(Moment(200));
        assert_eq!((view.state, view.opened), expected);
    });
}
