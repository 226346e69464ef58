//! What an attribute writes down of its function.

use std::time::Duration;

use crate::config::{CacheConfig, Declaration, DeclaredService, Key, Pattern, Value};
use crate::name::ServiceKind;
use crate::targets::Pick;

/// What an attribute says of its function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    service: Named,
    pub(crate) name: &'static str,
    pub(crate) path: Option<fn() -> &'static str>,
    pub(crate) place: &'static str,
    pub(crate) settings: &'static [(Key, Value)],
    pub(crate) off: &'static [Pattern],
    /// The patterns that it gives a key for.
    pub(crate) keys: &'static [Pattern],
    /// Whether its key of the rate limit is that of limits per key, beside those of the service.
    pub(crate) per_key: bool,
    pub(crate) idempotent: Option<bool>,
    pub(crate) client_retries_off: bool,
    pub(crate) retry_if: bool,
    pub(crate) reconnects: bool,
    /// Its body can be run twice at once.
    pub(crate) hedges: bool,
    /// How it picks one of several targets, where it has some.
    pub(crate) pick: Option<Pick>,
    pub(crate) has_fallback: bool,
    pub(crate) cache: Option<(Duration, Option<usize>)>,
    pub(crate) read_through: Option<CacheConfig>,
}

/// How a function names its service.
#[derive(Clone, Copy, Debug)]
enum Named {
    Literally(&'static str, ServiceKind),
    /// A constant must not read it.
    Declared(&'static dyn Declaration),
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
        Self::of(Named::Literally(service, kind), name, place)
    }

    /// A function of a declared service.
    #[must_use]
    pub const fn declared(
        service: &'static dyn Declaration,
        name: &'static str,
        place: &'static str,
    ) -> Self {
        Self::of(Named::Declared(service), name, place)
    }

    const fn of(service: Named, name: &'static str, place: &'static str) -> Self {
        Self {
            service,
            name,
            path: None,
            place,
            settings: &[],
            off: &[],
            keys: &[],
            per_key: false,
            idempotent: None,
            client_retries_off: false,
            retry_if: false,
            reconnects: false,
            hedges: false,
            pick: None,
            has_fallback: false,
            cache: None,
            read_through: None,
        }
    }

    /// With the compiler's path of something inside of the function, which contains the type of a method.
    #[must_use]
    pub const fn path(mut self, path: fn() -> &'static str) -> Self {
        self.path = Some(path);
        self
    }

    /// Returns the label of the function in logs, metrics and errors: `app::Store::save`.
    pub(crate) fn label(&self) -> String {
        let labelled = self.path.and_then(|path| label(path(), self.name));
        labelled.unwrap_or_else(|| self.name.to_owned())
    }

    /// The name of its service.
    pub(crate) fn service(&self) -> &'static str {
        match self.service {
            Named::Literally(name, _) => name,
            Named::Declared(service) => service.service().name,
        }
    }

    /// Its own kind, which is that of its service where that is declared.
    pub(crate) fn kind(&self) -> ServiceKind {
        match self.service {
            Named::Literally(_, kind) => kind,
            Named::Declared(service) => service.service().kind,
        }
    }

    /// The declaration that it names.
    pub(crate) fn declaration(&self) -> Option<&'static DeclaredService> {
        match self.service {
            Named::Literally(..) => None,
            Named::Declared(service) => Some(service.service()),
        }
    }

    /// Whether it switches a pattern on that the declaration of its service switches off: by a value of its own.
    pub(crate) fn switches_on(&self, pattern: Pattern) -> bool {
        let mut keys = self.settings.iter().map(|(key, _)| key);
        keys.any(|key| !key.is_shared() && key.pattern() == pattern)
            || pattern == Pattern::Retry && self.retry_if
            || pattern == Pattern::Hedge && self.hedges
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

    /// With a key of its own for each of these patterns.
    #[must_use]
    pub const fn keys(mut self, patterns: &'static [Pattern]) -> Self {
        self.keys = patterns;
        self
    }

    /// Its key of the rate limit is that of limits per key.
    #[must_use]
    pub const fn per_key(mut self) -> Self {
        self.per_key = true;
        self
    }

    /// Says whether a call whose outcome is unknown may be sent again.
    #[must_use]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Says that its client sends each request once, although it repeats requests by default.
    #[must_use]
    pub const fn client_retries_off(mut self) -> Self {
        self.client_retries_off = true;
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

    /// Its body can be run twice at once, as its settings say.
    #[must_use]
    pub const fn hedges(mut self) -> Self {
        self.hedges = true;
        self
    }

    /// Each attempt goes to one of several targets.
    #[must_use]
    pub const fn targets(mut self, pick: Pick) -> Self {
        self.pick = Some(pick);
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

/// Makes a label of the path that the compiler prints of something inside of a function: without what is inside, without
/// generic arguments (all instances share one label), and by the type alone where the function implements a trait.
/// `None` where the path does not end with the function's own name.
fn label(path: &str, name: &str) -> Option<String> {
    let function = path.split("::{{").next()?;
    let function = match function.strip_prefix('<') {
        Some(implementation) => {
            let (this, method) = implementation.rsplit_once(">::")?;
            let this = this.split(" as ").next()?;
            format!("{}::{}", without_generics(this), without_generics(method))
        }
        None => without_generics(function),
    };
    let own = name.rsplit("::").next()?;
    (function.rsplit("::").next() == Some(own)).then_some(function)
}

/// The path without what stands in angle brackets.
fn without_generics(path: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(path.len());
    let mut previous = ' ';
    for character in path.chars() {
        let arrow = previous == '-';
        previous = character;
        match character {
            '<' => depth += 1,
            '>' if !arrow => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    kept.replace("::::", "::")
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    #[test]
    fn label_names_the_type_of_a_method() {
        for (path, expected) in [
            ("app::save::{{closure}}::{{closure}}", Some("app::save")),
            ("app::Store::save::{{closure}}", Some("app::Store::save")),
            (
                "app::Store<app::Disk<u8>>::save::{{closure}}",
                Some("app::Store::save"),
            ),
            ("app::save<app::Disk, 3>::{{closure}}", Some("app::save")),
            (
                "<app::Store<u8> as app::Repo<u8>>::save::{{closure}}",
                Some("app::Store::save"),
            ),
            (
                "<&app::Store as app::Repo>::save::{{constant}}::{{closure}}",
                Some("&app::Store::save"),
            ),
            (
                "app::Store<fn(u8) -> u8>::save::{{closure}}",
                Some("app::Store::save"),
            ),
            ("app::Store::other::{{closure}}", None),
            ("", None),
        ] {
            assert_eq!(label(path, "app::save").as_deref(), expected, "{path}");
        }
    }
}
