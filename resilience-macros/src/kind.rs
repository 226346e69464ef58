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

    /// Returns the variant of the runtime's `ServiceKind`.
    pub(crate) fn variant(self) -> Ident {
        let name = match self {
            Self::Llm => "Llm",
            Self::Database => "Database",
            Self::Mcp => "Mcp",
            Self::Secret => "Secret",
            Self::Custom => "Custom",
        };
        Ident::new(name, Span::mixed_site())
    }
}
