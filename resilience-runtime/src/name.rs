//! The name of a service and its kind.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a protected dependency, such as `"llm"` or `"openai"`.
///
/// Cloning it is one reference count, so it travels in every error.
///
/// ```
/// use resilience_runtime::ServiceName;
///
/// let name = ServiceName::from("openai");
/// assert_eq!(name, "openai");
/// assert_eq!(name.to_string(), "openai");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceName(Arc<str>);

impl ServiceName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as the text that its clones share.
    #[cfg(any(feature = "metrics", feature = "opentelemetry"))]
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl From<&str> for ServiceName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for ServiceName {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&ServiceName> for ServiceName {
    fn from(name: &ServiceName) -> Self {
        name.clone()
    }
}

impl From<ServiceKind> for ServiceName {
    fn from(kind: ServiceKind) -> Self {
        kind.name().into()
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl AsRef<str> for ServiceName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for ServiceName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for ServiceName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ServiceName {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for ServiceName {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl PartialEq<ServiceName> for str {
    fn eq(&self, other: &ServiceName) -> bool {
        self == &*other.0
    }
}

impl PartialEq<ServiceName> for &str {
    fn eq(&self, other: &ServiceName) -> bool {
        *self == &*other.0
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ServiceName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// What sort of service it is: picks the preset and the default meaning of an unknown error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum ServiceKind {
    /// A language model's API.
    Llm,
    /// A database.
    Database,
    /// A Model Context Protocol server.
    Mcp,
    /// A secret manager.
    Secret,
    /// Anything else.
    Custom,
}

impl ServiceKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Llm,
        Self::Database,
        Self::Mcp,
        Self::Secret,
        Self::Custom,
    ];

    /// The lower-case name, which is also the name of the kind's default service.
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

    /// Whether a call whose outcome is unknown may be sent again when nobody says otherwise.
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
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// A text that names no [`ServiceKind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of service `{0}`; one of llm, database, mcp, secret, custom")]
pub struct UnknownKind(String);
