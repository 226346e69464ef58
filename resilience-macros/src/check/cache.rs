//! Rules of caches: values that contradict one another, and keys.

use darling::{Error, Result};
use proc_macro2::Span;

use crate::args::{Args, RefreshAhead};
use crate::function::Function;

/// Checks the values alone.
pub(super) fn values(args: &Args) -> Result<()> {
    let Some(cache) = &args.cache else {
        return Ok(());
    };
    let cache = cache.value.settings();
    if let (Some(ttl), Some(refresh)) = (&cache.ttl, &cache.refresh_ahead)
        && let RefreshAhead::Before(before) = &refresh.value
        && let (Some(ttl), Some(before)) = (ttl.value.known(), before.known())
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
            let key = cache.value.settings().key.is_some();
            has_key(key, function, &cache.name)
        }
        _ => Ok(()),
    }
}

/// Requires a key where the function has arguments, the receiver included.
pub(super) fn has_key(key: bool, function: &Function, place: &Span) -> Result<()> {
    if key || !function.has_arguments() {
        return Ok(());
    }
    Err(Error::custom(
        "`cache` needs a `key`, since the function has arguments: `cache(key = …)`; the receiver counts as an argument",
    )
    .with_span(place))
}
