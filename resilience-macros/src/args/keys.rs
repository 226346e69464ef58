//! Which patterns have a key, and which are declared to have one for each.

use proc_macro2::Span;

use super::attribute_args::{Args, PerKey};
use super::spanned::Spanned;
use super::toggle::Toggle;
use super::value::{Code, Flag};

/// What is said of the keys of one pattern.
pub(crate) struct Keys<'a> {
    /// Its name in attributes.
    pub(crate) group: &'static str,
    /// The runtime's name of it.
    pub(crate) pattern: &'static str,
    pub(crate) key: Option<&'a Spanned<Code>>,
    keyed: Option<&'a Spanned<Flag>>,
}

impl Keys<'_> {
    /// Where `keyed` stands.
    pub(crate) fn keyed_at(&self) -> Option<Span> {
        self.keyed.map(|keyed| keyed.name)
    }

    fn is_keyed(&self) -> bool {
        self.keyed.is_some_and(|keyed| keyed.value.0)
    }
}

impl Args {
    /// What is said of the keys of each pattern that is set.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Keys<'_>> {
        macro_rules! keys {
            ($($group:ident: $pattern:literal),*) => {
                [$(Toggle::on(self.$group.as_ref()).map(|it| Keys {
                    group: stringify!($group),
                    pattern: $pattern,
                    key: it.key.as_ref(),
                    keyed: it.keyed.as_ref(),
                })),*]
            };
        }
        let keys = keys!(circuit_breaker: "Circuit", rate_limit: "RateLimit", bulkhead: "Bulkhead");
        keys.into_iter().flatten()
    }

    /// The key of the limits per key beside those of the service.
    pub(crate) fn per_key(&self) -> Option<&Spanned<Code>> {
        let per_key = Toggle::on(self.rate_limit.as_ref())?.per_key.as_ref()?;
        per_key.value.0.key.as_ref()
    }

    /// The patterns that a function gives a key for, by the runtime's name.
    pub(crate) fn patterns_with_key(&self) -> Vec<&'static str> {
        let given = self.keys().filter(|it| it.key.is_some());
        given.map(|it| it.pattern).collect()
    }

    /// The patterns of which a declaration says that each key has its own, by the runtime's name.
    pub(crate) fn patterns_keyed(&self) -> Vec<&'static str> {
        let keyed = self.keys().filter(Keys::is_keyed);
        keyed.map(|it| it.pattern).collect()
    }
}

impl PerKey {
    /// Whether it sets no limit; a burst and a strategy alone are none.
    pub(crate) fn has_no_limit(&self) -> bool {
        let mut settings = self.settings().into_iter();
        !settings.any(|(key, _)| !matches!(key, "RateLimitPerKeyBurst" | "RateLimitPerKeyStrategy"))
    }
}
