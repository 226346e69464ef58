//! The hooks of the annotated function, which get references to its arguments: `safety`, `reconnect` and `verify`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, Pat, Type};

use super::expansion::Expansion;
use super::{classify, targets};
use crate::args::{Callable, Spanned};
use crate::function::{Argument, Passing, without_impl_trait};
use crate::runtime::mixed_at;

/// `Call::safety(&mut call, safety(&tool));`
pub(super) fn safety(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let safety = expansion.args.safety.as_ref()?;
    let mixed = Span::mixed_site();
    let there = mixed_at(safety.place);
    let private = expansion.runtime.private(there);
    let arguments = arguments(expansion);
    let path = expansion.user_code(&safety.value.0);
    let call = quote_spanned!(mixed=> call);
    let target = targets::of_hook(expansion);
    Some(quote_spanned! {there=>
        #target
        #private::Call::safety(&mut #call, (#path)(#(#arguments),*));
    })
}

/// The attempt, behind the renewal of a session that is lost.
pub(super) fn reconnected(expansion: &Expansion<'_>, attempt: TokenStream) -> TokenStream {
    let Some(reconnect) = &expansion.args.reconnect else {
        return attempt;
    };
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let output = without_impl_trait(&expansion.function.output);
    let classify = classify::classify(expansion);
    let asked = call(expansion, reconnect, "Reconnected");
    let target = targets::of_hook(expansion);
    quote_spanned! {mixed=>
        'attempt: {
            if #private::Attempt::session_is_lost(&mut attempt) {
                #target
                let renewal = #asked;
                let renewed = #private::Attempt::reconnect::<#output, _>(
                    &mut attempt,
                    &mut call,
                    renewal,
                    #classify,
                );
                if let ::core::option::Option::Some(outcome) = renewed.await {
                    break 'attempt outcome;
                }
            }
            #attempt
        }
    }
}

/// `let outcome = Attempt::verify(&mut attempt, &mut call, outcome, classify, || verify(&x)).await;`
pub(super) fn verified(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let verify = expansion.args.verify.as_ref()?;
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let classify = classify::classify(expansion);
    let asked = call(expansion, verify, "Verified");
    let target = targets::of_hook(expansion);
    Some(quote_spanned! {mixed=>
        #target
        let verified =
            #private::Attempt::verify(&mut attempt, &mut call, outcome, #classify, || #asked);
        let outcome = verified.await;
    })
}

/// `hook::<_, Verified<Output>, _, _>((&x,), path)`
fn call(expansion: &Expansion<'_>, hook: &Spanned<Callable>, returns: &str) -> TokenStream {
    let there = mixed_at(hook.place);
    let private = expansion.runtime.private(there);
    let returns = Ident::new(returns, there);
    let output = without_impl_trait(&expansion.function.output);
    let arguments = arguments(expansion);
    let path = expansion.user_code(&hook.value.0);
    let asked = quote_spanned! {there=>
        #private::hook::<_, #private::#returns<#output>, _, _>((#(#arguments,)*), #path)
    };
    if expansion.function.arguments.iter().all(is_whole) {
        asked
    } else {
        // What was put together again lives in there.
        quote_spanned!(there=> async { #asked.await })
    }
}

/// Whether the argument is not taken apart by its pattern.
fn is_whole(argument: &Argument) -> bool {
    matches!(&argument.pattern, Pat::Ident(ident) if ident.subpat.is_none())
}

/// The receiver and the arguments by reference; what is a reference already, as it is.
fn arguments(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let receiver = expansion.function.receiver.as_ref().map(|receiver| {
        let ident = &receiver.ident;
        let there = mixed_at(ident.span());
        match receiver.passing {
            Passing::Copied => ident.to_token_stream(),
            Passing::Lent => quote_spanned!(there=> &*#ident),
            Passing::Owned => quote_spanned!(there=> &#ident),
        }
    });
    let arguments = expansion.function.arguments.iter();
    // A pattern that does not bind all of its value has no reference to it, and is reported.
    let mut arguments: Vec<_> = arguments.map(|it| by_reference(expansion, it)).collect();
    if let Some(target) = &expansion.function.target {
        let position = target.position.min(arguments.len());
        arguments.insert(position, Some(targets::of_attempt(target)));
    }
    receiver
        .into_iter()
        .chain(arguments.into_iter().flatten())
        .collect()
}

fn by_reference(expansion: &Expansion<'_>, argument: &Argument) -> Option<TokenStream> {
    let whole = match argument.bindings.as_slice() {
        [only] if is_whole(argument) => only.ident.to_token_stream(),
        // Taken apart by its pattern, it is put together again.
        _ => argument
            .rebuilt(&mut |binding| {
                Expr::Verbatim(match binding.passing {
                    Passing::Copied => binding.ident.to_token_stream(),
                    Passing::Lent | Passing::Owned => expansion.cloned(&binding.ident),
                })
            })?
            .into_token_stream(),
    };
    let there = mixed_at(argument.pattern.span());
    Some(match bare(&argument.ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            quote_spanned!(there=> &*#whole)
        }
        Type::Reference(_) => whole,
        _ => quote_spanned!(there=> &#whole),
    })
}

/// The type without the invisible groups of `macro_rules!` and without parentheses.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}
