//! The arguments of an attribute.

mod aliases;
pub(crate) mod arg_list;
mod cache;
mod duration;
mod duration_text;
pub(crate) mod fallback;
pub(crate) mod items;
pub(crate) mod names;
mod settings;
pub(crate) mod spanned;
mod stream;
mod value;

use darling::{Error, Result};
use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use syn::{Expr, MacroDelimiter, Meta};

use arg_list::{ArgList, Options, place};
pub(crate) use cache::{Cache, ReadThrough, RefreshAhead};
pub(crate) use duration::{Time, Wait, Window};
pub(crate) use fallback::{Fallback, LastGood, Step, When};
pub(crate) use items::Partial;
use items::options;
use settings::settings;
use spanned::{ParseArg, Value, is_off, name};
pub(crate) use spanned::{Spanned, strip_groups};
pub(crate) use stream::{RetryUntil, Stream, Streaming};
pub(crate) use value::{
    Callable, Capacity, Code, Count, Exhausted, Factor, Flag, Jitter, Names, On, OnAbandoned,
    PathText, RateLimitStrategy, Refill, Setting, Share, Text, is_negative, literal, source,
    variant,
};

use crate::runtime::Runtime;

options! {
    /// The arguments of every attribute.
    Args {
        service: Text,
        retry: Toggle<Retry>,
        retry_budget: Toggle<RetryBudget>,
        circuit_breaker: Toggle<CircuitBreaker>,
        rate_limit: Toggle<RateLimit>,
        bulkhead: Toggle<Bulkhead>,
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

/// Every list that an argument can stand in.
pub(crate) const ARG_LISTS: &[ArgList] = &[
    place::<Args>(),
    place::<Retry>(),
    place::<RetryBudget>(),
    place::<CircuitBreaker>(),
    place::<RateLimit>(),
    place::<Bulkhead>(),
    fallback::ARG_LIST,
    place::<LastGood>(),
    place::<Stream>(),
    place::<ReadThrough>(),
];

/// Attempts of one call, the first one included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts(Count);

impl Value for Attempts {
    const EXAMPLE: &'static str = Count::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        let is_zero =
            matches!(literal(expr), Some(syn::Lit::Int(number)) if number.base10_digits() == "0");
        if is_zero || is_negative(expr) {
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
pub(crate) enum Toggle<T> {
    Off,
    On(Partial<T>),
}

impl<T> Toggle<T> {
    /// Whether it was written and is off.
    pub(crate) fn is_off(written: Option<&Spanned<Self>>) -> bool {
        matches!(
            written,
            Some(Spanned {
                value: Self::Off,
                ..
            })
        )
    }

    /// The errors in the parentheses.
    fn error(written: Option<&Spanned<Self>>) -> Option<Error> {
        match &written?.value {
            Self::Off => None,
            Self::On(settings) => settings.error.clone(),
        }
    }

    /// The settings, where there are any.
    pub(crate) fn on(written: Option<&Spanned<Self>>) -> Option<&T> {
        match written {
            Some(Spanned {
                value: Self::On(settings),
                ..
            }) => Some(&settings.value),
            _ => None,
        }
    }
}

impl<T: Options + Default> ParseArg for Toggle<T> {
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
    <PathText as ParseArg>::read(meta).map(|PathText(path)| path)
}

impl Args {
    /// Reads the tokens between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream) -> Partial<Self> {
        let Partial { value: args, error } = items::read::<Self>(tokens);
        let nested = [
            error,
            Toggle::error(args.retry.as_ref()),
            Toggle::error(args.retry_budget.as_ref()),
            Toggle::error(args.circuit_breaker.as_ref()),
            Toggle::error(args.rate_limit.as_ref()),
            Toggle::error(args.bulkhead.as_ref()),
            Fallback::error(args.fallback.as_ref()),
            Streaming::error(args.stream.as_ref()),
            Cache::error(args.cache.as_ref()),
        ];
        let errors: Vec<Error> = nested.into_iter().flatten().collect();
        Partial {
            value: args,
            error: (!errors.is_empty()).then(|| Error::multiple(errors)),
        }
    }

    /// Whether failed attempts are repeated.
    pub(crate) fn retries(&self) -> bool {
        !Toggle::is_off(self.retry.as_ref())
    }

    /// Whether the arguments are needed again after an attempt.
    pub(crate) fn keeps_arguments(&self) -> bool {
        self.retries() || self.verify.is_some()
    }

    /// `retry(retry_if = …)`
    pub(crate) fn retry_if(&self) -> Option<&Spanned<Callable>> {
        Toggle::on(self.retry.as_ref())?.retry_if.as_ref()
    }
}
