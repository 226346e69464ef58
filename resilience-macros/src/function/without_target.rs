//! An item as it is emitted beside errors.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Type;

use super::lifetimes::is_made_by_async_trait;
use super::output::has_impl_trait;
use super::raw::Raw;
use super::target::{
    borrows_what_is_gone, forget_lifetime, is_marked, live_forever, remove, unmark_receiver,
};

/// Returns the item without the marked parameter, so that its callers report nothing more.
pub(crate) fn without_target(item: TokenStream) -> TokenStream {
    let Ok(mut raw) = syn::parse2::<Raw>(item.clone()) else {
        return item;
    };
    let receiver = unmark_receiver(&mut raw.sig);
    if receiver.is_none() && !raw.sig.inputs.iter().any(is_marked) {
        return item;
    }
    while let Some(index) = raw.sig.inputs.iter().position(is_marked) {
        let Some(mut typed) = remove(&mut raw.sig, index) else {
            return item;
        };
        if let Type::Reference(reference) = &mut *typed.ty
            && let Some(lifetime) = &reference.lifetime
            && is_made_by_async_trait(lifetime, &raw.sig)
        {
            let lifetime = lifetime.clone();
            reference.lifetime = None;
            forget_lifetime(&mut raw.sig, &lifetime);
        }
        if borrows_what_is_gone(&raw.sig) {
            live_forever(&mut raw.sig.output);
        }
        if let Some((_, body)) = &mut raw.body {
            if has_impl_trait(&typed.ty) {
                *body = quote!(::core::unreachable!());
                continue;
            }
            let (pattern, ty) = (&typed.pat, &typed.ty);
            let rest = std::mem::take(body);
            *body = quote! {
                #[allow(unused)]
                let #pattern: #ty = {
                    fn target<T>() -> T {
                        ::core::unreachable!()
                    }
                    target()
                };
                #rest
            };
        }
    }
    raw.into_token_stream()
}
