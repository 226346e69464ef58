//! One run of the body: what it gets, and how it is handed to the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned as _;

use super::expansion::Expansion;
use super::originals::slot_of;
use super::rebind::{Capture, Rebind};
use super::{hedge, hooks, stream, targets};
use crate::function::{Binding, without_impl_trait};
use crate::runtime::mixed_at;

impl Expansion<'_> {
    /// `CloneForRetry::clone_for_retry(&x)`, standing at the argument's name: that is where a missing
    /// `Clone` is reported.
    pub(super) fn cloned(&self, ident: &Ident) -> TokenStream {
        let there = mixed_at(ident.span());
        let private = self.runtime.private(there);
        quote_spanned!(there=> #private::CloneForRetry::clone_for_retry(&#ident))
    }

    /// `CloneForRetry::for_attempt(&mut x_slot, &call)`, at the same place.
    fn own(&self, ident: &Ident) -> TokenStream {
        let there = mixed_at(ident.span());
        let private = self.runtime.private(there);
        let slot = Ident::new(&slot_of(ident).to_string(), there);
        let call = quote_spanned!(Span::mixed_site()=> &call);
        quote_spanned!(there=> #private::CloneForRetry::for_attempt(&mut #slot, #call))
    }
}

/// `{ let x = …; Attempt::run(&mut attempt, &mut call, async move { body }).await }`
pub(super) fn attempt(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let capture = expansion.capture();
    let mut outside = Vec::new();
    let mut inside = Vec::new();
    for binding in expansion.bindings() {
        rebind_for_attempt(expansion, capture, &binding, &mut outside, &mut inside);
    }

    targets::bind(expansion, capture, &mut outside, &mut inside);

    let body = &expansion.function.body;
    let there = mixed_at(body.span());
    let edge = return_edge(expansion);
    let keywords = match capture {
        Capture::Move => quote_spanned!(there=> async move),
        Capture::ByUse => quote_spanned!(there=> async),
    };
    let order = expansion.drop_order(capture);
    let block = quote_spanned!(there=> #keywords { #order #(#inside)* #edge #body });
    let block = stream::opened(expansion, block);
    if expansion.args.hedges() {
        let run = hedge::run(expansion, &quote_spanned!(mixed=> #(#outside)* #block));
        return hooks::reconnected(expansion, run);
    }
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
        Rebind::CloneBeside => expansion.cloned_beside(ident),
        Rebind::Own => expansion.own(ident),
        Rebind::Keep => {
            let private = &expansion.private;
            let slot = slot_of(ident);
            quote_spanned!(mixed=> #private::original(&mut #slot, &call))
        }
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
        // The block outlives the closure that makes it, so it takes the copy whole, also one that is `Copy`.
        (Capture::ByUse, Rebind::CloneBeside) => {
            let private = &expansion.private;
            let own = format_ident!("{}_for_attempt", ident, span = mixed);
            outside.push(quote_spanned!(mixed=> let #own = #private::Copied::new(#value);));
            inside.push(
                quote_spanned!(mixed=> let #mutability #ident = #private::Copied::take(#own);),
            );
        }
        (Capture::ByUse, Rebind::Clone | Rebind::Own | Rebind::Keep) => {
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
