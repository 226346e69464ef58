//! Services that are declared once, in a static: their kind, and the values that hold for all their functions.

use std::fmt;
use std::marker::PhantomData;

use super::key::{Key, Pattern};
use super::layer::Layer;
use super::value::Value;
use crate::name::ServiceKind;

/// Has one type for each kind of service, by which the attributes check the kind of a declared service.
pub mod kind {
    use crate::name::ServiceKind;

    /// Stands for a kind of service as a type.
    pub trait Kind: sealed::Sealed + 'static {
        /// Holds the kind.
        const KIND: ServiceKind;
    }

    pub(super) mod sealed {
        pub trait Sealed {}
    }

    macro_rules! kinds {
        ($($(#[$doc:meta])* $kind:ident)*) => { $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            #[non_exhaustive]
            pub struct $kind;

            impl sealed::Sealed for $kind {}

            impl Kind for $kind {
                const KIND: ServiceKind = ServiceKind::$kind;
            }
        )* };
    }
    kinds! {
        /// Stands for language models.
        Llm
        /// Stands for databases.
        Database
        /// Stands for Model Context Protocol servers.
        Mcp
        /// Stands for secret managers.
        Secret
        /// Stands for everything else.
        Custom
    }
}

/// Declares a service of the kind `K`: its name, and the values of its functions. [`service!`](crate::service!) makes it; an
/// attribute names it with `service = PATH`.
///
/// ```
/// use std::io;
/// use resilience_runtime::{Registry, ServiceKind, llm_resilient, service};
///
/// service! {
///     /// Our account.
///     pub static OPENAI: Llm = "openai" {
///         rate_limit(requests_per_minute = 500, max_wait = "2s"),
///         retry(max_attempts = 4),
///         timeout = "30s",
///     }
/// }
///
/// #[llm_resilient(service = OPENAI)]
/// async fn complete(prompt: &str) -> io::Result<String> {
///     Ok(format!("an answer to {prompt}"))
/// }
///
/// let registry = Registry::new();
/// registry.declare(&[&OPENAI])?;
/// let openai = registry.service(OPENAI.name(), OPENAI.kind())?;
/// assert_eq!(openai.kind(), ServiceKind::Llm);
/// assert_eq!(openai.config().retry.max_attempts, 4);
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
pub struct Declared<K> {
    service: DeclaredService,
    kind: PhantomData<fn() -> K>,
}

/// What a declaration says of its service.
#[derive(Debug)]
#[doc(hidden)]
pub struct DeclaredService {
    pub(crate) name: &'static str,
    pub(crate) kind: ServiceKind,
    /// The path of the static, and its place in the source.
    path: &'static str,
    place: &'static str,
    pub(crate) settings: &'static [(Key, Value)],
    pub(crate) off: &'static [Pattern],
    /// The patterns for which every function gives a key.
    pub(crate) keyed: &'static [Pattern],
}

impl DeclaredService {
    /// Names the declaration, for errors.
    pub(crate) fn place(&self) -> String {
        format!("`{}` ({})", self.path, self.place)
    }

    /// The values as a layer.
    pub(crate) fn layer(&self) -> Layer {
        self.settings.iter().copied().collect()
    }

    /// Whether it is this very static.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl<K: kind::Kind> Declared<K> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, path: &'static str, place: &'static str) -> Self {
        Self {
            service: DeclaredService {
                name,
                kind: K::KIND,
                path,
                place,
                settings: &[],
                off: &[],
                keyed: &[],
            },
            kind: PhantomData,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn settings(mut self, settings: &'static [(Key, Value)]) -> Self {
        self.service.settings = settings;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn off(mut self, patterns: &'static [Pattern]) -> Self {
        self.service.off = patterns;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn keyed(mut self, patterns: &'static [Pattern]) -> Self {
        self.service.keyed = patterns;
        self
    }

    /// Returns the name of the service.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.service.name
    }

    /// Returns the kind of the service.
    #[must_use]
    pub const fn kind(&self) -> ServiceKind {
        self.service.kind
    }
}

impl<K> fmt::Debug for Declared<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared")
            .field("name", &self.service.name)
            .field("kind", &self.service.kind)
            .finish_non_exhaustive()
    }
}

/// Is implemented by every [`Declared`], of whatever kind, for lists of them.
pub trait Declaration: fmt::Debug + Sync + sealed::Sealed {
    #[doc(hidden)]
    fn service(&'static self) -> &'static DeclaredService;
}

mod sealed {
    pub trait Sealed {}
}

impl<K> sealed::Sealed for Declared<K> {}

impl<K: kind::Kind> Declaration for Declared<K> {
    fn service(&'static self) -> &'static DeclaredService {
        &self.service
    }
}

/// Is implemented by what an attribute of the kind `K` takes as its service. `#[resilient]` takes every kind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no declared service of the kind that this attribute protects, `{K}`",
    label = "not a declared service of this kind",
    note = "declare it with `resilience_runtime::service! {{ pub static NAME: Kind = \"name\" {{ … }} }}`, or take the attribute of its kind; `#[resilient]` takes every kind"
)]
#[doc(hidden)]
pub trait DeclaredAs<K>: Declaration {}

macro_rules! declared_as {
    ($($kind:ident)*) => { $( #[diagnostic::do_not_recommend] impl DeclaredAs<kind::$kind> for Declared<kind::$kind> {} )* };
}
declared_as!(Llm Database Mcp Secret);

#[diagnostic::do_not_recommend]
impl<K: kind::Kind> DeclaredAs<kind::Custom> for Declared<K> {}

/// What an attribute of the kind `K` hands its service to.
#[doc(hidden)]
#[must_use]
pub const fn declared<K, D: DeclaredAs<K>>(service: &'static D) -> &'static dyn Declaration {
    service
}

/// Declares services, each in a static that the attributes of its functions name: `service = OPENAI`. What all functions
/// share then stands in one place, and which of them is called first does not matter.
///
/// Each declaration is `pub static NAME: Kind = "name" { values }`, or ends with `;` where it sets nothing. The kind is
/// `Llm`, `Database`, `Mcp`, `Secret` or `Custom`. Visibility, documentation and other attributes stay. The values are the
/// attributes' patterns without what is code: `circuit_breaker`, `rate_limit`, `bulkhead` and `retry_budget` hold for all
/// functions of the service; `retry`, `timeout`, `deadline` and each `max_wait` are defaults, which a function can override.
/// `… = off` holds for all functions; where a function sets a value of its own, such as `timeout = "5s"`, it is on there.
///
/// `keyed` in `circuit_breaker`, `rate_limit` or `bulkhead` says that each key has one of its own: then every function gives a
/// `key` for that pattern, or switches the pattern off. One that does neither is reported by
/// [`Registry::check`](crate::Registry::check), and its calls fail with
/// [`ResilienceError::InvalidConfig`](crate::ResilienceError::InvalidConfig).
///
/// ```
/// use std::io;
/// use resilience_runtime::{llm_resilient, service};
///
/// service! {
///     /// Our account at OpenAI.
///     pub static OPENAI: Llm = "openai" {
///         rate_limit(requests_per_minute = 500, tokens_per_minute = 90_000),
///         circuit_breaker(failure_threshold = 5),
///         retry(max_attempts = 4),
///         timeout = "30s",
///     }
/// }
///
/// #[llm_resilient(service = OPENAI, rate_limit(cost = 1_000 + prompt.len() as u32 / 4))]
/// async fn complete(prompt: &str) -> io::Result<String> {
///     Ok(format!("an answer to {prompt}"))
/// }
///
/// #[llm_resilient(service = OPENAI, timeout = "5s", retry = off)]
/// async fn moderate(text: &str) -> io::Result<bool> {
///     Ok(text.is_empty())
/// }
/// ```
///
/// An attribute that names a declared service by its path may not set what functions share; one that names it by a literal
/// may, but its values are ignored and reported. [`Registry::declare`](crate::Registry::declare) makes services known before
/// their first call.
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
#[macro_export]
macro_rules! service {
    ($($declarations:tt)*) => {
        $crate::__private::declare_services! { ($crate) $($declarations)* }
    };
}
