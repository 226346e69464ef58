//! A function as it was written.

use proc_macro2::TokenStream;
use quote::{ToTokens, TokenStreamExt as _};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Signature, Token, Visibility, token};

use super::lifetimes::is_of_async_trait;

/// A function as parsed, before its shape is checked.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) defaultness: Option<Token![default]>,
    pub(super) sig: Signature,
    pub(super) body: Option<(token::Brace, TokenStream)>,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            defaultness: input.parse()?,
            sig: input.parse()?,
            body: if input.peek(Token![;]) {
                input.parse::<Token![;]>()?;
                None
            } else {
                let body;
                let brace = syn::braced!(body in input);
                Some((brace, body.parse()?))
            },
        })
    }
}

impl ToTokens for Raw {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(tokens);
        self.defaultness.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        match &self.body {
            Some((brace, body)) => brace.surround(tokens, |inside| body.to_tokens(inside)),
            None => <Token![;]>::default().to_tokens(tokens),
        }
    }
}

impl Raw {
    /// Whether it is an `async fn`, or what `#[async_trait]` leaves of one.
    pub(crate) fn is_async(&self) -> bool {
        self.sig.asyncness.is_some() || is_of_async_trait(&self.sig)
    }
}
