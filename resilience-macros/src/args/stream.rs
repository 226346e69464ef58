//! `stream`: how a stream that the function returns is monitored.

use darling::{Error, Result};
use syn::{MacroDelimiter, Meta};

use super::items::{self, Partial, options};
use super::limit::Limit;
use super::spanned::{ParseArg, Spanned, Value};
use super::value::{Callable, choices};

options! {
    /// `stream(…)`
    Stream in stream {
        retry_until: RetryUntil,
        idle_timeout: Limit,
        complete: Callable,
    }
}

choices! {
    /// How long a failure still leads to another attempt.
    RetryUntil { "first_item" => FirstItem, "opened" => Opened }
}

/// `stream = "first_item"` or `stream(…)`
#[derive(Debug)]
pub(crate) struct Streaming(pub(crate) Partial<Stream>);

impl Streaming {
    /// The errors in the parentheses.
    pub(super) fn error(written: Option<&Spanned<Self>>) -> Option<Error> {
        written?.value.0.error.clone()
    }
}

impl ParseArg for Streaming {
    fn read(meta: &Meta) -> Result<Self> {
        match meta {
            Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                Ok(Self(items::read(list.tokens.clone())))
            }
            Meta::NameValue(pair) => {
                let retry_until = Some(Spanned::of(meta, RetryUntil::of(&pair.value)?));
                let value = Stream {
                    retry_until,
                    ..Stream::default()
                };
                Ok(Self(Partial { value, error: None }))
            }
            _ => Err(Error::custom(
                "expected `stream = \"first_item\"`, or `stream(idle_timeout = \"30s\", …)`",
            )
            .with_span(meta.path())),
        }
    }
}
