//! `keyed` belongs to declarations, `key` to functions.

use darling::{Error, Result};

use crate::args::Args;

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
    problems.finish()
}
