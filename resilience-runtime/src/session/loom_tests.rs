//! Every interleaving of a few threads, by the model checker.

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use super::{Renewal, Session};
use crate::clock::Moment;

/// Renews the session if it is lost. Returns how often.
fn renews(session: &Session) -> u32 {
    let number = session.current();
    if !session.is_lost(number) {
        return 0;
    }
    match block_on(session.turn(number, Moment::FAR_FUTURE)) {
        Renewal::Turn(turn) => {
            turn.renewed(0);
            1
        }
        Renewal::Renewed => 0,
        Renewal::Refused(_) => panic!("nobody is refused"),
    }
}

/// Fails with this in `../session.rs`:
/// ```diff
/// -        if self.session.current() != self.number {
/// +        if self.session.current() == u32::MAX {
/// ```
#[test]
fn loom_lost_session_is_renewed_once() {
    loom::model(|| {
        let session = Arc::new(Session::default());
        session.lose(session.current());
        let other = {
            let session = Arc::clone(&session);
            thread::spawn(move || renews(&session))
        };
        let renewed = renews(&session) + other.join().expect("no panic");
        assert_eq!((renewed, session.current()), (1, 1));
        assert!(!session.is_lost(session.current()));
    });
}

/// Fails with this in `../session.rs`:
/// ```diff
/// -            .fetch_max(number.saturating_add(1), Ordering::AcqRel);
/// +            .fetch_add(1, Ordering::AcqRel);
/// ```
#[test]
fn loom_loss_reported_twice_is_renewed_once() {
    loom::model(|| {
        let session = Arc::new(Session::default());
        let number = session.current();
        let other = {
            let session = Arc::clone(&session);
            thread::spawn(move || session.lose(number))
        };
        session.lose(number);
        assert_eq!(renews(&session), 1);
        other.join().expect("no panic");
        assert_eq!(renews(&session), 0, "the session that followed is well");
    });
}

/// Fails with this in `../session.rs`:
/// ```diff
/// -        let (current, next) = (self.number, self.number.wrapping_add(1));
/// +        let (current, next) = (self.number, 1);
/// ```
#[test]
fn loom_session_lost_again_is_renewed_again() {
    loom::model(|| {
        let session = Arc::new(Session::default());
        session.lose(0);
        let visit = |session: &Session| {
            let renewed = renews(session);
            session.lose(session.current());
            renewed + renews(session)
        };
        let other = {
            let session = Arc::clone(&session);
            thread::spawn(move || visit(&session))
        };
        let renewed = visit(&session) + other.join().expect("no panic");
        assert_eq!(renewed, session.current(), "each renewal is another number");
        assert!(!session.is_lost(session.current()));
        assert!((2..=3).contains(&renewed), "each loss is renewed, once");
    });
}
