//! An attempt that others may start beside: its body is made by a closure, once for each.
//!
//! ```text
//! let mut x = x;
//! loop {
//!     …
//!     Attempt::run_hedged(
//!         &mut attempt, &mut call, None,
//!         |_| { let x = CloneForHedge::clone_for_hedge(&mut x); async move { body } },
//!         classify, classify_ok, usage,
//!     ).await
//!     …
//! }
//! ```
//!
//! The closure has exclusive access to the originals, so that they need not be `Sync`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::expansion::Expansion;
use super::rebind::Rebind;
use super::{classify, targets};
use crate::runtime::mixed_at;

impl Expansion<'_> {
    /// `CloneForHedge::clone_for_hedge(&mut x)`, standing at the argument's name: that is where a missing `Clone` is
    /// reported.
    pub(super) fn cloned_beside(&self, ident: &Ident) -> TokenStream {
        let there = mixed_at(ident.span());
        let private = self.runtime.private(there);
        quote_spanned!(there=> #private::CloneForHedge::clone_for_hedge(&mut #ident))
    }
}

/// `let mut x = x;` for each argument that every attempt gets a copy of.
pub(super) fn originals(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let bindings = expansion.bindings().into_iter();
    let copied = bindings.filter(|it| expansion.rebind(it) == Some(Rebind::CloneBeside));
    copied
        .map(|binding| {
            let ident = binding.ident;
            quote_spanned!(mixed=> let mut #ident = #ident;)
        })
        .collect()
}

/// `Attempt::run_hedged(…).await`, with what makes the body of each attempt.
pub(super) fn run(expansion: &Expansion<'_>, body: &TokenStream) -> TokenStream {
    let classify = classify::classify(expansion);
    let classify_ok = ok_verdict(expansion);
    let usage = usage(expansion);
    let places = match &expansion.function.target {
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
        Some(_) => {
            let places = targets::places(expansion);
            quote_spanned!(Span::mixed_site()=> ::core::option::Option::Some(#places))
        }
    };
    let attempt = match &expansion.function.target {
        None => quote_spanned!(Span::mixed_site()=> _),
        Some(_) => quote_spanned!(Span::mixed_site()=> attempt),
    };
    expansion.of_output(|private| {
        quote_spanned! {expansion.return_span()=>
            #private::Attempt::run_hedged(
                &mut attempt,
                &mut call,
                #places,
                |#attempt| { #body },
                #classify,
                #classify_ok,
                #usage,
            ).await
        }
    })
}

/// What an `Ok` means that is a failure.
fn ok_verdict(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    if let Some(stream) = expansion.stream() {
        let must_complete = stream.complete.is_some();
        return quote_spanned!(mixed=> |opened| #private::stream::verdict_of(opened, #must_complete));
    }
    classify::classify_ok(expansion)
        .unwrap_or_else(|| quote_spanned!(mixed=> |_| ::core::option::Option::None))
}

/// What such an `Ok` used of the cost, where somebody says so.
fn usage(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    match classify::used(expansion) {
        Some(used) => quote_spanned!(mixed=> |answer| ::core::option::Option::Some(#used)),
        None => quote_spanned!(mixed=> |_| ::core::option::Option::None),
    }
}
