//! What an attribute writes down of its function.

use std::time::Duration;

use crate::config::{CacheConfig, Key, Pattern, Value};
use crate::name::ServiceKind;

/// What an attribute says of its function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub(crate) service: &'static str,
    pub(crate) kind: ServiceKind,
    pub(crate) name: &'static str,
    pub(crate) place: &'static str,
    pub(crate) settings: &'static [(Key, Value)],
    pub(crate) off: &'static [Pattern],
    pub(crate) idempotent: Option<bool>,
    pub(crate) retry_if: bool,
    pub(crate) reconnects: bool,
    pub(crate) has_fallback: bool,
    pub(crate) cache: Option<(Duration, Option<usize>)>,
    pub(crate) read_through: Option<CacheConfig>,
}

impl Function {
    /// A function of a service, with its path and its place in the source.
    #[must_use]
    pub const fn new(
        service: &'static str,
        kind: ServiceKind,
        name: &'static str,
        place: &'static str,
    ) -> Self {
        Self {
            service,
            kind,
            name,
            place,
            settings: &[],
            off: &[],
            idempotent: None,
            retry_if: false,
            reconnects: false,
            has_fallback: false,
            cache: None,
            read_through: None,
        }
    }

    /// With these values.
    #[must_use]
    pub const fn settings(mut self, settings: &'static [(Key, Value)]) -> Self {
        self.settings = settings;
        self
    }

    /// With these patterns switched off.
    #[must_use]
    pub const fn off(mut self, patterns: &'static [Pattern]) -> Self {
        self.off = patterns;
        self
    }

    /// Says whether a call whose outcome is unknown may be sent again.
    #[must_use]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Its retries are decided by `retry_if`.
    #[must_use]
    pub const fn retry_if(mut self) -> Self {
        self.retry_if = true;
        self
    }

    /// It renews a session that was lost.
    #[must_use]
    pub const fn reconnects(mut self) -> Self {
        self.reconnects = true;
        self
    }

    /// It has fallbacks of its own.
    #[must_use]
    pub const fn fallback(mut self) -> Self {
        self.has_fallback = true;
        self
    }

    /// It remembers its last good answers.
    #[must_use]
    pub const fn cache(mut self, ttl: Duration, max_entries: Option<usize>) -> Self {
        self.has_fallback = true;
        self.cache = Some((ttl, max_entries));
        self
    }

    /// Its answers are read through a cache.
    #[must_use]
    pub const fn read_through(mut self, config: CacheConfig) -> Self {
        self.read_through = Some(config);
        self
    }
}
