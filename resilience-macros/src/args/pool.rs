//! `targets = POOL`: the pool of a function's targets.

use darling::{Error, Result};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Expr, Meta};

use super::spanned::{ParseArg, name, strip_groups};

/// An expression that is a pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool(pub(crate) Expr);

impl ParseArg for Pool {
    fn read(meta: &Meta) -> Result<Self> {
        let name = name(meta);
        match meta {
            Meta::NameValue(pair) => Ok(Self(strip_groups(&pair.value).clone())),
            Meta::Path(path) => {
                let message = format!("`{name}` needs a value: `{name} = POOL`");
                Err(Error::custom(message).with_span(path))
            }
            Meta::List(list) => {
                let pool = first(&list.tokens).unwrap_or_else(|| "POOL".to_owned());
                let message =
                    format!("write `{name} = {pool}`; `pick` and `affinity` stand beside it");
                Err(Error::custom(message).with_span(&list.path))
            }
        }
    }
}

/// What stands before the first comma, unless that is another argument.
fn first(tokens: &TokenStream) -> Option<String> {
    let is =
        |token: &TokenTree, mark| matches!(token, TokenTree::Punct(it) if it.as_char() == mark);
    let tokens = tokens.clone().into_iter();
    let first: Vec<TokenTree> = tokens.take_while(|token| !is(token, ',')).collect();
    if first.is_empty()
        || matches!(first[0], TokenTree::Literal(_))
        || first.iter().any(|token| is(token, '='))
    {
        return None;
    }
    Some(quote!(#(#first)*).to_string().replace(' ', ""))
}
