//! Counts, numbers, texts and words.

use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{Expr, ExprLit, Ident, Lit, Meta, Path, UnOp};

use super::names;
use super::spanned::{ParseArg, Value, is_off, name, strip_groups};
use crate::runtime::Runtime;

/// A value that becomes a setting of the runtime.
pub(crate) trait Setting {
    /// The runtime's `Value`.
    fn expand(&self, runtime: &Runtime) -> TokenStream;
}

/// The literal that an expression is.
pub(crate) fn literal(expr: &Expr) -> Option<&Lit> {
    match strip_groups(expr) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// Whether it is a number with a minus in front, which other macros write as one token.
pub(crate) fn is_negative(expr: &Expr) -> bool {
    match (strip_groups(expr), literal(expr)) {
        (Expr::Unary(unary), _) => {
            matches!(unary.op, UnOp::Neg(_))
                && matches!(literal(&unary.expr), Some(Lit::Int(_) | Lit::Float(_)))
        }
        (_, Some(Lit::Int(number))) => number.base10_digits().starts_with('-'),
        (_, Some(Lit::Float(number))) => number.base10_digits().starts_with('-'),
        _ => false,
    }
}

/// A whole number of at least 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Count(pub(crate) u32);

impl Value for Count {
    const EXAMPLE: &'static str = "3";

    fn of(expr: &Expr) -> Result<Self> {
        let wrong = |message: &str| Err(Error::custom(message).with_span(expr));
        if is_negative(expr) {
            return wrong("must be at least 1");
        }
        match literal(expr) {
            Some(Lit::Int(number)) if number.suffix().is_empty() || number.suffix() == "u32" => {
                match number.base10_parse::<u32>() {
                    Ok(0) => wrong("must be at least 1"),
                    Ok(count) => Ok(Self(count)),
                    Err(_) => wrong("too large, at most 4294967295"),
                }
            }
            _ => wrong("expected a whole number, such as `3`"),
        }
    }
}

impl Setting for Count {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private(Span::mixed_site());
        let count = proc_macro2::Literal::u32_unsuffixed(self.0);
        quote!(#private::Value::Count(#count))
    }
}

/// A number, whole or not. A negative one is below every range, and the range's message contains what is allowed.
fn number(expr: &Expr) -> Result<f64> {
    let wrong = |message: &str| Err(Error::custom(message).with_span(expr));
    if is_negative(expr) {
        return Ok(f64::NEG_INFINITY);
    }
    let parsed = match literal(expr) {
        Some(Lit::Int(number)) if number.suffix().is_empty() => number.base10_parse::<f64>(),
        Some(Lit::Float(number)) if number.suffix().is_empty() => number.base10_parse::<f64>(),
        _ => return wrong("expected a number, such as `2.0`"),
    };
    match parsed {
        Ok(number) if number.is_finite() => Ok(number),
        _ => wrong("too large"),
    }
}

fn expand_number(number: f64, runtime: &Runtime) -> TokenStream {
    let private = runtime.private(Span::mixed_site());
    let number = proc_macro2::Literal::f64_unsuffixed(number);
    quote!(#private::Value::Number(#number))
}

const SHARE: &str = "a rate must be above 0 and at most 1";

/// A share that was written as a percentage.
fn meant_as_percent(message: &str, number: f64) -> String {
    if message == SHARE && (2.0..=100.0).contains(&number) {
        return format!("; {number} % is `{:?}`", number / 100.0);
    }
    String::new()
}

/// Declares a number that must lie in a range.
macro_rules! numbers {
    ($( $(#[$about:meta])* $name:ident, $example:literal, $fits:expr, $message:expr; )*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) struct $name(pub(crate) f64);

        impl Value for $name {
            const EXAMPLE: &'static str = $example;

            fn of(expr: &Expr) -> Result<Self> {
                let fits: fn(f64) -> bool = $fits;
                let number = number(expr)?;
                if fits(number) {
                    Ok(Self(number))
                } else {
                    let meant = meant_as_percent($message, number);
                    Err(Error::custom(format!("{}{meant}", $message)).with_span(expr))
                }
            }
        }

        impl Setting for $name {
            fn expand(&self, runtime: &Runtime) -> TokenStream {
                expand_number(self.0, runtime)
            }
        }
    )* };
}

numbers! {
    /// A share of calls.
    Share, "0.5", |share| share > 0.0 && share <= 1.0, SHARE;
    /// What a pause is multiplied with.
    Factor, "2.0", |factor| factor >= 1.0, "must be at least 1";
    /// What a limit is multiplied with at a congestion.
    Decrease, "0.9", |factor| (0.5..1.0).contains(&factor), "must be at least 0.5 and below 1";
    /// What a retry budget holds.
    Capacity, "100", |capacity| (1.0..=1e9).contains(&capacity), "must be between 1 and 1000000000";
    /// A share of the calls in relation to others.
    Weight, "2.0", |weight| weight > 0.0 && weight <= 1e9, "must be above 0 and at most 1000000000";
    /// What a success pays back.
    Refill, "0.1", |refill| refill > 0.0 && refill <= 1e9, "must be above 0 and at most 1000000000";
}

/// One of a fixed set of words, in quotes.
pub(crate) fn word(expr: &Expr, words: &[&'static str]) -> Result<usize> {
    let allowed = || {
        let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        quoted.join(", ")
    };
    let Some(Lit::Str(text)) = literal(expr) else {
        let message = match strip_groups(expr) {
            Expr::Path(path) => match words.iter().position(|word| path.path.is_ident(word)) {
                Some(index) => format!("quote it: `{:?}`", words[index]),
                None => format!("expected one of {}", allowed()),
            },
            _ => format!("expected one of {}", allowed()),
        };
        return Err(Error::custom(message).with_span(expr));
    };
    let value = text.value();
    words.iter().position(|word| *word == value).ok_or_else(|| {
        let message = match names::nearest(&value, words) {
            Some(near) => format!(
                "unknown value {value:?}; did you mean {near:?}? One of {}",
                allowed()
            ),
            None => format!("unknown value {value:?}; one of {}", allowed()),
        };
        Error::custom(message).with_span(text)
    })
}

/// Declares a choice between words.
macro_rules! choices {
    ($( $(#[$about:meta])* $name:ident { $( $word:literal => $variant:ident ),* $(,)? } )*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $( $variant ),* }

        impl $name {
            const WORDS: &'static [(&'static str, Self)] = &[$( ($word, Self::$variant) ),*];
        }

        impl crate::args::Value for $name {
            const EXAMPLE: &'static str = concat!("\"", crate::args::value::choices!(@first $($word)*), "\"");

            fn of(expr: &syn::Expr) -> darling::Result<Self> {
                let words: Vec<&'static str> = Self::WORDS.iter().map(|(word, _)| *word).collect();
                Ok(Self::WORDS[crate::args::value::word(expr, &words)?].1)
            }
        }
    )* };
    (@first $first:literal $($rest:literal)*) => { $first };
}
pub(crate) use choices;

choices! {
    /// How pauses are spread.
    Jitter { "full" => Full, "equal" => Equal, "decorrelated" => Decorrelated, "none" => None }
    /// What a dropped call counts as.
    OnAbandoned { "ignored" => Ignored, "failure" => Failure }
    /// How requests are counted.
    RateLimitStrategy { "token_bucket" => TokenBucket, "sliding_window" => SlidingWindow, "fixed_window" => FixedWindow }
    /// Whether a pattern enforces its decisions, or only counts them.
    PatternMode { "enforce" => Enforce, "shadow" => Shadow }
    /// What a shared limit does while the store of the fleet cannot be reached.
    OnStoreLoss { "share" => Share, "closed" => Closed, "open" => Open }
    /// Which of several targets an attempt goes to.
    Pick { "balanced" => Balanced, "ordered" => Ordered }
    /// Which error the caller gets after the last attempt.
    Exhausted { "last" => Last, "wrap" => Wrap }
    /// Which failures a fallback answers.
    On { "any" => Any, "transient" => Transient, "rejection" => Rejection }
}

/// The runtime's variant of the same name.
pub(crate) fn variant(choice: impl std::fmt::Debug) -> Ident {
    Ident::new(&format!("{choice:?}"), Span::mixed_site())
}

macro_rules! choices_that_are_settings {
    ($($name:ident: $value:ident),*) => { $(
        impl Setting for $name {
            fn expand(&self, runtime: &Runtime) -> TokenStream {
                let private = runtime.private(Span::mixed_site());
                let variant = variant(self);
                quote!(#private::Value::$value(#private::$name::#variant))
            }
        }
    )* };
}
choices_that_are_settings!(
    Jitter: Jitter,
    OnAbandoned: OnAbandoned,
    RateLimitStrategy: RateLimitStrategy,
    PatternMode: Mode,
    OnStoreLoss: OnStoreLoss
);

/// `name`, `name = true` or `name = false`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag(pub(crate) bool);

impl FromMeta for Flag {
    fn from_meta(meta: &Meta) -> Result<Self> {
        <Self as ParseArg>::read(meta)
    }
}

impl ParseArg for Flag {
    fn read(meta: &Meta) -> Result<Self> {
        match meta {
            Meta::Path(_) => Ok(Self(true)),
            Meta::NameValue(pair) => match literal(&pair.value) {
                Some(Lit::Bool(value)) => Ok(Self(value.value)),
                _ if is_off(&pair.value) => {
                    Err(Error::custom(format!("write `{} = false`", name(meta)))
                        .with_span(&pair.value))
                }
                _ => Err(Error::custom("expected `true` or `false`").with_span(&pair.value)),
            },
            Meta::List(list) => Err(Error::custom(format!(
                "expected `{0}` or `{0} = false`",
                name(meta)
            ))
            .with_span(&list.path)),
        }
    }
}

impl Setting for Flag {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private(Span::mixed_site());
        let flag = self.0;
        quote!(#private::Value::Flag(#flag))
    }
}

/// `name = off`, of something that is taken to be on where nothing is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Off;

impl Value for Off {
    const EXAMPLE: &'static str = "off";

    fn of(expr: &Expr) -> Result<Self> {
        if is_off(expr) {
            return Ok(Self);
        }
        Err(Error::custom(
            "the only value is `off`; without this argument the client is taken to repeat requests as it does by default",
        )
        .with_span(expr))
    }
}

/// A path, as code or in quotes.
#[derive(Clone, Debug)]
pub(crate) struct PathText(pub(crate) Path);

impl Value for PathText {
    const EXAMPLE: &'static str = "::resilience_runtime";

    fn of(expr: &Expr) -> Result<Self> {
        let path = match strip_groups(expr) {
            Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => text.parse_with(Path::parse_mod_style).ok(),
            _ => None,
        };
        // It stands in `use` as well, which knows neither `Self` nor generic arguments.
        let is_module = |path: &Path| {
            let mut segments = path.segments.iter();
            segments.all(|segment| segment.arguments.is_none() && segment.ident != "Self")
        };
        path.filter(is_module).map(Self).ok_or_else(|| {
            Error::custom("expected the path of the runtime, such as `::resilience_runtime`")
                .with_span(expr)
        })
    }
}

/// `crate = path`, for the derive.
pub(crate) fn runtime_path(meta: &Meta) -> Result<Path> {
    <PathText as ParseArg>::read(meta).map(|PathText(path)| path)
}

/// The path of a function, or a closure.
#[derive(Clone, Debug)]
pub(crate) struct Callable(pub(crate) Expr);

impl Value for Callable {
    const EXAMPLE: &'static str = "path::to::function";

    fn of(expr: &Expr) -> Result<Self> {
        match expr {
            Expr::Path(_) | Expr::Closure(_) => Ok(Self(expr.clone())),
            _ => Err(
                Error::custom(if matches!(literal(expr), Some(Lit::Str(_))) {
                    "expected the path of a function or a closure, without quotes"
                } else {
                    "expected the path of a function, or a closure"
                })
                .with_span(expr),
            ),
        }
    }
}

/// Any expression over the arguments.
#[derive(Clone, Debug)]
pub(crate) struct Code(pub(crate) Expr);

impl Value for Code {
    const EXAMPLE: &'static str = "an expression over the arguments";

    fn of(expr: &Expr) -> Result<Self> {
        Ok(Self(expr.clone()))
    }
}

/// `borrow(a, b)`
#[derive(Debug)]
pub(crate) struct Names(pub(crate) Vec<Ident>);

impl ParseArg for Names {
    fn read(meta: &Meta) -> Result<Self> {
        let wrong = || {
            Error::custom("expected the names of arguments, such as `borrow(prompt, history)`")
                .with_span(meta.path())
        };
        let Meta::List(list) = meta else {
            return Err(wrong());
        };
        let names = list
            .parse_args_with(syn::punctuated::Punctuated::<Ident, syn::Token![,]>::parse_terminated)
            .map_err(|error| {
                Error::custom("expected the name of an argument").with_span(&error.span())
            })?;
        if names.is_empty() {
            return Err(wrong());
        }
        Ok(Self(names.into_iter().collect()))
    }
}

/// An expression's tokens as text, for names of strategies and messages.
pub(crate) fn source(expr: &Expr) -> String {
    expr.to_token_stream().to_string().replace(' ', "")
}
