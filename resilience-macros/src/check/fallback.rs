//! Rules of fallbacks: values, keys, and arguments that can be passed on.

use darling::{Error, Result};

use super::cache::key_fits;
use crate::args::{Args, Fallback, Step, source};
use crate::function::Function;

pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    for step in Fallback::steps(args.fallback.as_ref()) {
        match step {
            Step::Cache { name, cache } => {
                // A value that could not be parsed is not missing.
                if cache.error.is_some() {
                    continue;
                }
                if cache.value.ttl.is_none() {
                    problems.push(
                        Error::custom("`cache` needs a `ttl`: `cache(ttl = \"5m\")`")
                            .with_span(name),
                    );
                }
                let key = cache.value.key.as_ref().map(|key| &key.value.0);
                let across = cache.value.across_instances.as_ref();
                problems.handle(key_fits(key, across, function, name));
            }
            Step::Call { path, .. } => {
                let path = source(&syn::Expr::Path(path.clone()));
                problems.handle(arguments_have_names(
                    function,
                    &format!("the fallback `{path}`"),
                ));
            }
            Step::Value(_) | Step::Registered => {}
        }
    }
    problems.finish()
}

/// Requires that every argument can be passed to another function as well. `subject` is that function.
pub(super) fn arguments_have_names(function: &Function, subject: &str) -> Result<()> {
    let mut problems = Error::accumulator();
    for argument in &function.arguments {
        let named = argument.rebuilt(&mut |binding| {
            let ident = &binding.ident;
            syn::parse_quote!(#ident)
        });
        if named.is_none() {
            problems.push(
                Error::custom(format!(
                    "{subject} takes this argument as well, but its pattern does not name the whole value; \
                     name it here and destructure it in the body"
                ))
                .with_span(&argument.place()),
            );
        }
    }
    problems.finish()
}
