//! One run of the body: what it gets, and how it is handed to the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned as _;

use super::expansion::Expansion;
use super::{hooks, stream};
use crate::function::{Binding, Passing, without_impl_trait};
use crate::runtime::mixed_at;

/// How the attempt's block comes to what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    /// `async move`: it takes what it mentions.
    Move,
    /// `async`: it takes what it uses up and borrows the rest, for a receiver that no `let` can replace
    /// and for `borrow(…)`.
    ByUse,
}

/// What one binding needs for one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rebind {
    Clone,
    Reborrow,
    Move,
}

impl Expansion<'_> {
    pub(super) fn capture(&self) -> Capture {
        let borrows = self.args.borrow.is_some();
        let receiver_is_stuck = self.function.receiver.as_ref().is_some_and(|receiver| {
            !receiver.can_be_shadowed
                && match receiver.passing {
                    Passing::Copied => false,
                    Passing::Lent => {
                        self.args.keeps_arguments() || self.fallback_uses(&receiver.ident)
                    }
                    Passing::Owned => self.args.keeps_arguments(),
                }
        });
        if borrows || receiver_is_stuck {
            Capture::ByUse
        } else {
            Capture::Move
        }
    }

    /// Whether each attempt gets a binding of its own, so that `mut` belongs there and not on the argument.
    pub(super) fn rebinds(&self, ident: &Ident) -> bool {
        self.function
            .arguments
            .iter()
            .flat_map(|argument| &argument.bindings)
            .any(|binding| binding.ident == *ident && self.rebind(binding).is_some())
    }

    fn rebind(&self, binding: &Binding) -> Option<Rebind> {
        if !self.body.contains(&binding.ident) || self.borrowed(&binding.ident) {
            return None;
        }
        let kept = self.args.keeps_arguments();
        match binding.passing {
            Passing::Owned if kept => Some(Rebind::Clone),
            Passing::Owned if self.capture() == Capture::ByUse => Some(Rebind::Move),
            Passing::Owned => None,
            Passing::Lent if kept || self.fallback_uses(&binding.ident) => Some(Rebind::Reborrow),
            Passing::Lent => None,
            // A fresh copy, where the body may change it.
            Passing::Copied if kept && binding.mutability.is_some() => Some(Rebind::Move),
            Passing::Copied => None,
        }
    }

    pub(super) fn borrowed(&self, ident: &Ident) -> bool {
        let mut names = self.args.borrow.iter().flat_map(|written| &written.value.0);
        names.any(|name| name == ident)
    }

    /// `CloneForRetry::clone_for_retry(&x)`, standing at the argument's name: that is where a missing
    /// `Clone` is reported.
    pub(super) fn cloned(&self, ident: &Ident) -> TokenStream {
        let there = mixed_at(ident.span());
        let private = self.runtime.private(there);
        quote_spanned!(there=> #private::CloneForRetry::clone_for_retry(&#ident))
    }
}

/// `{ let x = …; Attempt::run(&mut attempt, &mut call, async move { body }).await }`
pub(super) fn attempt(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let capture = expansion.capture();
    let mut outside = Vec::new();
    let mut inside = Vec::new();
    if let Some(receiver) = &expansion.function.receiver
        && receiver.can_be_shadowed
        && expansion.body.contains(&receiver.ident)
    {
        let own = Binding {
            ident: receiver.ident.clone(),
            mutability: None,
            passing: receiver.passing,
        };
        rebind_for_attempt(expansion, capture, &own, &mut outside, &mut inside);
    }
    for argument in &expansion.function.arguments {
        for binding in &argument.bindings {
            rebind_for_attempt(expansion, capture, binding, &mut outside, &mut inside);
        }
    }

    let body = &expansion.function.body;
    let there = mixed_at(body.span());
    let edge = return_edge(expansion);
    let keywords = match capture {
        Capture::Move => quote_spanned!(there=> async move),
        Capture::ByUse => quote_spanned!(there=> async),
    };
    let block = quote_spanned!(there=> #keywords { #(#inside)* #edge #body });
    let block = stream::opened(expansion, block);
    let run = quote_spanned! {mixed=>
        #private::Attempt::run(&mut attempt, &mut call, #block).await
    };
    let run = if outside.is_empty() {
        run
    } else {
        quote_spanned!(mixed=> { #(#outside)* #run })
    };
    hooks::reconnected(expansion, run)
}

fn rebind_for_attempt(
    expansion: &Expansion<'_>,
    capture: Capture,
    binding: &Binding,
    outside: &mut Vec<TokenStream>,
    inside: &mut Vec<TokenStream>,
) {
    let Some(rebind) = expansion.rebind(binding) else {
        return;
    };
    let mixed = Span::mixed_site();
    let ident = &binding.ident;
    let mutability = &binding.mutability;
    let value = match rebind {
        Rebind::Clone => expansion.cloned(ident),
        Rebind::Reborrow => quote_spanned!(mixed=> &mut *#ident),
        Rebind::Move => quote_spanned!(mixed=> #ident),
    };
    match (capture, rebind) {
        (Capture::Move, _) => {
            outside.push(quote_spanned!(mixed=> let #mutability #ident = #value;));
        }
        (Capture::ByUse, Rebind::Reborrow | Rebind::Move) => {
            inside.push(quote_spanned!(mixed=> let #mutability #ident = #value;));
        }
        // Cloned outside: inside, the block would borrow the original and ask it to be `Sync`.
        (Capture::ByUse, Rebind::Clone) => {
            let own = format_ident!("{}_for_attempt", ident, span = mixed);
            outside.push(quote_spanned!(mixed=> let #own = #value;));
            inside.push(quote_spanned!(mixed=> let #mutability #ident = #own;));
        }
    }
}

/// Tells the compiler the block's type before it reads the body, as a function's signature would: for
/// inference, for coercions, and for errors that point at the return type.
fn return_edge(expansion: &Expansion<'_>) -> TokenStream {
    let output = without_impl_trait(&expansion.function.output);
    let there = mixed_at(output.span());
    quote_spanned! {there=>
        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<#output> {
            return never;
        }
    }
}
