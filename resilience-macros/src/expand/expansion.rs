//! What the parts of an expansion are made from.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned as _;

use crate::args::{Args, LastGood};
use crate::function::{Function, UsedIdents};
use crate::kind::Kind;
use crate::runtime::{Runtime, mixed_at};

/// All that the parts of an expansion are made from.
pub(super) struct Expansion<'a> {
    pub(super) kind: Kind,
    pub(super) args: &'a Args,
    pub(super) function: &'a Function,
    pub(super) runtime: Runtime,
    /// The runtime's names for expansions, where no error points at them.
    pub(super) private: TokenStream,
    /// What the body mentions.
    pub(super) body: UsedIdents,
}

impl Expansion<'_> {
    /// The return type's place: what asks it to be a `Result` stands there, all of it, or the compiler
    /// would say so twice.
    pub(super) fn return_span(&self) -> Span {
        mixed_at(self.function.output.span())
    }

    pub(super) fn of_output(
        &self,
        expression: impl FnOnce(&TokenStream) -> TokenStream,
    ) -> TokenStream {
        expression(&self.runtime.private(self.return_span()))
    }

    /// An expression of the user's, with `self` as the body calls it.
    pub(super) fn user_code(&self, expr: &Expr) -> TokenStream {
        let tokens = expr.to_token_stream();
        match &self.function.receiver {
            Some(receiver) if receiver.can_be_shadowed => with_receiver(tokens, &receiver.ident),
            _ => tokens,
        }
    }

    /// `Call::cache_key(&mut call, &(key), Instance::of_closure(&|| ()));`
    pub(super) fn last_good_key(&self, cache: &LastGood) -> TokenStream {
        let mixed = Span::mixed_site();
        let (there, key) = match &cache.key {
            Some(key) => {
                let there = mixed_at(key.value.0.span());
                let expr = self.user_code(&borrowing(key.value.0.clone()));
                (there, quote_spanned!(there=> (#expr)))
            }
            None => (mixed, quote_spanned!(mixed=> ())),
        };
        let private = self.runtime.private(there);
        let call = quote_spanned!(mixed=> call);
        let instance = quote_spanned!(mixed=> #private::Instance::of_closure(&|| ()));
        quote_spanned!(there=> #private::Call::cache_key(&mut #call, &#key, #instance);)
    }

    /// `Call::key(&mut call, &(user));`
    pub(super) fn hashed(&self, verb: &str, expr: &Expr) -> TokenStream {
        let there = mixed_at(expr.span());
        let private = self.runtime.private(there);
        let verb = Ident::new(verb, there);
        let call = quote_spanned!(Span::mixed_site()=> call);
        let expr = self.user_code(&borrowing(expr.clone()));
        quote_spanned!(there=> #private::Call::#verb(&mut #call, &(#expr));)
    }
}

/// `self` replaced by the name that `#[async_trait]` gave it.
fn with_receiver(tokens: TokenStream, receiver: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "self" => {
                TokenTree::Ident(Ident::new(&receiver.to_string(), ident.span()))
            }
            TokenTree::Group(group) => {
                let mut replaced = proc_macro2::Group::new(
                    group.delimiter(),
                    with_receiver(group.stream(), receiver),
                );
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            token => token,
        })
        .collect()
}

/// A key of several parts borrows them: `(tenant, user)` must not use the arguments up.
fn borrowing(expr: Expr) -> Expr {
    match expr {
        Expr::Tuple(mut tuple) => {
            for element in &mut tuple.elems {
                let inner = borrowing(element.clone());
                *element = match inner {
                    Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => {
                        let there = mixed_at(inner.span());
                        Expr::Verbatim(quote_spanned!(there=> &#inner))
                    }
                    inner => inner,
                };
            }
            Expr::Tuple(tuple)
        }
        expr => expr,
    }
}
