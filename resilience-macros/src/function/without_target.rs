//! The item as it is emitted beside errors: without the parameter marked `#[target]`, which callers do not pass.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Lifetime, ReturnType, Type, TypeReference};

use super::Raw;
use super::target::{
    borrows_what_is_gone, forget_lifetime, is_made_by_async_trait, is_marked, remove,
};

/// The item as it is emitted beside errors: without the marked parameter, so that its callers report nothing more.
pub(crate) fn without(item: TokenStream) -> TokenStream {
    let Ok(mut raw) = syn::parse2::<Raw>(item.clone()) else {
        return item;
    };
    if !raw.sig.inputs.iter().any(is_marked) {
        return item;
    }
    while let Some(index) = raw.sig.inputs.iter().position(is_marked) {
        let Some(mut typed) = remove(&mut raw.sig, index) else {
            return item;
        };
        if let Type::Reference(reference) = &mut *typed.ty
            && let Some(lifetime) = &reference.lifetime
            && is_made_by_async_trait(lifetime)
        {
            let lifetime = lifetime.clone();
            reference.lifetime = None;
            forget_lifetime(&mut raw.sig, &lifetime);
        }
        if borrows_what_is_gone(&raw.sig) {
            live_forever(&mut raw.sig.output);
        }
        if let Some((_, body)) = &mut raw.body {
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

/// Gives a result that has nothing to borrow from a lifetime: the error beside it says that already.
fn live_forever(output: &mut ReturnType) {
    struct Forever;
    impl VisitMut for Forever {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            let and = reference.and_token.span;
            reference
                .lifetime
                .get_or_insert_with(|| Lifetime::new("'static", and));
            visit_mut::visit_type_reference_mut(self, reference);
        }
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident == "_" {
                *lifetime = Lifetime::new("'static", lifetime.span());
            }
        }
    }
    Forever.visit_return_type_mut(output);
}
