//! Counts that are more than a number: the attempts of a call, and those that start beside the first one.

use darling::{Error, Result};
use proc_macro2::TokenStream;
use syn::Expr;

use super::spanned::Value;
use super::value::{Count, Setting, is_negative, literal};
use crate::runtime::Runtime;

/// Attempts of one call, the first one included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts(pub(crate) Count);

impl Value for Attempts {
    const EXAMPLE: &'static str = Count::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        at_least_one(
            expr,
            "`max_attempts` counts the first attempt, so it must be at least 1; to do without retries write `retry = off`",
        )
        .map(Self)
    }
}

impl Setting for Attempts {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        self.0.expand(runtime)
    }
}

/// Attempts that start beside the first one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hedges(Count);

impl Value for Hedges {
    const EXAMPLE: &'static str = Count::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        at_least_one(
            expr,
            "`max_hedges` must be at least 1; to do without hedges write `hedge = off`",
        )
        .map(Self)
    }
}

impl Setting for Hedges {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        self.0.expand(runtime)
    }
}

/// Reads a count; `message` says what to write instead of zero.
fn at_least_one(expr: &Expr, message: &str) -> Result<Count> {
    let is_zero =
        matches!(literal(expr), Some(syn::Lit::Int(number)) if number.base10_digits() == "0");
    if is_zero || is_negative(expr) {
        return Err(Error::custom(message).with_span(expr));
    }
    Count::of(expr)
}
