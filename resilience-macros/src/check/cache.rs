//! What a cache needs from the function, and which of its values clash.

use darling::{Error, Result};
use proc_macro2::Span;

use crate::args::{Args, RefreshAhead};
use crate::function::Function;

/// The values alone.
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
        return Err(Error::custom(
            "`refresh_ahead` is not shorter than `ttl`, so no answer would ever be fresh",
        )
        .with_span(&refresh.place));
    }
    Ok(())
}

/// What it needs from the function.
pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    match &args.cache {
        // What could not be read is not missing.
        Some(cache) if cache.value.was_read() => {
            let key = cache.value.settings().key.is_some();
            has_key(key, function, &cache.name)
        }
        _ => Ok(()),
    }
}

/// Answers to different arguments are told apart by their key.
pub(super) fn has_key(key: bool, function: &Function, place: &Span) -> Result<()> {
    if key || !function.takes_anything() {
        return Ok(());
    }
    Err(Error::custom(
        "the function has arguments, so the cache needs a key that tells its answers apart: \
         `cache(key = …)`; the receiver counts as an argument",
    )
    .with_span(place))
}
