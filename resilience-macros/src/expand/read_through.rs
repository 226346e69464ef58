//! The read-through cache, round everything else.
//!
//! ```text
//! 'cached: {
//!     let hash = Call::read_key(&mut call, &(key));
//!     let value_ops = Call::value_ops();
//!     let looked_up = Call::look_up(&mut call, hash, value_ops, Instance::of_closure(&|| ()));
//!     if let Break(out) = looked_up.await { break 'cached out; }
//!     let out = { attempts and fallbacks };
//!     Call::store(&mut call, value_ops, out)
//! }
//! ```
//!
//! The closure's type carries the function's generic arguments, also those of the block around it, and so
//! tells apart the instances of a generic function, which share one cache.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::expansion::Expansion;
use crate::args::ReadThrough;

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
        // What it asks of the answer is reported at the return type.
        let value_ops = self
            .of_output(|private| quote_spanned!(self.return_span()=> #private::Call::value_ops()));
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
                let out = { #call };
                #private::Call::store(&mut call, value_ops, out)
            }
        }
    }
}
