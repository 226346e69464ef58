//! `adaptive(min = 1)` inside of `bulkhead(…)`: settings of a pattern in parentheses of their own.

use darling::{Error, Result};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{MacroDelimiter, Meta};

use super::arg_list::Options;
use super::items::{self, Partial};
use super::spanned::{ParseArg, name};
use super::value::Setting;
use crate::runtime::Runtime;

/// Settings in parentheses, or the name alone for the defaults.
#[derive(Debug)]
pub(crate) struct Nested<T>(pub(crate) T);

impl<T: Options + Default> ParseArg for Nested<T> {
    fn read(meta: &Meta) -> Result<Self> {
        match meta {
            Meta::Path(_) => Ok(Self(T::default())),
            Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                let Partial { value, error } = items::read(list.tokens.clone());
                error.map_or(Ok(Self(value)), Err)
            }
            _ => {
                let name = name(meta);
                let first = T::NAMES[0];
                // Without its key it says nothing.
                let alone = match first {
                    "key" => String::new(),
                    _ => format!("`{name}` or "),
                };
                let error = Error::custom(format!("expected {alone}`{name}({first} = …)`"));
                Err(match meta {
                    Meta::NameValue(pair) => error.with_span(&pair.value),
                    _ => error.with_span(meta.path()),
                })
            }
        }
    }
}

/// The runtime's default of a setting, by the name of its key.
#[derive(Debug)]
pub(crate) struct Preset(pub(crate) &'static str);

impl Setting for Preset {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        let mixed = Span::mixed_site();
        let private = runtime.private(mixed);
        let key = Ident::new(self.0, mixed);
        quote!(#private::Value::preset(#private::Key::#key))
    }
}
