//! This process as one of a fleet.

use std::fmt;
use std::hash::Hasher as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt as _;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use tokio::runtime::Handle;

use super::config::FleetConfig;
use super::store::{FleetStore, LimitId};
use crate::clock::Moment;

/// How soon a store that did not answer is asked again, at first and at last.
const RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// What the limiters of a process need to know of its fleet.
pub(crate) struct Member {
    store: Arc<dyn FleetStore>,
    config: FleetConfig,
    /// Who it is in the store: a random number.
    holder: u64,
    secret: [u64; 2],
    /// How many processes the store knew of last.
    // Relaxed: a number of a moment ago is as good.
    processes: AtomicU32,
    contact: Mutex<Contact>,
    /// The runtime that it joined in, for those who ask outside of any.
    runtime: Option<Handle>,
}

/// Whether the store answers.
#[derive(Clone, Copy, Debug, Default)]
struct Contact {
    /// Requests in a row without an answer.
    failures: u32,
    /// Until then nobody asks.
    rests_until: Moment,
    /// Somebody finds out.
    is_probed: bool,
}

impl Member {
    pub(crate) fn new(store: Arc<dyn FleetStore>, config: FleetConfig) -> Self {
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        hasher.write(config.secret.as_deref().unwrap_or_default());
        let secret = hasher.finish128();
        Self {
            store,
            config,
            holder: rand::rng().random(),
            secret: [secret.h1, secret.h2],
            processes: AtomicU32::new(0),
            contact: Mutex::default(),
            runtime: Handle::try_current().ok(),
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn FleetStore> {
        &self.store
    }

    pub(crate) fn holder(&self) -> u64 {
        self.holder
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.config.store_timeout
    }

    /// What keys are hashed under; `None`: there is no secret, so keys cannot be shared.
    pub(crate) fn key_secret(&self) -> Option<[u64; 2]> {
        self.config.secret.is_some().then_some(self.secret)
    }

    /// Stands for some limits of a service in the store.
    pub(crate) fn limit_id(&self, service: &str, set: u64, key: [u64; 2]) -> LimitId {
        let mut hasher = SipHasher13::new_with_keys(self.secret[0], self.secret[1]);
        for text in [&self.config.namespace, service] {
            hasher.write(&(text.len() as u64).to_le_bytes());
            hasher.write(text.as_bytes());
        }
        for number in [set, key[0], key[1]] {
            hasher.write(&number.to_le_bytes());
        }
        LimitId::from_bits(hasher.finish128().as_u128())
    }

    /// The runtime that requests run on: the caller's, or the one that it joined in.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        Handle::try_current().ok().or_else(|| self.runtime.clone())
    }

    /// How many processes share a limit; zero: nobody knows.
    pub(crate) fn processes(&self) -> u32 {
        let seen = self.processes.load(Ordering::Relaxed);
        seen.max(self.config.expected_processes)
    }

    /// Whether the store may be asked now. After a failure, one request at a time finds out.
    pub(crate) fn may_ask(&self, now: Moment) -> bool {
        let mut contact = self.contact.lock().unwrap_or_else(PoisonError::into_inner);
        if contact.failures == 0 {
            return true;
        }
        let may_probe = now >= contact.rests_until && !contact.is_probed;
        contact.is_probed |= may_probe;
        may_probe
    }

    /// Who might have asked had nothing to ask.
    pub(crate) fn did_not_ask(&self) {
        let mut contact = self.contact.lock().unwrap_or_else(PoisonError::into_inner);
        contact.is_probed = false;
    }

    pub(crate) fn answered(&self, processes: u32) {
        self.processes.store(processes, Ordering::Relaxed);
        *self.contact.lock().unwrap_or_else(PoisonError::into_inner) = Contact::default();
    }

    /// Returns until when nobody asks.
    pub(crate) fn unanswered(&self, now: Moment) -> Moment {
        let mut contact = self.contact.lock().unwrap_or_else(PoisonError::into_inner);
        let [first, longest] = RETRY;
        let rest = first
            .saturating_mul(1 << contact.failures.min(10))
            .min(longest);
        *contact = Contact {
            failures: contact.failures.saturating_add(1),
            rests_until: now.after(rest),
            is_probed: false,
        };
        contact.rests_until
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").finish_non_exhaustive()
    }
}
