//! A function that returns a stream.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::classify;
use super::expansion::Expansion;
use crate::args::{Limit, RetryUntil, Spanned, Stream, Toggle};
use crate::function::has_impl_trait;
use crate::runtime::mixed_at;

impl<'a> Expansion<'a> {
    pub(super) fn stream(&self) -> Option<&'a Stream> {
        self.args
            .stream
            .as_ref()
            .map(|stream| &stream.value.0.value)
    }
}

/// The body, until the first item of its stream.
pub(super) fn opened(expansion: &Expansion<'_>, body: TokenStream) -> TokenStream {
    let Some(stream) = expansion.stream() else {
        return body;
    };
    let there = mixed_at(expansion.function.output.span());
    let private = expansion.runtime.private(there);
    let pin = if has_impl_trait(&expansion.function.output) {
        quote_spanned!(there=> #private::stream::boxed)
    } else {
        quote_spanned!(there=> #private::stream::as_it_is)
    };
    let until = stream.retry_until.as_ref().map(|until| until.value);
    let until_first_item = until != Some(RetryUntil::Opened);
    quote_spanned!(there=> #private::stream::open(#body, #pin, #until_first_item))
}

/// The arguments of `Call::conclude_stream`, in the order of the runtime's parameters.
pub(super) fn arguments(expansion: &Expansion<'_>, stream: &Stream) -> TokenStream {
    let mixed = Span::mixed_site();
    let classify = classify::classify(expansion);
    let exhausted = classify::exhausted(expansion);
    let must_complete = stream.complete.is_some();
    quote_spanned!(mixed=> #classify, #must_complete, #exhausted)
}

/// `Call::streaming(…)` of the attempts' outcome.
pub(super) fn streaming(expansion: &Expansion<'_>, attempts: &TokenStream) -> TokenStream {
    let Some(stream) = expansion.stream() else {
        return attempts.clone();
    };
    let mixed = Span::mixed_site();
    let there = mixed_at(expansion.function.output.span());
    let private = expansion.runtime.private(there);
    let idle_timeout = idle_timeout(expansion, stream.idle_timeout.as_ref());
    let complete = match &stream.complete {
        None => quote_spanned!(mixed=> ::core::option::Option::None),
        Some(complete) => {
            let there = mixed_at(complete.value.0.span());
            let complete = expansion.user_code(&complete.value.0);
            quote_spanned!(there=> ::core::option::Option::Some(#complete))
        }
    };
    let usage = usage(expansion);
    let classify = classify::classify(expansion);
    let returned = if has_impl_trait(&expansion.function.output) {
        quote_spanned!(there=> #private::stream::as_it_is)
    } else {
        quote_spanned!(there=> #private::stream::wrapped)
    };
    quote_spanned! {there=> {
        let opened = #attempts;
        #private::Call::streaming(
            opened,
            #private::stream::Watch {
                idle_timeout: #idle_timeout,
                complete: #complete,
                usage: #usage,
                judge: #classify,
            },
            #returned,
        )
    }}
}

/// What an item says was used of the rate limit.
fn usage(expansion: &Expansion<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let limit = Toggle::on(expansion.args.rate_limit.as_ref());
    let Some(usage) = limit.and_then(|limit| limit.usage.as_ref()) else {
        return quote_spanned!(mixed=> ::core::option::Option::None);
    };
    let there = mixed_at(usage.value.0.span());
    let private = expansion.runtime.private(there);
    let item = quote_spanned!(mixed=> item);
    let usage = expansion.user_code(&usage.value.0);
    quote_spanned!(there=> ::core::option::Option::Some(|#item| #private::usage_of_item(#item, #usage)))
}

fn idle_timeout(expansion: &Expansion<'_>, written: Option<&Spanned<Limit>>) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    match written.map(|written| &written.value) {
        None => quote_spanned!(mixed=> #private::stream::DEFAULT_IDLE_TIMEOUT),
        Some(Limit::Off) => quote_spanned!(mixed=> ::core::option::Option::None),
        Some(Limit::On(time)) => {
            let time = time.duration(&expansion.runtime);
            quote_spanned!(mixed=> ::core::option::Option::Some(#time))
        }
    }
}
