//! A pattern in the attribute: set in parentheses, or `off`.

use darling::{Error, Result};
use proc_macro2::TokenStream;
use syn::{MacroDelimiter, Meta};

use super::arg_list::Options;
use super::items::{self, Partial};
use super::spanned::{ParseArg, Spanned, is_off, name};

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
    pub(super) fn error(written: Option<&Spanned<Self>>) -> Option<Error> {
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
            Meta::Path(_) if T::ALONE => Ok(Self::On(items::read(TokenStream::new()))),
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
