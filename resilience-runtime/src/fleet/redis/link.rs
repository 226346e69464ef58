//! The connection that is there, or the attempts to make one.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::connection::Connection;
use super::failure::{Failed, unreachable};
use super::script::{self, Circumstances};
use super::target::{CONNECT_TIMEOUT, Opener};
use crate::clock::{Moment, nanos};
use crate::fleet::authority::Terms;
use crate::fleet::{Grant, LimitId, StoreError};
use crate::sync::Mutex;

/// The pause after the first attempt that failed; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[derive(Clone)]
enum State {
    /// Nobody connects.
    Idle,
    /// An attempt is under way, and none before it has failed.
    Connecting,
    /// The last attempt failed; there will be another one.
    Down,
    Ready(Arc<Connection>),
}

/// Which server was there last, and since when it has been another one than before.
#[derive(Default)]
struct Seen {
    run: String,
    changed_at: Option<Moment>,
}

pub(super) struct Link {
    opener: Opener,
    timeout: Duration,
    state: watch::Sender<State>,
    seen: Mutex<Seen>,
}

impl Link {
    pub(super) fn new(opener: Opener, timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            opener,
            timeout,
            state: watch::Sender::new(State::Idle),
            seen: Mutex::default(),
        })
    }

    /// Connects, and says why it cannot.
    pub(super) async fn connect_now(&self) -> Result<(), StoreError> {
        let connection = self.open().await.map_err(|failed| failed.error)?;
        self.state.send_replace(State::Ready(Arc::new(connection)));
        Ok(())
    }

    async fn open(&self) -> Result<Connection, Failed> {
        // Twice, for the commands after the connection is there.
        let opening = tokio::time::timeout(2 * CONNECT_TIMEOUT, Connection::open(&self.opener));
        let connection = opening.await.unwrap_or_else(|_| Err(Failed::timed_out()))?;
        let mut seen = self.seen.lock();
        if !connection.run.is_empty() && seen.run != connection.run {
            if !seen.run.is_empty() {
                seen.changed_at = Some(Moment::now());
            }
            seen.run.clone_from(&connection.run);
        }
        drop(seen);
        Ok(connection)
    }

    pub(super) async fn grant(
        self: &Arc<Self>,
        id: LimitId,
        terms: &Terms,
    ) -> Result<Grant, StoreError> {
        self.call(id, terms, None).await
    }

    /// Decides at a time that a test sets, in microseconds, and not by the server's clock.
    #[cfg(test)]
    pub(super) async fn grant_in(
        self: &Arc<Self>,
        id: LimitId,
        terms: &Terms,
        now: u64,
        missing_ago: Option<u64>,
    ) -> Result<Grant, StoreError> {
        self.call(id, terms, Some((now, missing_ago))).await
    }

    async fn call(
        self: &Arc<Self>,
        id: LimitId,
        terms: &Terms,
        injected: Option<(u64, Option<u64>)>,
    ) -> Result<Grant, StoreError> {
        // One time limit for all: to connect, to send, and to send the script itself.
        let granting = tokio::time::timeout(self.timeout, async {
            let connection = self.connection().await?;
            let mut channel = connection.channel.clone();
            // Only now: to connect may have shown that data were lost.
            let (clock, missing_ago) = match injected {
                Some((now, missing_ago)) => (Some(now), missing_ago),
                None => (None, self.missing_ago()),
            };
            let circumstances = Circumstances {
                clock,
                run: &connection.run,
                missing_ago,
            };
            let answer = script::call(&mut channel, id, terms, &circumstances).await;
            self.note(&connection, answer.as_ref().err());
            answer.map_err(|failed| failed.error)
        });
        granting.await.unwrap_or_else(|_| {
            let failed = Failed::timed_out();
            if let State::Ready(connection) = &*self.state.subscribe().borrow() {
                self.note_later(connection, &failed);
            }
            Err(failed.error)
        })
    }

    fn missing_ago(&self) -> Option<u64> {
        let changed_at = self.seen.lock().changed_at?;
        Some(nanos(Moment::now().since(changed_at)) / 1_000)
    }

    /// The connection that is there, or that a first attempt is about to make.
    async fn connection(self: &Arc<Self>) -> Result<Arc<Connection>, StoreError> {
        let mut states = self.state.subscribe();
        loop {
            let state = states.borrow_and_update().clone();
            match state {
                State::Ready(connection) => return Ok(connection),
                State::Down => return Err(unreachable("there is no connection to Redis")),
                State::Idle => self.reconnect(None),
                State::Connecting => {}
            }
            if states.changed().await.is_err() {
                return Err(unreachable("there is no connection to Redis"));
            }
        }
    }

    fn note(self: &Arc<Self>, connection: &Arc<Connection>, failed: Option<&Failed>) {
        if connection.is_lost(failed) {
            self.reconnect(Some(connection));
        }
    }

    fn note_later(self: &Arc<Self>, connection: &Arc<Connection>, failed: &Failed) {
        if connection.is_lost(Some(failed)) {
            // The state is being read.
            let (link, connection) = (self.clone(), connection.clone());
            tokio::spawn(async move { link.reconnect(Some(&connection)) });
        }
    }

    /// Connects in the background, unless that is being done or `lost` is another connection than the present one.
    fn reconnect(self: &Arc<Self>, lost: Option<&Arc<Connection>>) {
        let begins = self.state.send_if_modified(|state| {
            let begins = match (&*state, lost) {
                (State::Idle, None) => true,
                (State::Ready(present), Some(lost)) => Arc::ptr_eq(present, lost),
                _ => false,
            };
            if begins {
                *state = State::Connecting;
            }
            begins
        });
        if begins {
            let attempts = Attempts(Arc::downgrade(self));
            tokio::spawn(attempts.run());
        }
    }
}

/// Connects until it succeeds. If its runtime ends first, the next request begins anew.
struct Attempts(Weak<Link>);

impl Attempts {
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        while let Some(link) = self.0.upgrade() {
            match link.open().await {
                Ok(connection) => {
                    link.state.send_replace(State::Ready(Arc::new(connection)));
                    return;
                }
                Err(_) => link.state.send_replace(State::Down),
            };
            drop(link);
            // Spread, so that a fleet does not come all at once.
            tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }
}

impl Drop for Attempts {
    fn drop(&mut self) {
        if let Some(link) = self.0.upgrade() {
            link.state.send_if_modified(|state| {
                let is_left = matches!(state, State::Connecting | State::Down);
                if is_left {
                    *state = State::Idle;
                }
                is_left
            });
        }
    }
}
