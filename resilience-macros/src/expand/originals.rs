//! The originals of owned arguments: which of them the last attempt gets, and that they drop in the order of the plain
//! function.
//!
//! ```text
//! let mut a_slot = Some(a);
//! let mut _guard_slot = Some(_guard);
//! loop {
//!     …
//!     let a = CloneForRetry::for_attempt(&mut a_slot, &call);
//!     let _guard = original(&mut _guard_slot, &call);
//!     Attempt::run(&mut attempt, &mut call, async move { let _ = (&_guard, &a); body }).await
//!     …
//! }
//! ```
//!
//! A block drops what it captured in the order in which it mentions it, a function its arguments from the last to the
//! first.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::expansion::Expansion;
use super::rebind::{Capture, Rebind};

impl Expansion<'_> {
    /// `let mut a_slot = Some(a);` for each argument whose original the last attempt gets.
    pub(super) fn slots(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        let mut slots = TokenStream::new();
        for binding in self.bindings() {
            let allow = match self.rebind(&binding) {
                Some(Rebind::Own) => None,
                Some(Rebind::Keep) => Some(underscore_is_used()),
                _ => continue,
            };
            let ident = &binding.ident;
            let slot = slot_of(ident);
            slots.extend(
                quote_spanned!(mixed=> #allow let mut #slot = ::core::option::Option::Some(#ident);),
            );
        }
        slots
    }

    /// `let _ = (&b, &a);` where the attempt's block would drop them in another order than the function.
    pub(super) fn drop_order(&self, capture: Capture) -> Option<TokenStream> {
        if capture == Capture::ByUse {
            return None;
        }
        let mut moved = self.bindings();
        moved.retain(|binding| self.is_moved(binding) || self.drops_with_body(binding));
        if moved.len() < 2 {
            return None;
        }
        let idents = moved.iter().rev().map(|binding| &binding.ident);
        let underscore = moved
            .iter()
            .any(|binding| binding.ident.to_string().starts_with('_'))
            .then(underscore_is_used);
        Some(quote_spanned!(Span::mixed_site()=> #underscore let _ = (#(&#idents),*);))
    }
}

/// Where an argument waits for its last attempt.
pub(super) fn slot_of(ident: &Ident) -> Ident {
    format_ident!("{}_slot", ident, span = Span::mixed_site())
}

/// The plain function does not use it, so the user's lints do not allow for it.
fn underscore_is_used() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> #[allow(clippy::used_underscore_binding)])
}
