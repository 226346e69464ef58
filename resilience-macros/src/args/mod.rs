//! What was written in the attribute.

mod aliases;
mod cache;
mod duration;
pub(crate) mod fallback;
pub(crate) mod items;
pub(crate) mod names;
mod settings;
mod stream;
mod value;
mod written;

use darling::{Error, Result};
use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use syn::{Expr, MacroDelimiter, Meta};

pub(crate) use cache::{Cache, ReadThrough, RefreshAhead};
pub(crate) use duration::{Time, Wait, Window};
pub(crate) use fallback::{Fallback, LastGood, Step, When};
pub(crate) use items::Partial;
use items::{Options, options};
use settings::settings;
pub(crate) use stream::{RetryUntil, Stream, Streaming};
pub(crate) use value::{
    Callable, Capacity, Code, Count, Exhausted, Factor, Flag, Jitter, Names, On, OnAbandoned,
    PathText, RateLimitStrategy, Refill, Setting, Share, Text, literal, source, variant,
};
use written::{Read, Value, is_off, name};
pub(crate) use written::{Written, peel};

use crate::runtime::Runtime;

options! {
    /// The arguments of every attribute.
    Args {
        service: Text,
        retry: Switch<Retry>,
        retry_budget: Switch<RetryBudget>,
        circuit_breaker: Switch<CircuitBreaker>,
        rate_limit: Switch<RateLimit>,
        bulkhead: Switch<Bulkhead>,
        timeout: Limit,
        deadline: Limit,
        fallback: Fallback,
        cache: Cache,
        classify: Callable,
        classify_ok: Callable,
        verify: Callable,
        reconnect: Callable,
        safety: Callable,
        stream: Streaming,
        idempotent: Flag,
        correlation_id: Code,
        borrow: Names,
        registry: Code,
        runtime as "crate": PathText,
    }
}

/// Declares the arguments of each pattern: its settings, and those that are code.
macro_rules! groups {
    (
        groups { $(
            $(#[$group_doc:meta])*
            $group:ident($pattern:ident, $args:ident, $settings:ident, $prefix:literal) {
                $(rates $rate_key:ident as $rate_name:ident at $($rate_place:ident).+ { $(
                    $(#[$rate_doc:meta])* $rate:ident: $rate_arg:ident, $seconds:literal;
                )* })?
                settings { $(
                    $(#[$doc:meta])*
                    $field:ident: $value:ident, $arg:ident, $sharing:ident => $key:ident at $($place:ident).+;
                )* }
                $(renamed { $($old:ident: $index:literal,)* })?
                $(code { $($code:ident: $code_arg:ident,)* })?
            }
        )* }
        limits { $(
            $(#[$limit_doc:meta])* $limit:ident($limit_key:ident, $limit_prefix:literal) at $($limit_place:ident).+;
        )* }
    ) => { $(
        options! {
            #[doc = concat!("`", stringify!($group), "(…)`")]
            $args in $group {
                $($($rate: $rate_arg => $rate_key,)*)?
                $($field: $arg => $key,)*
                $($($code: $code_arg,)*)?
            }
        }
    )* };
}
settings!(groups);

/// Attempts of one call, the first one included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts(Count);

impl Value for Attempts {
    const EXAMPLE: &'static str = Count::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        if matches!(literal(expr), Some(syn::Lit::Int(number)) if number.base10_digits() == "0") {
            return Err(Error::custom(
                "`max_attempts` counts the first attempt, so it must be at least 1; to do without retries write `retry = off`",
            )
            .with_span(expr));
        }
        Count::of(expr).map(Self)
    }
}

impl Setting for Attempts {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        self.0.expand(runtime)
    }
}

/// Requests in one period.
macro_rules! rates {
    ($($name:ident: $seconds:literal;)*) => { $(
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name(Count);

        impl Value for $name {
            const EXAMPLE: &'static str = "60";

            fn of(expr: &Expr) -> Result<Self> {
                Count::of(expr).map(Self)
            }
        }

        impl Setting for $name {
            fn expand(&self, runtime: &Runtime) -> TokenStream {
                let private = runtime.private(Span::mixed_site());
                let limit = Literal::u32_unsuffixed(self.0.0);
                quote!(#private::Value::Rate { limit: #limit, period: #private::Duration::from_secs($seconds) })
            }
        }
    )* };
}
rates! { PerSecond: 1; PerMinute: 60; PerHour: 3600; }

/// A pattern that can be set in parentheses, or switched off.
#[derive(Debug)]
pub(crate) enum Switch<T> {
    Off,
    On(Partial<T>),
}

impl<T> Switch<T> {
    /// Whether it was written and is off.
    pub(crate) fn is_off(written: Option<&Written<Self>>) -> bool {
        matches!(
            written,
            Some(Written {
                value: Self::Off,
                ..
            })
        )
    }

    /// What is wrong in the parentheses.
    fn wrong(written: Option<&Written<Self>>) -> Option<Error> {
        match &written?.value {
            Self::Off => None,
            Self::On(settings) => settings.wrong.clone(),
        }
    }

    /// The settings, where there are any.
    pub(crate) fn on(written: Option<&Written<Self>>) -> Option<&T> {
        match written {
            Some(Written {
                value: Self::On(settings),
                ..
            }) => Some(&settings.value),
            _ => None,
        }
    }
}

impl<T: Options + Default> Read for Switch<T> {
    fn read(meta: &Meta) -> Result<Self> {
        match meta {
            Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                Ok(Self::On(items::read(list.tokens.clone())))
            }
            Meta::NameValue(pair) if is_off(&pair.value) => Ok(Self::Off),
            _ => {
                let error = Error::custom(format!(
                    "expected `{0}({1} = …)`, or `{0} = off`",
                    name(meta),
                    T::NAMES[0]
                ));
                Err(match meta {
                    Meta::NameValue(pair) => error.with_span(&pair.value),
                    _ => error.with_span(meta.path()),
                })
            }
        }
    }
}

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

/// `crate = path`, for the derive.
pub(crate) fn runtime_path(meta: &Meta) -> Result<syn::Path> {
    <PathText as Read>::read(meta).map(|PathText(path)| path)
}

impl Args {
    /// Reads the tokens between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream) -> Partial<Self> {
        let Partial { value: args, wrong } = items::read::<Self>(tokens);
        let nested = [
            wrong,
            Switch::wrong(args.retry.as_ref()),
            Switch::wrong(args.retry_budget.as_ref()),
            Switch::wrong(args.circuit_breaker.as_ref()),
            Switch::wrong(args.rate_limit.as_ref()),
            Switch::wrong(args.bulkhead.as_ref()),
            Fallback::wrong(args.fallback.as_ref()),
            Streaming::wrong(args.stream.as_ref()),
            Cache::wrong(args.cache.as_ref()),
        ];
        let wrong: Vec<Error> = nested.into_iter().flatten().collect();
        Partial {
            value: args,
            wrong: (!wrong.is_empty()).then(|| Error::multiple(wrong)),
        }
    }

    /// Whether failed attempts are repeated.
    pub(crate) fn retries(&self) -> bool {
        !Switch::is_off(self.retry.as_ref())
    }

    /// Whether the arguments are needed again after an attempt.
    pub(crate) fn keeps_arguments(&self) -> bool {
        self.retries() || self.verify.is_some()
    }

    /// `retry(retry_if = …)`
    pub(crate) fn retry_if(&self) -> Option<&Written<Callable>> {
        Switch::on(self.retry.as_ref())?.retry_if.as_ref()
    }
}
