//! One argument as it was written: its name, its value, and where they stand.

use darling::{Error, FromMeta, Result};
use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{Expr, Meta};

/// An argument, with the places to point at when it is wrong.
#[derive(Debug)]
pub(crate) struct Spanned<T> {
    /// Where its name stands.
    pub(crate) name: Span,
    /// Where its value stands; the name again where it has none.
    pub(crate) place: Span,
    pub(crate) value: T,
}

/// What can stand as one argument.
pub(crate) trait ParseArg: Sized {
    fn read(meta: &Meta) -> Result<Self>;
}

/// What can stand after `name =`.
pub(crate) trait Value: Sized {
    /// An example, for the message about a missing value.
    const EXAMPLE: &'static str;

    fn of(expr: &Expr) -> Result<Self>;
}

impl<T: Value> ParseArg for T {
    fn read(meta: &Meta) -> Result<Self> {
        match meta {
            Meta::NameValue(pair) => T::of(strip_groups(&pair.value)),
            Meta::Path(path) => Err(Error::custom(format!(
                "`{0}` needs a value: `{0} = {1}`",
                name(meta),
                T::EXAMPLE
            ))
            .with_span(path)),
            Meta::List(list) => Err(Error::custom(format!(
                "`{0}` takes its value after `=`: `{0} = {1}`",
                name(meta),
                T::EXAMPLE
            ))
            .with_span(&list.path)),
        }
    }
}

impl<T> Spanned<T> {
    /// A value that was read from `meta`.
    pub(crate) fn of(meta: &Meta, value: T) -> Self {
        let place = match meta {
            Meta::NameValue(pair) => strip_groups(&pair.value).span(),
            Meta::Path(_) | Meta::List(_) => meta.path().span(),
        };
        Self {
            name: meta.path().span(),
            place,
            value,
        }
    }
}

impl<T: ParseArg> FromMeta for Spanned<T> {
    fn from_meta(meta: &Meta) -> Result<Self> {
        T::read(meta).map(|value| Self::of(meta, value))
    }
}

/// A path as it was written, without spaces.
pub(crate) fn path_text(path: &syn::Path) -> String {
    let mut text = String::new();
    if path.leading_colon.is_some() {
        text.push_str("::");
    }
    for (index, segment) in path.segments.iter().enumerate() {
        if index > 0 {
            text.push_str("::");
        }
        text.push_str(&segment.ident.to_string());
    }
    text
}

/// The name of an argument as text.
pub(crate) fn name(meta: &Meta) -> String {
    path_text(meta.path())
}

/// The expression without the invisible groups of `macro_rules!` and without parentheses.
pub(crate) fn strip_groups(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => strip_groups(&group.expr),
        Expr::Paren(paren) => strip_groups(&paren.expr),
        expr => expr,
    }
}

/// Whether it is the word `off`.
pub(crate) fn is_off(expr: &Expr) -> bool {
    matches!(strip_groups(expr), Expr::Path(path) if path.path.is_ident("off"))
}
