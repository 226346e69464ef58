//! Which session with a service is gone, so that those who lost the same one renew it once.

use std::fmt;

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{TurnGuard, Turns};

/// The sessions of a service, by number. A loss is stamped with the number that an attempt began with:
/// one that is reported late says nothing about the session that followed.
#[derive(Default)]
pub(crate) struct Session {
    current: AtomicU32,
    /// One more than the number of the last that was lost; 0: none was.
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

    /// Waits for the turn to renew a session that is lost. `None`: somebody else has renewed it.
    pub(crate) async fn turn(&self, number: u32) -> Option<Turn<'_>> {
        let guard = self.turns.next().await;
        (self.current() == number).then_some(Turn {
            session: self,
            _guard: guard,
        })
    }
}

/// The right to renew a session. Dropped, the next one gets it.
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
    async fn a_loss_is_renewed_once() {
        let session = Session::default();
        let number = session.current();
        assert!(!session.is_lost(number));
        session.lose(number);
        assert!(session.is_lost(number));
        session.turn(number).await.expect("there is one").renewed();
        assert!(!session.is_lost(session.current()));
        assert!(session.turn(number).await.is_none());

        // Reported late, by one who began before.
        session.lose(number);
        assert!(!session.is_lost(session.current()));
    }

    #[tokio::test]
    async fn a_turn_that_was_not_used_goes_to_the_next() {
        let session = Session::default();
        let number = session.current();
        session.lose(number);
        drop(session.turn(number).await);
        assert!(session.is_lost(session.current()));
        assert!(session.turn(number).await.is_some());
    }
}
