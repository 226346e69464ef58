//! Which of the calls that wait comes first: a word, or code that is evaluated for each call.

use darling::Result;
use syn::Expr;

use super::spanned::Value;
use super::value::{choices, literal};

choices! {
    /// A priority by its name.
    Priority { "high" => High, "normal" => Normal, "low" => Low }
}

/// The priority of a function's calls.
#[derive(Debug)]
pub(crate) enum Prioritized {
    Fixed(Priority),
    Computed(Expr),
}

impl Value for Prioritized {
    const EXAMPLE: &'static str = Priority::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        let is_unquoted = matches!(expr, Expr::Path(path) if Priority::WORDS.iter().any(|(word, _)| path.path.is_ident(word)));
        if literal(expr).is_some() || is_unquoted {
            return Priority::of(expr).map(Self::Fixed);
        }
        Ok(Self::Computed(expr.clone()))
    }
}
