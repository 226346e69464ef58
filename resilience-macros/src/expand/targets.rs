//! A function whose attempts go to one of several targets each.
//!
//! ```text
//! static SITE: Site = Site::new();
//! let function = const { &Function::new(…).targets(Pick::Balanced) };
//! let plan = Call::plan(&SITE, function, registry);
//! let mut targets = Targets::new(&plan, &POOL, &SITE, function, registry);
//! Targets::affinity(&mut targets, &(key));
//! let targets = &targets;
//! …
//!     let admission = match Attempt::admit_to_now(&mut attempt, &mut call, Targets::places(targets)) { … };
//!     …
//!         { let to: &Deployment = Targets::borrowed(targets, &attempt); Attempt::run(…).await }
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned as _;

use super::expansion::Expansion;
use super::rebind::Capture;
use crate::function::Target;
use crate::runtime::mixed_at;

/// The plan of the call, and the targets.
pub(super) fn plan(
    expansion: &Expansion<'_>,
    description: &TokenStream,
    registry: &TokenStream,
) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let pool = expansion.args.targets.as_ref().map(|pool| {
        let there = mixed_at(pool.value.0.span());
        let pool = expansion.user_code(&pool.value.0);
        quote_spanned!(there=> &#pool)
    });
    let affinity = expansion.args.affinity.as_ref().map(|key| {
        let there = mixed_at(key.value.0.span());
        let private = expansion.runtime.private(there);
        let targets = quote_spanned!(mixed=> targets);
        let key = expansion.user_code(&key.value.0);
        quote_spanned!(there=> #private::Targets::affinity(&mut #targets, &(#key));)
    });
    let mutable = affinity.as_ref().map(|_| quote_spanned!(mixed=> mut));
    quote_spanned! {mixed=>
        static SITE: #private::Site = #private::Site::new();
        let function = #description;
        let registry: ::core::option::Option<&#private::Registry> = #registry;
        let plan = #private::Call::plan(&SITE, function, registry);
        let #mutable targets = #private::Targets::new(&plan, #pool, &SITE, function, registry);
        #affinity
        let targets = &targets;
    }
}

/// `Targets::places(targets)`
pub(super) fn places(expansion: &Expansion<'_>) -> TokenStream {
    let private = &expansion.private;
    quote_spanned!(Span::mixed_site()=> #private::Targets::places(targets))
}

/// `let to: &Deployment = Targets::borrowed(targets, &attempt);`, outside of the attempt's block or at its start.
pub(super) fn bind(
    expansion: &Expansion<'_>,
    capture: Capture,
    outside: &mut Vec<TokenStream>,
    inside: &mut Vec<TokenStream>,
) {
    let Some(target) = &expansion.function.target else {
        return;
    };
    let mixed = Span::mixed_site();
    let Target {
        ident,
        mutability,
        ty,
        ..
    } = target;
    let value = value(expansion, target);
    match capture {
        Capture::Move => {
            outside.push(quote_spanned!(mixed=> let #mutability #ident: #ty = #value;));
        }
        Capture::ByUse => {
            let private = &expansion.private;
            let own = format_ident!("{}_for_attempt", ident, span = mixed);
            outside.push(quote_spanned!(mixed=> let #own = #private::Copied::new(#value);));
            inside.push(quote_spanned!(mixed=> let #mutability #ident: #ty = #own.take();));
        }
    }
}

/// The target of the attempt, at the place of its parameter: where its type does not fit is reported there.
fn value(expansion: &Expansion<'_>, target: &Target) -> TokenStream {
    let mixed = Span::mixed_site();
    let there = mixed_at(target.place);
    let private = expansion.runtime.private(there);
    let verb = getter(target, there);
    let targets = quote_spanned!(mixed=> targets);
    // In a closure that makes the bodies of several attempts it is a reference already.
    let attempt = if expansion.args.hedges() {
        quote_spanned!(mixed=> attempt)
    } else {
        quote_spanned!(mixed=> &attempt)
    };
    // By way of a variable, so that the type of the target and not that of the pool is what does not fit.
    let there_is = quote_spanned!(there=> target);
    quote_spanned!(mixed=> { let target = #private::Targets::#verb(#targets, #attempt); #there_is })
}

/// The function that returns the target: its name in `Targets`.
fn getter(target: &Target, span: Span) -> Ident {
    let name = if target.is_shared {
        "shared"
    } else {
        "borrowed"
    };
    Ident::new(name, span)
}

/// `Targets::keep(targets, &mut call);`, before what follows a failure is decided.
pub(super) fn keep(expansion: &Expansion<'_>) -> Option<TokenStream> {
    expansion.function.target.as_ref()?;
    let private = &expansion.private;
    Some(quote_spanned!(Span::mixed_site()=> #private::Targets::keep(targets, &mut call);))
}

/// `let target = Targets::borrowed(targets, &attempt);`, for a hook.
pub(super) fn of_hook(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let target = expansion.function.target.as_ref()?;
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let verb = getter(target, mixed);
    Some(quote_spanned!(mixed=> let target = #private::Targets::#verb(targets, &attempt);))
}

/// What a hook gets of it.
pub(super) fn of_attempt(target: &Target) -> TokenStream {
    let mixed = Span::mixed_site();
    if target.is_shared {
        quote_spanned!(mixed=> &target)
    } else {
        quote_spanned!(mixed=> target)
    }
}
