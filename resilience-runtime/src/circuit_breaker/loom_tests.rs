//! Every interleaving of a few threads, by the model checker:
//! `RUSTFLAGS="--cfg resilience_loom" cargo test -p resilience-runtime --release --lib loom`.

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::machine::Outcome;
use super::shared_state::SharedState;
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

fn settle(shared: &SharedState, outcome: Outcome, now: Moment) -> bool {
    match shared.admit(|| now).0 {
        Ok(ticket) => {
            shared.record(ticket, outcome, now, || now);
            true
        }
        Err(_) => false,
    }
}

fn opened(config: CircuitBreakerConfig) -> Arc<SharedState> {
    let shared = Arc::new(SharedState::new(config, START));
    while settle(&shared, Outcome::Failure, START) {}
    shared
}

/// Fails with this in `machine.rs`:
/// ```diff
/// -        if self.probes.len() >= self.config.half_open_max_calls as usize {
/// +        if self.probes.len() > self.config.half_open_max_calls as usize {
/// ```
#[test]
fn loom_half_open_never_admits_more_than_max_calls() {
    loom::model(|| {
        let shared = opened(config());
        let running = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = [Outcome::Ignored, Outcome::Success]
            .into_iter()
            .map(|outcome| {
                let (shared, running) = (Arc::clone(&shared), Arc::clone(&running));
                thread::spawn(move || {
                    if let (Ok(ticket), _) = shared.admit(|| AFTER) {
                        assert_eq!(running.fetch_add(1, SeqCst), 0, "two probes at once");
                        running.fetch_sub(1, SeqCst);
                        shared.record(ticket, outcome, AFTER, || AFTER);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        // No probe is in flight any more.
        assert!(settle(&shared, Outcome::Ignored, AFTER));
        assert_eq!(shared.state(|| AFTER), CircuitState::HalfOpen);
    });
}

/// Fails with this in `shared_state.rs`:
/// ```diff
/// -        if self.word.load(Relaxed) != word.0 {
/// +        drop(machine); if self.word.load(Relaxed) != word.0 {
/// ```
#[test]
fn loom_concurrent_failures_are_both_counted() {
    loom::model(|| {
        let shared = Arc::new(SharedState::new(config(), START));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || settle(&shared, Outcome::Failure, START))
        };
        assert!(settle(&shared, Outcome::Failure, START));
        assert!(other.join().expect("no panic"));
        assert_eq!(shared.state(|| START), CircuitState::Open);
        assert!(shared.rejects_at(Moment(99)) && !shared.rejects_at(AFTER));
        assert!(!settle(&shared, Outcome::Success, Moment(99)));
    });
}

/// Fails with this in `packed_state.rs`:
/// ```diff
/// -        self.0 & (STATE | RATED | FAILING) == CircuitState::Closed as u64
/// +        self.0 & (STATE | RATED) == CircuitState::Closed as u64
/// ```
#[test]
fn loom_success_between_failures_is_seen_by_its_thread() {
    loom::model(|| {
        let shared = Arc::new(SharedState::new(config(), START));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || settle(&shared, Outcome::Success, START))
        };
        // Fail, succeed, fail in one thread: never two in a row, whatever the other one does.
        for outcome in [Outcome::Failure, Outcome::Success, Outcome::Failure] {
            assert!(settle(&shared, outcome, START));
        }
        assert!(other.join().expect("no panic"));
        assert_eq!(shared.state(|| START), CircuitState::Closed);
    });
}

/// Fails with this in `packed_state.rs`:
/// ```diff
/// -        self.0 & (STATE | RATED | FAILING) == CircuitState::Closed as u64
/// +        self.0 & (STATE | FAILING) == CircuitState::Closed as u64
/// ```
#[test]
fn loom_window_counts_every_outcome() {
    loom::model(|| {
        let shared = Arc::new(SharedState::new(
            config()
                .failure_rate(0.5)
                .window(Window::Calls(2))
                .minimum_calls(2),
            START,
        ));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || settle(&shared, Outcome::Success, START))
        };
        assert!(settle(&shared, Outcome::Failure, START));
        assert!(other.join().expect("no panic"));
        // Whichever came second filled the window.
        assert_eq!(shared.state(|| START), CircuitState::Open);
    });
}

/// Fails with this in `machine.rs`:
/// ```diff
/// -        matches!(self.phase, Phase::HalfOpen { .. }) && probe.generation() > self.round
/// +        matches!(self.phase, Phase::HalfOpen { .. })
/// ```
#[test]
fn loom_late_outcome_of_an_earlier_round_is_ignored() {
    loom::model(|| {
        let shared = opened(config().half_open_max_calls(2).success_threshold(1));
        let (first, second) = (shared.admit(|| AFTER).0, shared.admit(|| AFTER).0);
        let (Ok(first), Ok(second)) = (first, second) else {
            panic!("two probes");
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.record(second, Outcome::Success, AFTER, || AFTER);
            })
        };
        shared.record(first, Outcome::Failure, AFTER, || AFTER);
        // If that reopened it: the next round, where one success would be enough.
        let next = shared.admit(|| Moment(200)).0;
        other.join().expect("no panic");
        // The first to come decides; the other one is late.
        let probing = next.is_ok_and(|ticket| ticket.is_probe());
        let expected = if probing {
            (CircuitState::HalfOpen, 2)
        } else {
            (CircuitState::Closed, 1)
        };
        let view = shared.view(Moment(200));
        assert_eq!((view.state, view.opened), expected);
    });
}
