//! What a fallback needs from the function.

use darling::{Error, Result};

use super::cache::has_key;
use crate::args::{Args, Fallback, Step, source};
use crate::function::Function;

pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    for step in Fallback::steps(args.fallback.as_ref()) {
        match step {
            Step::Cache { name, cache } => {
                // What could not be read is not missing.
                if cache.error.is_some() {
                    continue;
                }
                if cache.value.ttl.is_none() {
                    problems.push(
                        Error::custom(
                            "a cached answer needs a greatest age: `cache(ttl = \"5m\")`",
                        )
                        .with_span(name),
                    );
                }
                let key = cache.value.key.is_some();
                problems.handle(has_key(key, function, name));
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

/// Another function gets the same arguments, so each must be something that can be written down.
pub(super) fn arguments_have_names(function: &Function, who: &str) -> Result<()> {
    let mut problems = Error::accumulator();
    for argument in &function.arguments {
        let named = argument.rebuilt(&mut |binding| {
            let ident = &binding.ident;
            syn::parse_quote!(#ident)
        });
        if named.is_none() {
            problems.push(
                Error::custom(format!(
                    "{who} takes this argument too, but the pattern does not name the whole of it; \
                     give it a name and take it apart in the body"
                ))
                .with_span(&argument.place()),
            );
        }
    }
    problems.finish()
}
