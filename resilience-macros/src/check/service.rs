//! What a function of a declared service may not say.

use darling::{Error, Result};
use quote::ToTokens as _;

use crate::args::Args;
use crate::function::Function;

/// Requires that the path is no argument, and that values which functions share stand in the declaration.
pub(super) fn check(args: &Args, function: Option<&Function>) -> Result<()> {
    let Some(path) = args.service.as_ref().and_then(|it| it.value.declared()) else {
        return Ok(());
    };
    let mut problems = Error::accumulator();
    if let Some(function) = function
        && let Some(ident) = path.path.get_ident()
        && function.binds(ident)
    {
        problems.push(
            Error::custom(format!(
                "`service = {ident}`: a service from an argument; expected a string literal, such as `\"openai\"`, or the path \
                 of a declared service; for a name known only at run time call `Registry::service(name, kind)?.call(|| …)` by \
                 hand"
            ))
            .with_span(ident),
        );
        return problems.finish();
    }
    let path = path.to_token_stream().to_string().replace(' ', "");
    for (group, name, place) in args.shared_settings() {
        let value = if matches!(name, "adaptive" | "per_key") {
            "(…)"
        } else {
            " = …"
        };
        let here = match name {
            "per_key" => ", and here `per_key(key = …)` alone",
            _ => "",
        };
        problems.push(
            Error::custom(format!(
                "all functions of `{path}` share `{name}`; write `{group}({name}{value})` in its `service!` declaration{here}"
            ))
            .with_span(&place),
        );
    }
    problems.finish()
}
