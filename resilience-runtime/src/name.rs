//! The name of a service and its kind.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// Names a protected dependency, such as `"llm"` or `"openai"`.
///
/// Cloning it is one reference count, or none where it was written at an attribute, so it travels in every error.
///
/// ```
/// use resilience_runtime::ServiceName;
///
/// let name = ServiceName::from("openai");
/// assert_eq!(name, "openai");
/// assert_eq!(name.to_string(), "openai");
/// ```
#[derive(Clone)]
pub struct ServiceName(Text);

#[derive(Clone)]
enum Text {
    Constant(&'static str),
    Shared(Arc<str>),
}

impl ServiceName {
    /// A name that is written in the code.
    pub(crate) const fn constant(name: &'static str) -> Self {
        Self(Text::Constant(name))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Constant(name) => name,
            Text::Shared(name) => name,
        }
    }

    /// The name as the text that its clones have in common, or as the constant that it is.
    #[cfg(any(feature = "metrics", feature = "opentelemetry"))]
    pub(crate) fn in_common<T: From<Arc<str>> + From<&'static str>>(&self) -> T {
        match &self.0 {
            Text::Constant(name) => (*name).into(),
            Text::Shared(name) => Arc::clone(name).into(),
        }
    }
}

impl PartialEq for ServiceName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ServiceName {}

impl PartialOrd for ServiceName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ServiceName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

/// As the text hashes, which it is looked up by.
impl Hash for ServiceName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl From<&str> for ServiceName {
    fn from(name: &str) -> Self {
        Self(Text::Shared(name.into()))
    }
}

impl From<String> for ServiceName {
    fn from(name: String) -> Self {
        Self(Text::Shared(name.into()))
    }
}

impl From<&ServiceName> for ServiceName {
    fn from(name: &ServiceName) -> Self {
        name.clone()
    }
}

impl From<ServiceKind> for ServiceName {
    fn from(kind: ServiceKind) -> Self {
        Self::constant(kind.name())
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for ServiceName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::borrow::Borrow<str> for ServiceName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl std::ops::Deref for ServiceName {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ServiceName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ServiceName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<ServiceName> for str {
    fn eq(&self, other: &ServiceName) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<ServiceName> for &str {
    fn eq(&self, other: &ServiceName) -> bool {
        *self == other.as_str()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ServiceName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Names the sort of a service, which selects the preset and the verdict of an unclassified error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum ServiceKind {
    /// Selects the preset for the API of a language model.
    Llm,
    /// Selects the preset for a database.
    Database,
    /// Selects the preset for a Model Context Protocol server.
    Mcp,
    /// Selects the preset for a secret manager.
    Secret,
    /// Selects the preset for any other service.
    Custom,
}

impl ServiceKind {
    /// Lists every kind, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Llm,
        Self::Database,
        Self::Mcp,
        Self::Secret,
        Self::Custom,
    ];

    /// Returns the lower-case name, which is also the name of the kind's default service.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Database => "database",
            Self::Mcp => "mcp",
            Self::Secret => "secret",
            Self::Custom => "custom",
        }
    }

    /// Returns whether a call whose outcome is unknown may be sent again by default.
    #[must_use]
    pub const fn idempotent_by_default(self) -> bool {
        matches!(self, Self::Llm | Self::Secret)
    }
}

impl fmt::Display for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ServiceKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// Rejects a text that names no [`ServiceKind`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of service `{0}`; one of llm, database, mcp, secret, custom")]
pub struct UnknownKind(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownKind(..)")
    }
}
