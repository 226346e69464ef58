//! `keyed` belongs to declarations, `key` to functions, and limits are of each key, or per key beside those of all.

use darling::{Error, Result};

use crate::args::{Args, Toggle};

/// Requires that an attribute gives the key, instead of saying that there is one.
pub(super) fn check(args: &Args) -> Result<()> {
    let mut problems = Error::accumulator();
    for keys in args.keys() {
        if let Some(place) = keys.keyed_at() {
            let group = keys.group;
            problems.push(
                Error::custom(format!(
                    "`keyed` belongs in a `service!` declaration; at a function write the key: `{group}(key = …)`"
                ))
                .with_span(&place),
            );
        }
    }
    if let Some(limit) = Toggle::on(args.rate_limit.as_ref())
        && let Some(per_key) = &limit.per_key
    {
        if let Some(key) = &limit.key {
            let message = "`key` makes all limits those of each key, `per_key` adds limits of each key to those of the service; \
                           keep one of them";
            problems.push(Error::custom(message).with_span(&key.name));
        } else if per_key.value.0.key.is_none() {
            let message = "`per_key` needs the key whose limits it sets, such as `per_key(key = tenant, requests_per_minute = 60)`";
            problems.push(Error::custom(message).with_span(&per_key.name));
        }
    }
    problems.finish()
}

/// Requires that a declaration says either that all limits are of each key, or which limits each key has beside them.
pub(super) fn declared(args: &Args) -> Result<()> {
    let mut problems = Error::accumulator();
    if let Some(limit) = Toggle::on(args.rate_limit.as_ref())
        && let Some(per_key) = &limit.per_key
    {
        if per_key.value.0.has_no_limit() {
            let message = "`per_key` needs limits, such as `per_key(requests_per_minute = 60)`";
            problems.push(Error::custom(message).with_span(&per_key.name));
        }
        if let Some(keyed) = &limit.keyed {
            let message = "`keyed` makes all limits those of each key, `per_key` adds limits of each key to those of the service; \
                           keep one of them";
            problems.push(Error::custom(message).with_span(&keyed.name));
        }
    }
    problems.finish()
}
