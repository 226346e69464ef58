//! A limiter's lock, as far as it is about a fleet.

use std::task::Waker;

use super::algorithms::leased::{Ask, Flight};
use super::amount::Amount;
use super::fleet_link::Link;
use super::fleet_state::{Away, Due, Of, Wanted};
use super::key_hash::{KeyHash, KeyHasher};
use super::priority::Priority;
use super::shared::Shared;
use super::state::State;
use crate::clock::Moment;
use crate::fleet::Grant;

impl Shared {
    pub(super) fn link(&self) -> Option<&Link> {
        self.link.get()
    }

    #[cold]
    pub(super) fn ask_store(&self, due: Due, key: KeyHash, now: Moment) {
        if let Some(link) = self.link() {
            link.ask_for(due, key, now);
        }
    }

    /// Joins a fleet, once. The limits are shared from the next change of them on.
    pub(super) fn join(&self, link: Link) {
        if let Some(secret) = link.member().key_secret() {
            let _ = self.fleet_hasher.set(KeyHasher::under(secret));
        }
        if self.link.set(link).is_ok() {
            self.state.lock().has_fleet = true;
        }
    }

    /// Keys are hashed in each process in its own way, for want of a secret: each process has their limits to itself.
    #[cold]
    pub(super) fn keep_keys(&self, of: Of) {
        let is_new = self.with(KeyHash::NONE, Moment::now(), |state, now, wakers| {
            state.keep_keys(of, now, wakers)
        });
        if is_new {
            tracing::error!(
                target: "resilience",
                service = self.name.as_str(),
                "a shared rate limit of keys holds for this process alone: it needs `FleetConfig::secret`"
            );
        }
    }

    pub(super) fn begin_request(&self, of: Of, key: KeyHash, now: Moment) -> Option<Wanted> {
        let mut state = self.state.lock();
        let now = state.tick(now);
        state.ask(of, key, now)
    }

    /// The store has answered, or not.
    pub(super) fn end_request(
        &self,
        (of, key): (Of, KeyHash),
        answer: (&Ask, Option<&Grant>),
        flight: Flight,
        away: Away,
    ) {
        let before = std::mem::replace(&mut *self.away.lock(), away);
        self.tell(before, away);
        self.with(key, flight.received, |state, now, wakers| {
            if away != before {
                let by = state.on_store_loss();
                state.set_away(away, by, now, wakers);
            }
            let flight = Flight {
                received: now,
                ..flight
            };
            state.answered((of, key), answer, flight, wakers);
        });
    }

    /// Says once that the store does not answer, and once that it does again.
    fn tell(&self, before: Away, now: Away) {
        let service = self.name.as_str();
        let is_lost = |away| matches!(away, Away::Lost { .. });
        if is_lost(now) && before == Away::No {
            let on_store_loss = self.read(State::on_store_loss).name();
            tracing::warn!(
                target: "resilience",
                service,
                on_store_loss,
                "the fleet's store does not answer, its shared limit holds by `on_store_loss`"
            );
        } else if now == Away::No && before != Away::No {
            tracing::info!(target: "resilience", service, "the fleet's store answers again");
        }
    }

    /// Takes the amount if it may pass now. Otherwise it is asked for, if that was not done before. Returns whether it passed,
    /// and when.
    pub(super) fn take_after_store(
        &self,
        key: KeyHash,
        (amount, priority): (Amount, Priority),
        was_asked_for: bool,
        now: Moment,
    ) -> (bool, Moment) {
        self.with(key, now, |state, now, _| {
            let taken = state.try_take(key, amount, priority, now);
            if taken.is_err() && state.is_awaited(key, now) {
                state.miss(key, amount, was_asked_for, now);
            }
            (taken.is_ok(), now)
        })
    }

    /// Whether a request for what a call needs is on its way; then this one is woken when it is answered.
    pub(super) fn is_awaited(&self, key: KeyHash, waker: &Waker) -> bool {
        let Some(link) = self.link() else {
            return false;
        };
        let asking = self.asking(key);
        for (of, key) in asking.places(key) {
            link.wake_when_answered(of, key, waker);
        }
        // The answer may have come in between.
        let still = self.asking(key);
        for (of, key) in asking.without(still).places(key) {
            link.forget(of, key, waker);
            waker.wake_by_ref();
        }
        asking != Due::default()
    }

    /// Of which limits tokens are on their way.
    fn asking(&self, key: KeyHash) -> Due {
        self.with(key, Moment::now(), |state, now, _| state.asking(key, now))
    }

    /// Whether the store is being asked for what a call needs, or can be.
    pub(super) fn asks_store(&self, key: KeyHash, now: Moment) -> bool {
        self.link().is_some() && self.with(key, now, |state, now, _| state.is_awaited(key, now))
    }
}
