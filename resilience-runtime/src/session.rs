//! Which session with a service is lost, so that concurrent calls that lost the same one renew it once.

use std::fmt;

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{TurnGuard, Turns};

/// The sessions of a service, by number. A loss is stamped with the number that an attempt began with, so that one that
/// is reported late does not affect the session that followed.
#[derive(Default)]
pub(crate) struct Session {
    // Acquire loads pair with the AcqRel increment in `Turn::renewed`: a call that sees the new number sees the
    // renewed session as well.
    current: AtomicU32,
    /// One more than the number of the last session that was lost; 0: none was.
    // The Acquire load in `is_lost` pairs with the AcqRel maximum in `lose`.
    lost: AtomicU32,
    turns: Turns,
}

impl Session {
    pub(crate) fn current(&self) -> u32 {
        self.current.load(Ordering::Acquire)
    }

    pub(crate) fn lose(&self, number: u32) {
        self.lost
            .fetch_max(number.saturating_add(1), Ordering::AcqRel);
    }

    pub(crate) fn is_lost(&self, number: u32) -> bool {
        self.lost.load(Ordering::Acquire) > number
    }

    /// Waits for the turn to renew a session that is lost. `None`: another call has renewed it.
    pub(crate) async fn turn(&self, number: u32) -> Option<Turn<'_>> {
        let guard = self.turns.next().await;
        (self.current() == number).then_some(Turn {
            session: self,
            _guard: guard,
        })
    }
}

/// The right to renew a session. When it is dropped, the next call gets its turn.
pub(crate) struct Turn<'a> {
    session: &'a Session,
    _guard: TurnGuard<'a>,
}

impl Turn<'_> {
    pub(crate) fn renewed(self) {
        self.session.current.fetch_add(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lost_session_is_renewed_once() {
        let session = Session::default();
        let number = session.current();
        assert!(!session.is_lost(number));
        session.lose(number);
        assert!(session.is_lost(number));
        session.turn(number).await.expect("a turn").renewed();
        assert!(!session.is_lost(session.current()));
        assert!(session.turn(number).await.is_none());

        // Reported late, by a call that began before.
        session.lose(number);
        assert!(!session.is_lost(session.current()));
    }

    #[tokio::test]
    async fn dropped_turn_goes_to_the_next_call() {
        let session = Session::default();
        let number = session.current();
        session.lose(number);
        drop(session.turn(number).await);
        assert!(session.is_lost(session.current()));
        assert!(session.turn(number).await.is_some());
    }
}
