//! A limit of time, which can be switched off.

use darling::{Error, Result};
use syn::Expr;

use super::duration::{Time, Wait};
use super::spanned::{Value, is_off};

/// A limit of time, or `off`.
#[derive(Debug)]
pub(crate) enum Limit {
    Off,
    On(Time),
}

impl Value for Limit {
    const EXAMPLE: &'static str = Time::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        if is_off(expr) {
            return Ok(Self::Off);
        }
        Time::of(expr).map(Self::On).map_err(|error| {
            let zero = matches!(Wait::of(expr), Ok(Wait(time)) if time.known().is_some());
            if zero {
                Error::custom("must be longer than zero; to do without it write `off`")
                    .with_span(expr)
            } else {
                error
            }
        })
    }
}
