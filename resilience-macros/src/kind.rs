//! The five attributes.

use proc_macro2::{Ident, Span};

/// What sort of service an attribute stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Llm,
    Database,
    Mcp,
    Secret,
    Custom,
}

impl Kind {
    /// The service that is meant where none is named.
    pub(crate) fn default_service(self) -> Option<&'static str> {
        match self {
            Self::Llm => Some("llm"),
            Self::Database => Some("database"),
            Self::Mcp => Some("mcp"),
            Self::Secret => Some("secret"),
            Self::Custom => None,
        }
    }

    /// The variant of the runtime's `ServiceKind`.
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
