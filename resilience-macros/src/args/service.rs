//! The service of a function: a name, or the path of a declaration.

use darling::{Error, Result};
use syn::{Expr, ExprPath, Lit, LitStr};

use super::spanned::{Value, strip_groups};
use super::value::literal;

/// `service = "…"`, or the path of what `service!` declares.
#[derive(Clone, Debug)]
pub(crate) enum Service {
    Name(LitStr),
    Declared(ExprPath),
}

impl Value for Service {
    const EXAMPLE: &'static str = "\"openai\"";

    fn of(expr: &Expr) -> Result<Self> {
        match (literal(expr), strip_groups(expr)) {
            (Some(Lit::Str(text)), _) if text.value().trim().is_empty() => {
                Err(Error::custom("must not be empty").with_span(expr))
            }
            (Some(Lit::Str(text)), _) => Ok(Self::Name(text.clone())),
            (None, Expr::Path(path)) => Ok(Self::Declared(path.clone())),
            _ => Err(Error::custom(
                "the name of a service is a string literal, such as `\"openai\"`, or the path of a declared service, such as \
                 `OPENAI`; for a name known only at run time call `Registry::service(name, kind)?.call(|| …)` by hand",
            )
            .with_span(expr)),
        }
    }
}

impl Service {
    /// The path, where the service is declared.
    pub(crate) fn declared(&self) -> Option<&ExprPath> {
        match self {
            Self::Name(_) => None,
            Self::Declared(path) => Some(path),
        }
    }
}
