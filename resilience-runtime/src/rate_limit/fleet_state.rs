//! What the lock of a limiter protects, as far as it is about a fleet.

use std::sync::Arc;
use std::time::Duration;

use super::algorithms::leased::{Alone, Ask, Flight, LeasedSet, share};
use super::algorithms::limit_set::LimitSet;
use super::amount::Amount;
use super::key_hash::KeyHash;
use super::keys::keyed::Keyed;
use super::keys::leases::Whose;
use super::limited_keys::LimitedKeys;
use super::state::State;
use super::waiting::queue::Wakers;
use crate::clock::Moment;
use crate::config::OnStoreLoss;
use crate::fleet::{Grant, SharedLimit};

/// Of which limits tokens are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Service,
    /// Those of each key, beside the service's.
    Keys,
}

/// For which limits more is to be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) service: bool,
    pub(super) keys: bool,
}

impl Due {
    /// Those that are not in the other one.
    pub(super) fn without(self, other: Self) -> Self {
        Self {
            service: self.service && !other.service,
            keys: self.keys && !other.keys,
        }
    }

    /// Where that is counted for a key.
    pub(super) fn places(self, key: KeyHash) -> impl Iterator<Item = (Of, KeyHash)> {
        let service = self.service.then_some((Of::Service, key.of_service()));
        let keys = self.keys.then_some((Of::Keys, key));
        service.into_iter().chain(keys)
    }
}

/// What is to be asked of the store.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) whose: Whose,
    pub(super) ask: Ask,
    pub(super) limits: Arc<[SharedLimit]>,
    pub(super) life: Duration,
}

/// How a limiter goes on without the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Away {
    /// It is back.
    No,
    /// By the configuration, as one of so many processes; zero: nobody knows.
    Lost { processes: u32, until: Moment },
    /// It refuses what it is asked: nothing passes.
    Refused { until: Moment },
}

impl State {
    fn of(&mut self, of: Of) -> Option<&mut LimitedKeys> {
        match of {
            Of::Service => Some(&mut self.service),
            Of::Keys => self.of_keys.as_deref_mut(),
        }
    }

    /// The keys of these limits, where they are those of a fleet.
    fn leased(&mut self, of: Of) -> Option<&mut Keyed<LeasedSet>> {
        self.of(of)?.leased()
    }

    /// For which limits more is to be asked for, since somebody asked last.
    #[inline]
    pub(super) fn take_due(&mut self) -> Due {
        if !self.has_fleet {
            return Due::default();
        }
        let mut due = |of| {
            let keys = self.leased(of);
            keys.is_some_and(|keys| keys.key_states.limits.take_due())
        };
        Due {
            service: due(Of::Service),
            keys: due(Of::Keys),
        }
    }

    /// Somebody found nothing, and waits for what the store is asked for.
    pub(super) fn miss(&mut self, key: KeyHash, amount: Amount, again: bool, now: Moment) {
        if let Some(keys) = self.leased(Of::Service) {
            keys.miss(key.of_service(), amount, again, now);
        }
        if key.is_per_key()
            && let Some(keys) = self.leased(Of::Keys)
        {
            keys.miss(key, amount, again, now);
        }
    }

    /// Begins a request, unless one is on its way or there is nothing to be had.
    pub(super) fn ask(&mut self, of: Of, key: KeyHash, now: Moment) -> Option<Wanted> {
        let keys = self.leased(of)?;
        let (whose, ask) = keys.ask(key, now)?;
        let limits = &keys.key_states.limits;
        Some(Wanted {
            whose,
            ask,
            limits: Arc::clone(limits.limits()),
            life: limits.life(),
        })
    }

    /// The store has answered a request, or not.
    pub(super) fn answered(
        &mut self,
        (of, key): (Of, KeyHash),
        (ask, grant): (&Ask, Option<&Grant>),
        flight: Flight,
        wakers: &mut Wakers,
    ) {
        let max_cooldown = self.max_cooldown;
        if let Some(grant) = grant {
            let until = flight.received.after(grant.cooldown.min(max_cooldown));
            self.cooldowns_end = self.cooldowns_end.max(until);
        }
        if let Some(keys) = self.leased(of) {
            let longest = (flight, max_cooldown);
            keys.answered(key, (ask, grant), longest, wakers);
        }
    }

    /// Of which limits tokens for a key are on their way.
    pub(super) fn asking(&mut self, key: KeyHash, now: Moment) -> Due {
        let mut is_asking = |of, key| {
            let keys = self.leased(of);
            keys.is_some_and(|keys| keys.is_asking(key, now))
        };
        Due {
            service: is_asking(Of::Service, key.of_service()),
            keys: key.is_per_key() && is_asking(Of::Keys, key),
        }
    }

    /// Whether the store is being asked for what a call needs, or can be.
    pub(super) fn is_awaited(&mut self, key: KeyHash, now: Moment) -> bool {
        let mut is_awaited = |of, key| {
            let keys = self.leased(of);
            keys.is_some_and(|keys| keys.is_awaited(key, now))
        };
        is_awaited(Of::Service, key.of_service()) || key.is_per_key() && is_awaited(Of::Keys, key)
    }

    /// Goes on without the store for these limits. Returns whether that is new.
    pub(super) fn keep_keys(&mut self, of: Of, now: Moment, wakers: &mut Wakers) -> bool {
        let max_cooldown = self.max_cooldown;
        let Some(keys) = self.of(of) else {
            return false;
        };
        let set = LimitSet::new(keys.limits());
        let Some(leased) = keys.leased() else {
            return false;
        };
        let limits = &mut leased.key_states.limits;
        if limits.is_alone() {
            return false;
        }
        limits.set_alone(Alone::Limits {
            set,
            starts_empty: false,
        });
        keys.recheck_all(max_cooldown, now, wakers);
        true
    }

    /// What holds while the store does not answer.
    pub(super) fn on_store_loss(&self) -> OnStoreLoss {
        self.config().on_store_loss
    }

    /// Goes on without the store, or with it again. Who waits is checked.
    pub(super) fn set_away(
        &mut self,
        away: Away,
        by: OnStoreLoss,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let max_cooldown = self.max_cooldown;
        for of in [Of::Service, Of::Keys] {
            let Some(keys) = self.of(of) else {
                continue;
            };
            let alone = match (away, by) {
                (Away::No, _) => Alone::No,
                (Away::Refused { until }, _) | (Away::Lost { until, .. }, OnStoreLoss::Closed) => {
                    Alone::Closed { until }
                }
                (Away::Lost { .. }, OnStoreLoss::Open) => Alone::Limits {
                    set: LimitSet::new(keys.limits()),
                    starts_empty: false,
                },
                (Away::Lost { processes, until }, _) => {
                    let share = (processes > 0).then(|| share(keys.limits(), processes));
                    match share.flatten() {
                        Some(limits) => Alone::Limits {
                            set: LimitSet::new(&limits),
                            starts_empty: true,
                        },
                        None => Alone::Closed { until },
                    }
                }
            };
            if let Some(leased) = keys.leased() {
                leased.key_states.limits.set_alone(alone);
                keys.recheck_all(max_cooldown, now, wakers);
            }
        }
    }
}
