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

/// Declares the arguments of every attribute, and those of each pattern: its settings, and those that are code.
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
    ) => {
        options! {
            /// The arguments of every attribute.
            Args {
                service: Text,
                $($group: Toggle<$args>,)*
                $($limit: Limit,)*
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

        $(
            options! {
                #[doc = concat!("`", stringify!($group), "(…)`")]
                $args in $group {
                    $($($rate: $rate_arg => $rate_key,)*)?
                    $($field: $arg => $key,)*
                    $($($code: $code_arg,)*)?
                }
            }
        )*

        /// Every list that an argument can stand in.
        pub(crate) const ARG_LISTS: &[ArgList] = &[
            place::<Args>(),
            $(place::<$args>(),)*
            fallback::ARG_LIST,
            place::<LastGood>(),
            place::<Stream>(),
            place::<ReadThrough>(),
        ];

        impl Args {
            /// The errors in the parentheses of each pattern.
            fn errors_of_patterns(&self) -> impl Iterator<Item = Error> {
                [$(Toggle::error(self.$group.as_ref())),*].into_iter().flatten()
            }

            /// The settings of the runtime that were given, by the name of their key.
            pub(crate) fn settings_of_patterns(&self) -> Vec<(&'static str, &dyn Setting)> {
                let mut settings = Vec::new();
                $(settings.extend(Toggle::on(self.$group.as_ref()).into_iter().flat_map($args::settings));)*
                $(settings.extend(Limit::on(self.$limit.as_ref()).map(|time| (stringify!($limit_key), time)));)*
                settings
            }

            /// The patterns that are switched off, by the runtime's name.
            pub(crate) fn patterns_off(&self) -> Vec<&'static str> {
                let patterns = [
                    $((stringify!($pattern), Toggle::is_off(self.$group.as_ref())),)*
                    $((stringify!($limit_key), Limit::is_off(self.$limit.as_ref())),)*
                    ("Fallback", Fallback::is_off(self.fallback.as_ref())),
                ];
                patterns.into_iter().filter_map(|(pattern, off)| off.then_some(pattern)).collect()
            }
        }
    };
}
settings!(groups);

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

impl Limit {
    /// Whether it was written and is off.
    fn is_off(written: Option<&Spanned<Self>>) -> bool {
        written.is_some_and(|written| matches!(written.value, Self::Off))
    }

    /// The setting, where there is one.
    fn on(written: Option<&Spanned<Self>>) -> Option<&dyn Setting> {
        match &written?.value {
            Self::Off => None,
            Self::On(time) => Some(time),
        }
    }
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
            Fallback::error(args.fallback.as_ref()),
            Streaming::error(args.stream.as_ref()),
            Cache::error(args.cache.as_ref()),
        ];
        let errors = error.into_iter().chain(args.errors_of_patterns());
        let errors: Vec<Error> = errors.chain(nested.into_iter().flatten()).collect();
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
