//! Paths of the runtime crate, and the spans that the tokens of an expansion carry.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::Path;

/// The path of the runtime crate.
pub(crate) struct Runtime(Option<Path>);

impl Runtime {
    pub(crate) fn new(path: Option<&Path>) -> Self {
        Self(path.cloned())
    }

    /// Returns the path of the crate's root, spanned with `span`.
    pub(crate) fn root(&self, span: Span) -> TokenStream {
        match &self.0 {
            // Absolute: a module or a crate of the user's may have the same name.
            None => quote_spanned!(span=> ::resilience_runtime),
            Some(path) => respan(path.to_token_stream(), span),
        }
    }

    /// Returns the path of the module for expansions, spanned with `span`.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let root = self.root(span);
        quote_spanned!(span=> #root::__private)
    }
}

/// Moves tokens of the user's to `span` and keeps how they resolve: `$crate` in a path given as `crate = …`
/// must go on to mean the crate of the `macro_rules!` that wrote it.
fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                let mut moved = Group::new(group.delimiter(), respan(group.stream(), span));
                moved.set_span(group.span().located_at(span));
                return TokenTree::Group(moved);
            }
            token.set_span(token.span().located_at(span));
            token
        })
        .collect()
}

/// Returns the location of `span` with the macro's own hygiene: errors point at the user's code, while lints
/// treat the token as generated.
pub(crate) fn mixed_at(span: Span) -> Span {
    span.resolved_at(Span::mixed_site())
}
