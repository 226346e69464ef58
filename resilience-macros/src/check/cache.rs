//! Rules of caches: values that contradict one another, and keys.

use darling::{Error, Result};
use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::Expr;

use crate::args::{Args, Flag, RefreshAhead, Spanned, Time};
use crate::function::{Function, UsedIdents, mention};

/// Checks the values alone.
pub(super) fn values(args: &Args) -> Result<()> {
    let Some(cache) = &args.cache else {
        return Ok(());
    };
    let cache = cache.value.settings();
    if let (Some(ttl), Some(refresh)) = (&cache.ttl, &cache.refresh_ahead)
        && let RefreshAhead::Before(before) = &refresh.value
        && let (Some(ttl), Some(before)) = (ttl.value.fixed().and_then(Time::known), before.known())
        && before >= ttl
    {
        return Err(
            Error::custom("`refresh_ahead` must be shorter than `ttl`").with_span(&refresh.place)
        );
    }
    Ok(())
}

/// Checks the cache against the function.
pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    match &args.cache {
        // A key that could not be parsed is not missing.
        Some(cache) if cache.value.was_read() => {
            let settings = cache.value.settings();
            let key = settings.key.as_ref().map(|key| &key.value.0);
            let across = settings.across_instances.as_ref();
            key_fits(key, across, function, &cache.name)
        }
        _ => Ok(()),
    }
}

/// Requires a key where the function has arguments, and one that tells instances apart where the function is called on one:
/// two clients with different tokens must not share answers by oversight.
pub(super) fn key_fits(
    key: Option<&Expr>,
    across_instances: Option<&Spanned<Flag>>,
    function: &Function,
    place: &Span,
) -> Result<()> {
    let instances = Instances::of(function);
    let across = across_instances.is_some_and(|written| written.value.0);
    let Some(key) = key else {
        let all = function.arguments.len() + usize::from(function.receiver.is_some());
        if all == 0 || (across && all == instances.arguments) {
            return Ok(());
        }
        return Err(Error::custom(
            "`cache` needs a `key`, since the function has arguments: `cache(key = …)`; the receiver counts as an argument",
        )
        .with_span(place));
    };
    let name = match instances.names.first() {
        Some(name)
            if !across && !(instances.names.iter()).any(|name| mention(key, name).is_some()) =>
        {
            name
        }
        _ => return Ok(()),
    };
    Err(Error::custom(format!(
        "the key does not mention `{name}`, so that two instances of the type would answer one another's calls; put what \
         tells them apart into the key, such as `key = ({name}.id, …)`, or write `across_instances` if their answers \
         are the same"
    ))
    .with_span(key))
}

/// The arguments that are, or hold, an instance of the type whose method the function is.
struct Instances {
    arguments: usize,
    /// The names by which a key can mention them.
    names: Vec<Ident>,
}

impl Instances {
    fn of(function: &Function) -> Self {
        let mut found = Self {
            arguments: 0,
            names: Vec::new(),
        };
        if function.receiver.is_some() {
            found.arguments += 1;
            found.names.push(Ident::new("self", Span::call_site()));
        }
        let own = Ident::new("Self", Span::call_site());
        for argument in &function.arguments {
            if UsedIdents::of(argument.ty.to_token_stream()).contains(&own) {
                found.arguments += 1;
                let names = argument.bindings.iter();
                found
                    .names
                    .extend(names.map(|binding| binding.ident.clone()));
            }
        }
        found
    }
}
