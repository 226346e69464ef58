//! What the runtime gets to classify an outcome: the error, the `Ok`, and the error that the caller gets after the last
//! attempt.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::expansion::Expansion;
use crate::args::{Exhausted, Toggle};
use crate::runtime::mixed_at;

/// The arguments of `Call::conclude`, in the order of the runtime's parameters.
pub(super) fn arguments(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let classify = classify(expansion);
    let exhausted = exhausted(expansion);
    let ok_verdict = match &expansion.args.classify_ok {
        Some(_) => quote_spanned!(mixed=> ok_verdict),
        None => quote_spanned!(mixed=> ::core::option::Option::None),
    };
    quote_spanned!(mixed=> #ok_verdict, #classify, #exhausted)
}

pub(super) fn classify(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let by_itself = quote_spanned! {mixed=> {
        use #private::probe::{
            ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
            KnownByContent as _, KnownByType as _, NotKnown as _,
        };
        let probe = #private::probe::Probe(error);
        (&&&&probe).judge().known_by((&&&probe).identity())
    }};
    let mut classified = match &expansion.args.classify {
        Some(classify) => {
            let there = mixed_at(classify.place);
            let private = expansion.runtime.private(there);
            let classify = expansion.user_code(&classify.value.0);
            let error = quote_spanned!(mixed=> error);
            quote_spanned!(there=> #private::classify_by(#by_itself, #error, #classify))
        }
        None => by_itself,
    };
    if let Some(retry_if) = expansion.args.retry_if() {
        let there = mixed_at(retry_if.place);
        let private = expansion.runtime.private(there);
        let retry_if = expansion.user_code(&retry_if.value.0);
        let error = quote_spanned!(mixed=> error);
        classified = quote_spanned!(there=> #private::retry_if(#classified, #error, #retry_if));
    }
    quote_spanned!(mixed=> |error| #classified)
}

/// What an `Ok` means, where the attribute classifies it.
pub(super) fn classify_ok(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let mixed = Span::mixed_site();
    let classify = expansion.args.classify_ok.as_ref()?;
    let there = mixed_at(classify.value.0.span());
    let private = expansion.runtime.private(there);
    let value = quote_spanned!(mixed=> value);
    let classify = expansion.user_code(&classify.value.0);
    Some(quote_spanned!(there=> |#value| #private::classify_ok_by(#value, #classify)))
}

/// What the attempt used of its cost, where somebody says so.
pub(super) fn usage(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let used = used(expansion)?;
    Some(expansion.of_output(|private| {
        let answer = quote_spanned!(Span::mixed_site()=> answer);
        quote_spanned!(expansion.return_span()=> #private::Attempt::charge_usage(&mut attempt, &call, &outcome, |#answer| #used);)
    }))
}

/// The same, read from an `answer`.
pub(super) fn used(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let mixed = Span::mixed_site();
    if expansion.stream().is_some() {
        // Its items say it.
        return None;
    }
    let limit = Toggle::on(expansion.args.rate_limit.as_ref())?;
    let usage = limit.usage.as_ref()?;
    let there = mixed_at(usage.value.0.span());
    let private = expansion.runtime.private(there);
    let answer = quote_spanned!(mixed=> answer);
    let usage = expansion.user_code(&usage.value.0);
    Some(quote_spanned!(there=> #private::usage_of(#answer, #usage)))
}

pub(super) fn exhausted(expansion: &Expansion<'_>) -> TokenStream {
    let written =
        Toggle::on(expansion.args.retry.as_ref()).and_then(|retry| retry.exhausted.as_ref());
    match written {
        Some(written) if written.value == Exhausted::Wrap => {
            // The bounds of wrapping are broken by the error type, but asked for here.
            let there = mixed_at(written.place);
            let private = expansion.runtime.private(there);
            quote_spanned!(there=> #private::wrapped)
        }
        _ => {
            // At the return type, where everything stands that asks it to be a `Result`.
            let there = mixed_at(expansion.function.output.span());
            let private = expansion.runtime.private(there);
            quote_spanned!(there=> #private::unchanged)
        }
    }
}
