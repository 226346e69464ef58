//! What is handed to the runtime to judge an outcome: the error, the `Ok`, and the error that the caller
//! gets after the last attempt.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::Expansion;
use crate::args::{Exhausted, Toggle};
use crate::runtime::at;

/// The three functions, in the order of the runtime's parameters.
pub(super) fn judges(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let judge = judge(expansion);
    let exhausted = exhausted(expansion);
    quote_spanned!(mixed=> success, #judge, #exhausted)
}

pub(super) fn judge(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let mut judgement = match &expansion.args.classify {
        Some(classify) => {
            let there = at(classify.place);
            let private = expansion.runtime.private(there);
            let classify = expansion.user_code(&classify.value.0);
            let error = quote_spanned!(mixed=> error);
            quote_spanned!(there=> #private::judge_by(#error, #classify))
        }
        None => quote_spanned! {mixed=> {
            use #private::probe::{
                ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
            };
            (&&&&#private::probe::Probe(error)).judge()
        }},
    };
    if let Some(retry_if) = expansion.args.retry_if() {
        let there = at(retry_if.place);
        let private = expansion.runtime.private(there);
        let retry_if = expansion.user_code(&retry_if.value.0);
        let error = quote_spanned!(mixed=> error);
        judgement = quote_spanned!(there=> #private::retry_if(#judgement, #error, #retry_if));
    }
    quote_spanned!(mixed=> |error| #judgement)
}

/// What an `Ok` means.
pub(super) fn ok(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    match &expansion.args.classify_ok {
        None => {
            let there = at(expansion.function.output.span());
            let private = expansion.runtime.private(there);
            quote_spanned!(there=> #private::ok_is_ok)
        }
        Some(classify) => {
            let there = at(classify.value.0.span());
            let private = expansion.runtime.private(there);
            let value = quote_spanned!(mixed=> value);
            let classify = expansion.user_code(&classify.value.0);
            quote_spanned!(there=> |#value| #private::judge_ok(#value, #classify))
        }
    }
}

/// What the attempt used of its cost, where somebody says so.
pub(super) fn used(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let mixed = Span::mixed_site();
    let limit = Toggle::on(expansion.args.rate_limit.as_ref())?;
    let usage = limit.usage.as_ref()?;
    let there = at(usage.value.0.span());
    let private = expansion.runtime.private(there);
    let answer = quote_spanned!(mixed=> answer);
    let usage = expansion.user_code(&usage.value.0);
    let used = quote_spanned!(there=> |#answer| #private::used_by(#answer, #usage));
    Some(expansion.of_output(|private| {
        quote_spanned!(expansion.there()=> #private::Call::settle_cost(&mut call, &attempt, #used);)
    }))
}

pub(super) fn exhausted(expansion: &Expansion<'_>) -> TokenStream {
    let written =
        Toggle::on(expansion.args.retry.as_ref()).and_then(|retry| retry.exhausted.as_ref());
    match written {
        Some(written) if written.value == Exhausted::Wrap => {
            // The bounds of wrapping are broken by the error type, but asked for here.
            let there = at(written.place);
            let private = expansion.runtime.private(there);
            quote_spanned!(there=> #private::wrapped)
        }
        _ => {
            // At the return type, where everything stands that asks it to be a `Result`.
            let there = at(expansion.function.output.span());
            let private = expansion.runtime.private(there);
            quote_spanned!(there=> #private::unchanged)
        }
    }
}
