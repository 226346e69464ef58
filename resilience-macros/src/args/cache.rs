//! `cache`: the read-through cache.

use darling::{Error, Result};
use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Lit, MacroDelimiter, Meta};

use super::duration::Time;
use super::items::{self, Partial, options};
use super::limit::Limit;
use super::spanned::{ParseArg, Spanned, Value, is_off, strip_groups};
use super::value::{Code, Count, Flag, is_negative, literal};
use crate::runtime::Runtime;

options! {
    /// `cache(…)` beside the attribute's other arguments.
    ReadThrough in cache {
        key: Code,
        ttl: Ttl,
        refresh_ahead: RefreshAhead,
        stale_if_error: Limit,
        negative_ttl: Limit,
        max_entries: Count,
        across_instances: Flag,
        private: Flag,
    }
}

/// What was written for `cache`. There is no `off`: it is there only where it is written.
#[derive(Debug)]
pub(crate) struct Cache(Partial<ReadThrough>);

impl ParseArg for Cache {
    fn read(meta: &Meta) -> Result<Self> {
        match meta {
            Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                Ok(Self(items::read(list.tokens.clone())))
            }
            Meta::NameValue(pair) if is_off(&pair.value) => Err(Error::custom(
                "`cache` is off where it is not written; remove it",
            )
            .with_span(&pair.value)),
            _ => Err(
                Error::custom("expected `cache(key = …)`, or `cache()` without arguments")
                    .with_span(meta.path()),
            ),
        }
    }
}

impl Cache {
    /// The errors in the parentheses.
    pub(super) fn error(written: Option<&Spanned<Self>>) -> Option<Error> {
        written?.value.0.error.clone()
    }

    /// What could be read in the parentheses.
    pub(crate) fn settings(&self) -> &ReadThrough {
        &self.0.value
    }

    /// Whether all of it could be read.
    pub(crate) fn was_read(&self) -> bool {
        self.0.error.is_none()
    }
}

/// How long an answer is fresh.
#[derive(Debug)]
pub(crate) enum Ttl {
    Fixed(Time),
    /// As the answer says: a closure over it.
    OfAnswer(Box<Expr>),
}

impl Ttl {
    /// The time, where it does not depend on the answer.
    pub(crate) fn fixed(&self) -> Option<&Time> {
        match self {
            Self::Fixed(time) => Some(time),
            Self::OfAnswer(_) => None,
        }
    }
}

impl Value for Ttl {
    const EXAMPLE: &'static str = "\"5m\"";

    fn of(expr: &Expr) -> Result<Self> {
        match strip_groups(expr) {
            Expr::Closure(_) => Ok(Self::OfAnswer(Box::new(expr.clone()))),
            _ => Time::of(expr).map(Self::Fixed),
        }
    }
}

/// When a fresh answer is due for a refresh.
#[derive(Debug)]
pub(crate) enum RefreshAhead {
    Off,
    Fraction(f64),
    Before(Time),
}

impl Value for RefreshAhead {
    const EXAMPLE: &'static str = "0.8";

    fn of(expr: &Expr) -> Result<Self> {
        if is_off(expr) {
            return Ok(Self::Off);
        }
        let number = match literal(expr) {
            _ if is_negative(expr) => Some(f64::NAN),
            Some(Lit::Int(number)) if number.suffix().is_empty() => number.base10_parse().ok(),
            Some(Lit::Float(number)) if number.suffix().is_empty() => number.base10_parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if number > 0.0 && number < 1.0 => Ok(Self::Fraction(number)),
            Some(_) => Err(Error::custom(
                "must be a share of the `ttl` above 0 and below 1, such as `0.8`, a time before its end in quotes, \
                 such as `\"30s\"`, or `off`",
            )
            .with_span(expr)),
            None => match Limit::of(expr)? {
                Limit::Off => Ok(Self::Off),
                Limit::On(time) => Ok(Self::Before(time)),
            },
        }
    }
}

impl ReadThrough {
    /// The runtime's `CacheConfig`, with its defaults for what was not written.
    pub(crate) fn expand(&self, runtime: &Runtime) -> TokenStream {
        let mixed = Span::mixed_site();
        let private = runtime.private(mixed);
        let some =
            |value: TokenStream| quote_spanned!(mixed=> ::core::option::Option::Some(#value));
        let none = quote_spanned!(mixed=> ::core::option::Option::None);
        let limit = |limit: &Spanned<Limit>| match &limit.value {
            Limit::Off => none.clone(),
            Limit::On(time) => some(time.duration(runtime)),
        };
        let refresh = |refresh: &Spanned<RefreshAhead>| match &refresh.value {
            RefreshAhead::Off => none.clone(),
            RefreshAhead::Fraction(fraction) => {
                let fraction = Literal::f64_unsuffixed(*fraction);
                some(quote_spanned!(mixed=> #private::RefreshAhead::Fraction(#fraction)))
            }
            RefreshAhead::Before(time) => {
                let before = time.duration(runtime);
                some(quote_spanned!(mixed=> #private::RefreshAhead::Before(#before)))
            }
        };
        let ttl = self.ttl.as_ref().map(|ttl| match &ttl.value {
            Ttl::Fixed(time) => time.duration(runtime),
            Ttl::OfAnswer(_) => quote_spanned!(mixed=> #private::CacheConfig::LONGEST_TTL),
        });
        let is_private = self.private.as_ref().map(|private| {
            let private = private.value.0;
            quote_spanned!(mixed=> #private)
        });
        let refresh_ahead = self.refresh_ahead.as_ref().map(refresh);
        let stale_if_error = self.stale_if_error.as_ref().map(limit);
        let negative_ttl = self.negative_ttl.as_ref().map(limit);
        let max_entries = self.max_entries.as_ref().map(|entries| {
            let entries = Literal::u32_unsuffixed(entries.value.0);
            quote_spanned!(mixed=> #entries)
        });
        let mut parts = TokenStream::new();
        let mut any = false;
        for (name, value) in [
            ("ttl", ttl),
            ("refresh_ahead", refresh_ahead),
            ("stale_if_error", stale_if_error),
            ("negative_ttl", negative_ttl),
            ("max_entries", max_entries),
            ("private", is_private),
        ] {
            any |= value.is_some();
            let name = syn::Ident::new(name, mixed);
            let default = || quote_spanned!(mixed=> #private::CacheConfig::DEFAULT.#name);
            let value = value.unwrap_or_else(default);
            parts.extend(quote_spanned!(mixed=> #value,));
        }
        if any {
            // In the order of the fields; the setters of the type are not all `const`.
            quote_spanned!(mixed=> #private::CacheConfig::from_parts(#parts))
        } else {
            quote_spanned!(mixed=> #private::CacheConfig::DEFAULT)
        }
    }
}
