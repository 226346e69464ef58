//! What a function keeps from call to call, whatever its configuration becomes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::description::Function;
use crate::cache::Store;
use crate::config::{ConfigError, ConfigSource};
use crate::fallback::LastGood;
use crate::name::{ServiceKind, ServiceName};

/// What a function keeps from call to call.
#[derive(Debug)]
pub(crate) struct FunctionState {
    /// For errors: as the function calls it, which costs nothing to clone.
    pub(crate) service: ServiceName,
    /// Its path; the service's name for calls by hand.
    pub(crate) name: Arc<str>,
    pub(crate) place: &'static str,
    /// Its own kind; calls by hand have that of their service.
    pub(super) kind: Option<ServiceKind>,
    pub(crate) idempotent: Option<bool>,
    /// The client's own retries are switched off.
    pub(crate) client_retries_off: bool,
    pub(crate) has_fallback: bool,
    pub(crate) reconnects: bool,
    pub(super) hedges: bool,
    pub(crate) targets: bool,
    retry_if: bool,
    /// The type of the first error that no rule knew, where that kept retries from happening.
    unknown_error: OnceLock<&'static str>,
    warned: AtomicBool,
    pub(crate) last_good: Option<LastGood>,
    /// `Err`: it cannot run as it is configured.
    pub(crate) cache: Result<Option<Arc<Store>>, ConfigError>,
}

impl FunctionState {
    pub(crate) fn of(function: &'static Function, service: &ServiceName) -> Self {
        Self {
            service: match service.as_str() == function.service() {
                true => ServiceName::constant(function.service()),
                // One of its targets.
                false => service.clone(),
            },
            name: function.label().into(),
            place: function.place,
            kind: Some(function.kind()),
            idempotent: function.idempotent,
            client_retries_off: function.client_retries_off,
            has_fallback: function.has_fallback,
            reconnects: function.reconnects,
            hedges: function.hedges,
            targets: function.pick.is_some(),
            retry_if: function.retry_if,
            unknown_error: OnceLock::new(),
            warned: AtomicBool::new(false),
            last_good: function
                .cache
                .map(|(ttl, max_entries)| LastGood::new(ttl, max_entries)),
            cache: function
                .read_through
                .map(|config| {
                    let place = format!("{} ({})", function.label(), function.place);
                    Store::new(config, &ConfigSource::Attribute(place)).map(Arc::new)
                })
                .transpose(),
        }
    }

    /// For a service's calls by hand.
    pub(crate) fn by_hand(service: &ServiceName) -> Self {
        Self {
            service: service.clone(),
            name: service.as_str().into(),
            place: "",
            kind: None,
            idempotent: None,
            client_retries_off: false,
            has_fallback: false,
            reconnects: false,
            hedges: false,
            targets: false,
            retry_if: false,
            unknown_error: OnceLock::new(),
            warned: AtomicBool::new(false),
            last_good: None,
            cache: Ok(None),
        }
    }

    /// Notes an error that no rule knows in a function that is not idempotent: it will not be retried,
    /// which is said once.
    pub(crate) fn unknown_error(&self, service: &str, kind: ServiceKind, error: &'static str) {
        if self.retry_if {
            return;
        }
        let _ = self.unknown_error.set(error);
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "resilience",
                service,
                kind = kind.name(),
                function = &*self.name,
                error_type = error,
                "no rule knows this error, so it is not retried: turn on the feature of the client that it comes from, \
                 implement Classify, or name a classifier (classify = …)"
            );
        }
    }

    pub(crate) fn cache(&self) -> Option<&Arc<Store>> {
        self.cache.as_ref().ok()?.as_ref()
    }

    pub(crate) fn unretried_error(&self) -> Option<&'static str> {
        self.unknown_error.get().copied()
    }
}
