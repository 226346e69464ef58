//! The constant description of the function: who it calls, and what was written about it.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;

use super::Expansion;
use crate::args::{Fallback, LastGood, Limit, Setting, Step, Toggle};

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
    let service = match &args.service {
        Some(service) => service.value.0.value(),
        None => kind.default_service().unwrap_or_default().to_owned(),
    };
    let kind = kind.variant();
    let name = function.sig.ident.unraw().to_string();

    let mut built = quote_spanned! {mixed=>
        #private::Function::new(
            #service,
            #private::ServiceKind::#kind,
            ::core::concat!(::core::module_path!(), "::", #name),
            ::core::concat!(::core::file!(), ":", ::core::line!()),
        )
        // Only the compiler knows the type whose method it is.
        .path(|| #private::type_name_of_val(&|| ()))
    };
    let settings = settings(expansion);
    if !settings.is_empty() {
        let settings = settings.into_iter().map(|(key, value)| {
            let key = Ident::new(key, mixed);
            let value = value.expand(runtime);
            quote_spanned!(mixed=> (#private::Key::#key, #value))
        });
        built = quote_spanned!(mixed=> #built.settings(const { &[#(#settings),*] }));
    }
    let off = off(expansion);
    if !off.is_empty() {
        let off = off.into_iter().map(|pattern| {
            let pattern = Ident::new(pattern, mixed);
            quote_spanned!(mixed=> #private::Pattern::#pattern)
        });
        built = quote_spanned!(mixed=> #built.off(const { &[#(#off),*] }));
    }
    if let Some(idempotent) = &args.idempotent {
        let idempotent = idempotent.value.0;
        built = quote_spanned!(mixed=> #built.idempotent(#idempotent));
    }
    if args.retry_if().is_some() {
        built = quote_spanned!(mixed=> #built.retry_if());
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

/// The last-good-answer cache, where the function has one.
pub(super) fn last_good<'a>(expansion: &Expansion<'a>) -> Option<&'a LastGood> {
    Fallback::steps(expansion.args.fallback.as_ref())
        .iter()
        .find_map(|step| match step {
            Step::Cache { cache, .. } => Some(&cache.value),
            _ => None,
        })
}

fn settings<'a>(expansion: &Expansion<'a>) -> Vec<(&'static str, &'a dyn Setting)> {
    let args = expansion.args;
    let mut settings = Vec::new();
    settings.extend(Toggle::on(args.retry.as_ref()).map(|retry| retry.settings()));
    settings.extend(Toggle::on(args.retry_budget.as_ref()).map(|budget| budget.settings()));
    settings.extend(Toggle::on(args.circuit_breaker.as_ref()).map(|circuit| circuit.settings()));
    settings.extend(Toggle::on(args.rate_limit.as_ref()).map(|rate_limit| rate_limit.settings()));
    settings.extend(Toggle::on(args.bulkhead.as_ref()).map(|bulkhead| bulkhead.settings()));
    let mut settings: Vec<(&'static str, &'a dyn Setting)> =
        settings.into_iter().flatten().collect();
    for (key, limit) in [("Timeout", &args.timeout), ("Deadline", &args.deadline)] {
        if let Some(Limit::On(time)) = limit.as_ref().map(|written| &written.value) {
            settings.push((key, time));
        }
    }
    settings
}

/// The patterns that are switched off, by the runtime's name.
fn off(expansion: &Expansion<'_>) -> Vec<&'static str> {
    let args = expansion.args;
    let limit_is_off = |limit: &Option<crate::args::Spanned<Limit>>| {
        matches!(
            limit.as_ref().map(|written| &written.value),
            Some(Limit::Off)
        )
    };
    let fallback_is_off = matches!(
        args.fallback.as_ref().map(|written| &written.value),
        Some(Fallback::Off)
    );
    [
        ("Retry", Toggle::is_off(args.retry.as_ref())),
        ("RetryBudget", Toggle::is_off(args.retry_budget.as_ref())),
        ("Circuit", Toggle::is_off(args.circuit_breaker.as_ref())),
        ("RateLimit", Toggle::is_off(args.rate_limit.as_ref())),
        ("Bulkhead", Toggle::is_off(args.bulkhead.as_ref())),
        ("Timeout", limit_is_off(&args.timeout)),
        ("Deadline", limit_is_off(&args.deadline)),
        ("Fallback", fallback_is_off),
    ]
    .into_iter()
    .filter_map(|(pattern, off)| off.then_some(pattern))
    .collect()
}
