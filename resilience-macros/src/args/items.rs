//! A list of arguments: taken apart so that one mistake does not hide the next, and read into a struct.

use std::collections::HashMap;

use darling::Error;
use darling::ast::NestedMeta;
use darling::error::Accumulator;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Lit, Meta, Token};

use super::arg_list::{ArgList, Options, place};
use super::names::WEIGHT;
use super::spanned::{is_off, path_text};

/// Declares a struct with one field for each argument of a list, so that each argument is named once. `=> Key` names the runtime's setting
/// that the argument sets.
macro_rules! options {
    (
        $(#[$about:meta])*
        $name:ident $(in $within:ident)? {
            $( $(#[$doc:meta])* $field:ident $(as $written:literal)?: $value:ty $(=> $key:ident)?, )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Default, darling::FromMeta)]
        pub(crate) struct $name {
            $( $(#[$doc])* $(#[darling(rename = $written)])? pub(crate) $field: Option<crate::args::Spanned<$value>>, )*
        }

        impl crate::args::arg_list::Options for $name {
            const WITHIN: Option<&'static str> = crate::args::items::options!(@within $($within)?);
            const ALONE: bool = crate::args::items::options!(@alone $($within)?);
            const NAMES: &'static [&'static str] = &[$( crate::args::items::options!(@name $field $($written)?) ),*];
        }

        impl $name {
            /// The settings of the runtime that were given, by the name of their key.
            #[allow(unused_mut, dead_code)]
            pub(crate) fn settings(&self) -> Vec<(&'static str, &dyn crate::args::Setting)> {
                let mut settings: Vec<(&'static str, &dyn crate::args::Setting)> = Vec::new();
                $( $(
                    if let Some(written) = &self.$field {
                        settings.push((stringify!($key), &written.value));
                    }
                )? )*
                settings
            }
        }
    };
    (@within) => { None };
    (@within $within:ident) => { Some(stringify!($within)) };
    (@alone) => { false };
    (@alone hedge) => { true };
    (@alone $within:ident) => { false };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $written:literal) => { $written };
}
pub(crate) use options;

/// What could be read, and the errors in the rest: one mistake does not hide the next.
#[derive(Debug)]
pub(crate) struct Partial<T> {
    pub(crate) value: T,
    pub(crate) error: Option<Error>,
}

/// Reads a list of arguments.
pub(crate) fn read<T: Options + Default>(tokens: TokenStream) -> Partial<T> {
    let mut problems = Error::accumulator();
    let place = place::<T>();
    let items = known(split(tokens, &mut problems), place, &mut problems);
    let once = without_repetitions(items, &mut problems);
    let readable: Vec<NestedMeta> = once
        .into_iter()
        .filter(|item| {
            let alone = T::from_list(std::slice::from_ref(item));
            problems.handle(alone).is_some()
        })
        .collect();
    let value = problems.handle(T::from_list(&readable)).unwrap_or_default();
    Partial {
        value,
        error: problems.finish().err(),
    }
}

/// Takes a list apart at its commas. What does not parse is reported and left out.
pub(crate) fn split(tokens: TokenStream, problems: &mut Accumulator) -> Vec<NestedMeta> {
    let mut items = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let ahead = input.fork();
            match ahead.parse::<NestedMeta>() {
                Ok(item) if ahead.is_empty() || ahead.peek(Token![,]) => {
                    input.advance_to(&ahead);
                    items.push(item);
                }
                Ok(_) => {
                    problems.push(
                        Error::custom(
                            "expected `,` between arguments, and each argument as `name = value`",
                        )
                        .with_span(&ahead.span()),
                    );
                    skip_to_comma(input)?;
                }
                Err(error) => {
                    problems.push(error.into());
                    skip_to_comma(input)?;
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        problems.push(error.into());
    }
    items
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// Keeps the arguments that this place takes.
pub(crate) fn known(
    items: Vec<NestedMeta>,
    place: ArgList,
    problems: &mut Accumulator,
) -> Vec<Meta> {
    let mut kept = Vec::new();
    for item in items {
        match item {
            NestedMeta::Lit(lit) => problems.push(unnamed(&lit, place)),
            NestedMeta::NameValueInvalidExpr(pair) => {
                let name = path_text(&pair.path);
                problems.push(if place.takes(&name) {
                    let place = pair.error.span();
                    Error::custom(format!("not a value for `{name}`: {}", pair.error))
                        .with_span(&place)
                } else {
                    Error::custom(place.unknown(&name)).with_span(&pair.path)
                });
            }
            NestedMeta::Meta(meta) => {
                let name = path_text(meta.path());
                if place.takes(&name) {
                    kept.push(meta);
                } else if place.within.is_none() && sets_weight(&meta) {
                    problems.push(Error::custom(WEIGHT).with_span(meta.path()));
                } else {
                    problems.push(Error::custom(place.unknown(&name)).with_span(meta.path()));
                }
            }
        }
    }
    kept
}

/// `target(weight = …)`
fn sets_weight(meta: &Meta) -> bool {
    let Meta::List(list) = meta else {
        return false;
    };
    let mut tokens = list.tokens.clone().into_iter();
    let is_weight = |token: TokenTree| matches!(token, TokenTree::Ident(it) if it == "weight");
    list.path.is_ident("target") && tokens.next().is_some_and(is_weight)
}

/// What a value alone may be meant for: the list that it stands in, whether it is a text, and the name.
const MEANT: &[(&str, bool, &str)] = &[
    ("retry", false, "max_attempts"),
    ("retry", true, "base_delay"),
    ("circuit_breaker", false, "failure_threshold"),
    ("circuit_breaker", true, "recovery_timeout"),
    ("rate_limit", false, "requests_per_minute"),
    ("rate_limit", true, "max_wait"),
    ("bulkhead", false, "max_concurrent"),
    ("bulkhead", true, "max_wait"),
    ("hedge", false, "max_hedges"),
    ("hedge", true, "delay"),
    ("cache", true, "ttl"),
];

fn unnamed(lit: &Lit, place: ArgList) -> Error {
    let error = match (lit, place.within) {
        (Lit::Str(text), None) => Error::custom(format!(
            "a value without a name; for the service's name write `service = {:?}`",
            text.value()
        )),
        (lit, within) => {
            let is_text = matches!(lit, Lit::Str(_));
            let meant = MEANT
                .iter()
                .find(|(list, text, _)| Some(*list) == within && *text == is_text);
            let value = lit.to_token_stream();
            Error::custom(match meant {
                Some((.., name)) if matches!(lit, Lit::Str(_) | Lit::Int(_)) => {
                    format!("a value without a name; write `{name} = {value}`")
                }
                _ => "a value without a name; write `name = value`".to_owned(),
            })
        }
    };
    error.with_span(&lit.span())
}

fn without_repetitions(items: Vec<Meta>, problems: &mut Accumulator) -> Vec<NestedMeta> {
    let mut first_off: HashMap<String, bool> = HashMap::new();
    let mut kept = Vec::new();
    for meta in items {
        let name = path_text(meta.path());
        let off = matches!(&meta, Meta::NameValue(pair) if is_off(&pair.value));
        match first_off.get(&name) {
            None => {
                first_off.insert(name, off);
                kept.push(NestedMeta::Meta(meta));
            }
            Some(before) => {
                let message = if *before == off {
                    format!("`{name}` is given twice; keep one")
                } else {
                    format!("`{name}` is both set and switched off; keep one")
                };
                problems.push(Error::custom(message).with_span(meta.path()));
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::MEANT;
    use crate::args::all_lists::ARG_LISTS;

    #[test]
    fn what_a_value_alone_is_meant_for_can_be_written() {
        for (list, _, name) in MEANT {
            let takes = ARG_LISTS
                .iter()
                .any(|place| place.within == Some(list) && place.takes(name));
            assert!(takes, "{list}({name} = …)");
        }
    }
}
