//! The constant description of the function: who it calls, and what was written about it.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use super::expansion::Expansion;
use crate::args::{Args, Fallback, LastGood, Pick, Service, Step, variant};
use crate::runtime::{Runtime, mixed_at};

/// `const { &Function::new(…)… }`
pub(super) fn description(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion {
        kind,
        args,
        function,
        runtime,
        ..
    } = expansion;
    let mixed = Span::mixed_site();
    let private = &expansion.private;
    let kind_name = kind.variant();
    let (constructor, service) = match args.service.as_ref().map(|it| &it.value) {
        Some(Service::Declared(path)) => {
            let there = mixed_at(path.span());
            let private = runtime.private(there);
            let checked = quote_spanned! {there=>
                #private::declared::<#private::kind::#kind_name, _>(&#path)
            };
            ("declared", checked)
        }
        written => {
            let name = match written {
                Some(Service::Name(name)) => name.value(),
                _ => kind.default_service().unwrap_or_default().to_owned(),
            };
            let kind = quote_spanned!(mixed=> #private::ServiceKind::#kind_name);
            ("new", quote_spanned!(mixed=> #name, #kind))
        }
    };
    let constructor = Ident::new(constructor, mixed);
    let name = function.sig.ident.unraw().to_string();

    let mut built = quote_spanned! {mixed=>
        #private::Function::#constructor(
            #service,
            ::core::concat!(::core::module_path!(), "::", #name),
            ::core::concat!(::core::file!(), ":", ::core::line!()),
        )
        // Only the compiler knows the type whose method it is.
        .path(|| #private::type_name_of_val(&|| ()))
    };
    built = with_values(built, args, runtime);
    built = with_patterns(built, "keys", &args.patterns_with_key(), runtime);
    if args.per_key().is_some() {
        built = quote_spanned!(mixed=> #built.per_key());
    }
    if let Some(idempotent) = &args.idempotent {
        let idempotent = idempotent.value.0;
        built = quote_spanned!(mixed=> #built.idempotent(#idempotent));
    }
    if args.client_retries.is_some() {
        built = quote_spanned!(mixed=> #built.client_retries_off());
    }
    if args.retry_if().is_some() {
        built = quote_spanned!(mixed=> #built.retry_if());
    }
    if args.hedges() {
        built = quote_spanned!(mixed=> #built.hedges());
    }
    if expansion.function.target.is_some() {
        let pick = variant(args.pick.as_ref().map_or(Pick::Balanced, |pick| pick.value));
        built = quote_spanned!(mixed=> #built.targets(#private::Pick::#pick));
    }
    if args.reconnect.is_some() {
        built = quote_spanned!(mixed=> #built.reconnects());
    }
    if let Some(cache) = last_good(expansion) {
        let ttl = cache.ttl.as_ref().map(|ttl| ttl.value.duration(runtime));
        let max_entries = match &cache.max_entries {
            None => quote_spanned!(mixed=> ::core::option::Option::None),
            Some(entries) => {
                let entries = Literal::u32_unsuffixed(entries.value.0);
                quote_spanned!(mixed=> ::core::option::Option::Some(#entries))
            }
        };
        built = quote_spanned!(mixed=> #built.cache(#ttl, #max_entries));
    } else if !expansion.steps().is_empty() {
        built = quote_spanned!(mixed=> #built.fallback());
    }
    if let Some(cache) = expansion.read_through() {
        let config = cache.expand(runtime);
        built = quote_spanned!(mixed=> #built.read_through(#config));
    }
    quote_spanned!(mixed=> const { &#built })
}

/// `….settings(…).off(…)`: what an attribute or a declaration says of its patterns.
pub(crate) fn with_values(mut built: TokenStream, args: &Args, runtime: &Runtime) -> TokenStream {
    let mixed = Span::mixed_site();
    let private = runtime.private(mixed);
    let settings = args.settings_of_patterns();
    if !settings.is_empty() {
        let settings = settings.into_iter().map(|(key, value)| {
            let key = Ident::new(key, mixed);
            let value = value.expand(runtime);
            quote_spanned!(mixed=> (#private::Key::#key, #value))
        });
        built = quote_spanned!(mixed=> #built.settings(const { &[#(#settings),*] }));
    }
    with_patterns(built, "off", &args.patterns_off(), runtime)
}

/// `….verb(…)` with a list of patterns, unless that is empty.
pub(crate) fn with_patterns(
    built: TokenStream,
    verb: &str,
    patterns: &[&str],
    runtime: &Runtime,
) -> TokenStream {
    if patterns.is_empty() {
        return built;
    }
    let mixed = Span::mixed_site();
    let private = runtime.private(mixed);
    let verb = Ident::new(verb, mixed);
    let patterns = patterns.iter().map(|pattern| {
        let pattern = Ident::new(pattern, mixed);
        quote_spanned!(mixed=> #private::Pattern::#pattern)
    });
    quote_spanned!(mixed=> #built.#verb(const { &[#(#patterns),*] }))
}

/// The last-good-answer cache, where the function has one.
pub(super) fn last_good<'a>(expansion: &Expansion<'a>) -> Option<&'a LastGood> {
    Fallback::steps(expansion.args.fallback.as_ref())
        .iter()
        .find_map(|step| match step {
            Step::Cache { cache, .. } => Some(&cache.value),
            _ => None,
        })
}
