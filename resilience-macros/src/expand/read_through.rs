//! The read-through cache, round everything else.
//!
//! ```text
//! 'cached: {
//!     let hash = Call::read_key(&mut call, &(key));
//!     let value_ops = Call::value_ops();
//!     let looked_up = Call::look_up(&mut call, hash, value_ops, Instance::of_closure(&|| ()));
//!     if let Break(out) = looked_up.await { break 'cached out; }
//!     let watch = Call::watch(&call);
//!     let loaded = { let mut call = &mut call; Call::load(watch, async move { attempts and fallbacks }).await };
//!     let bystander = match Call::store(&mut call, value_ops, loaded) {
//!         Break(out) => break 'cached out,
//!         Continue(bystander) => bystander,
//!     };
//!     Call::stand_by(&mut call, value_ops, bystander).await
//! }
//! ```
//!
//! What runs inside is a future of its own, so that others who wait for the answer can tell whether it is polled. It
//! takes the arguments: if it borrowed them, they would have to be `Sync`.
//!
//! The closure's type carries the function's generic arguments, also those of the block around it, and so
//! tells apart the instances of a generic function, which share one cache.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::expansion::Expansion;
use crate::args::{ReadThrough, Ttl};
use crate::runtime::mixed_at;

impl<'a> Expansion<'a> {
    /// The cache, where the function has one.
    pub(super) fn read_through(&self) -> Option<&'a ReadThrough> {
        let written = self.args.cache.as_ref()?;
        Some(written.value.settings())
    }

    /// What `ttl = |answer| …` reads from an answer.
    pub(super) fn lifetime(&self, cache: &ReadThrough) -> Option<TokenStream> {
        let mixed = Span::mixed_site();
        let ttl = cache.ttl.as_ref()?;
        let Ttl::OfAnswer(lifetime) = &ttl.value else {
            return None;
        };
        let there = mixed_at(lifetime.span());
        let private = self.runtime.private(there);
        let out = quote_spanned!(mixed=> out);
        Some(quote_spanned!(there=> |#out| #private::lifetime_of(#out, #lifetime)))
    }

    /// The `call` with the cache round it.
    pub(super) fn cached(&self, cache: &ReadThrough, call: &TokenStream) -> TokenStream {
        let mixed = Span::mixed_site();
        let private = &self.private;
        let key = match &cache.key {
            Some(key) => self.hashed("read_key", &key.value.0),
            None => quote_spanned!(mixed=> #private::Call::read_key(&mut call, &());),
        };
        // What it asks of the answer is reported at the return type.
        let value_ops = self
            .of_output(|private| quote_spanned!(self.return_span()=> #private::Call::value_ops()));
        let lifetime = self.lifetime(cache);
        // A path would be a duration, so a closure that only calls a function is not redundant.
        let allow = lifetime
            .as_ref()
            .map(|_| quote_spanned!(mixed=> #[allow(clippy::redundant_closure)]));
        let store = match lifetime {
            None => quote_spanned!(mixed=> #private::Call::store(&mut call, value_ops, loaded)),
            Some(lifetime) => {
                quote_spanned!(mixed=> #private::Call::store_for(&mut call, value_ops, loaded, #lifetime))
            }
        };
        // What does not fit is reported at the body.
        let there = mixed_at(self.function.body.span());
        let load = quote_spanned!(there=> async move { let out = { #call }; out });
        quote_spanned! {mixed=>
            'cached: {
                let hash = #key
                let value_ops = #value_ops;
                let looked_up = #private::Call::look_up(
                    &mut call,
                    hash,
                    value_ops,
                    #private::Instance::of_closure(&|| ()),
                );
                if let ::core::ops::ControlFlow::Break(out) = looked_up.await {
                    break 'cached out;
                }
                let watch = #private::Call::watch(&call);
                let loaded = {
                    let mut call = &mut call;
                    #private::Call::load(watch, #load).await
                };
                // No result is kept during a wait, since it need not be `Send`.
                #allow
                let bystander = match #store {
                    ::core::ops::ControlFlow::Break(out) => break 'cached out,
                    ::core::ops::ControlFlow::Continue(bystander) => bystander,
                };
                #private::Call::stand_by(&mut call, value_ops, bystander).await
            }
        }
    }
}
