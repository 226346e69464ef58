//! The read-through cache, round everything else.
//!
//! ```text
//! 'cached: {
//!     let hash = Call::read_key(&mut call, &(key));
//!     let looked_up = Call::look_up(&mut call, hash, type_name_of_val(&|| ()));
//!     if let Break(out) = looked_up.await { break 'cached out; }
//!     let out = { attempts and fallbacks };
//!     Call::keep(&mut call, out)
//! }
//! ```
//!
//! The closure's name carries the function's generic arguments, also those of the block around it, and so
//! tells apart the instances of a generic function, which share one cache.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::Expansion;
use crate::args::ReadThrough;
use crate::function::without_impl_trait;

impl<'a> Expansion<'a> {
    /// The cache, where the function has one.
    pub(super) fn read_through(&self) -> Option<&'a ReadThrough> {
        let written = self.args.cache.as_ref()?;
        Some(written.value.settings())
    }

    /// The `call` with the cache round it.
    pub(super) fn cached(&self, cache: &ReadThrough, call: &TokenStream) -> TokenStream {
        let mixed = Span::mixed_site();
        let private = &self.private;
        let key = match &cache.key {
            Some(key) => self.hashed("read_key", &key.value.0),
            None => quote_spanned!(mixed=> #private::Call::read_key(&mut call, &());),
        };
        let output = without_impl_trait(&self.function.output);
        let there = self.there();
        let there_private = self.runtime.private(there);
        let look_up = quote_spanned! {there=>
            #there_private::Call::look_up::<#output>(&mut call, hash, #private::type_name_of_val(&|| ()))
        };
        let keep = quote_spanned!(there=> #there_private::Call::keep::<#output>(&mut call, out));
        quote_spanned! {mixed=>
            'cached: {
                let hash = #key
                let looked_up = #look_up;
                if let ::core::ops::ControlFlow::Break(out) = looked_up.await {
                    break 'cached out;
                }
                let out = { #call };
                #keep
            }
        }
    }
}
