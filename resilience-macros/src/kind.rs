//! Kinds of services: one attribute each.

use proc_macro2::{Ident, Span};

/// The kind of service that an attribute protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Llm,
    Database,
    Mcp,
    Secret,
    Custom,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Llm,
        Self::Database,
        Self::Mcp,
        Self::Secret,
        Self::Custom,
    ];

    /// Returns the attribute of the kind.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Llm => "llm_resilient",
            Self::Database => "database_resilient",
            Self::Mcp => "mcp_resilient",
            Self::Secret => "secret_resilient",
            Self::Custom => "resilient",
        }
    }

    /// Returns the name of the service where none is written.
    pub(crate) fn default_service(self) -> Option<&'static str> {
        match self {
            Self::Llm => Some("llm"),
            Self::Database => Some("database"),
            Self::Mcp => Some("mcp"),
            Self::Secret => Some("secret"),
            Self::Custom => None,
        }
    }

    /// Whether calls whose outcome is unknown may be repeated where nothing else is said.
    pub(crate) fn is_idempotent(self) -> bool {
        matches!(self, Self::Llm | Self::Secret)
    }

    /// Returns the variant of the runtime's `ServiceKind`.
    pub(crate) fn variant(self) -> Ident {
        Ident::new(self.name(), Span::mixed_site())
    }

    /// Returns the name of that variant, which is what a declaration writes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Llm => "Llm",
            Self::Database => "Database",
            Self::Mcp => "Mcp",
            Self::Secret => "Secret",
            Self::Custom => "Custom",
        }
    }
}
