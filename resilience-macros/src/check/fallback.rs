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
                if cache.wrong.is_some() {
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
            Step::Call(path) => {
                problems.handle(arguments_have_names(
                    function,
                    &source(&syn::Expr::Path(path.clone())),
                ));
            }
            Step::Value(_) | Step::Registered => {}
        }
    }
    problems.finish()
}

/// A fallback function gets the same arguments, so each must be something that can be written down.
fn arguments_have_names(function: &Function, path: &str) -> Result<()> {
    let mut problems = Error::accumulator();
    for argument in &function.arguments {
        let named = argument.rebuilt(&mut |binding| {
            let ident = &binding.ident;
            syn::parse_quote!(#ident)
        });
        if named.is_none() {
            problems.push(
                Error::custom(format!(
                    "the fallback `{path}` takes this argument too, but the pattern does not name the whole of it; \
                     give it a name and take it apart in the body"
                ))
                .with_span(&argument.place()),
            );
        }
    }
    problems.finish()
}
