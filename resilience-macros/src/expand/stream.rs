//! A function that returns a stream.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::{Expansion, judge};
use crate::args::{Limit, RetryUntil, Spanned, Stream};
use crate::function::has_impl_trait;
use crate::runtime::at;

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
    let there = at(expansion.function.output.span());
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

/// What `settle` takes for a stream, in the order of the runtime's parameters.
pub(super) fn judges(expansion: &Expansion<'_>, stream: &Stream) -> TokenStream {
    let mixed = Span::mixed_site();
    let judge = judge::judge(expansion);
    let exhausted = judge::exhausted(expansion);
    let must_complete = stream.complete.is_some();
    quote_spanned!(mixed=> #judge, #must_complete, #exhausted)
}

/// `Call::streaming(&mut call, …)` of the attempts' outcome.
pub(super) fn streaming(expansion: &Expansion<'_>, attempts: &TokenStream) -> TokenStream {
    let Some(stream) = expansion.stream() else {
        return attempts.clone();
    };
    let mixed = Span::mixed_site();
    let there = at(expansion.function.output.span());
    let private = expansion.runtime.private(there);
    let idle_timeout = idle_timeout(expansion, stream.idle_timeout.as_ref());
    let complete = match &stream.complete {
        None => quote_spanned!(mixed=> ::core::option::Option::None),
        Some(complete) => {
            let there = at(complete.value.0.span());
            let complete = expansion.user_code(&complete.value.0);
            quote_spanned!(there=> ::core::option::Option::Some(#complete))
        }
    };
    let judge = judge::judge(expansion);
    let returned = if has_impl_trait(&expansion.function.output) {
        quote_spanned!(there=> #private::stream::as_it_is)
    } else {
        quote_spanned!(there=> #private::stream::wrapped)
    };
    quote_spanned! {there=> {
        let opened = #attempts;
        #private::Call::streaming(
            &mut call,
            opened,
            #private::stream::Watch {
                idle_timeout: #idle_timeout,
                complete: #complete,
                judge: #judge,
            },
            #returned,
        )
    }}
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
