//! The names of the runtime that an expansion uses.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::Path;

/// Where the runtime lives.
pub(crate) struct Runtime(Option<Path>);

impl Runtime {
    pub(crate) fn new(path: Option<&Path>) -> Self {
        Self(path.cloned())
    }

    /// The crate's root, with the tokens standing at `place`.
    pub(crate) fn root(&self, place: Span) -> TokenStream {
        match &self.0 {
            None => quote_spanned!(place=> ::resilience_runtime),
            Some(path) => standing_at(path.to_token_stream(), place),
        }
    }

    /// The part of the runtime that is there for expansions.
    pub(crate) fn private(&self, place: Span) -> TokenStream {
        let root = self.root(place);
        quote_spanned!(place=> #root::__private)
    }
}

/// The same tokens, resolved as before, standing elsewhere.
fn standing_at(tokens: TokenStream, place: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                let mut moved = Group::new(group.delimiter(), standing_at(group.stream(), place));
                moved.set_span(group.span().located_at(place));
                return TokenTree::Group(moved);
            }
            token.set_span(token.span().located_at(place));
            token
        })
        .collect()
}

/// A place in the user's code, for tokens that belong to the macro: errors point there, lints do not.
pub(crate) fn at(place: Span) -> Span {
    place.resolved_at(Span::mixed_site())
}
