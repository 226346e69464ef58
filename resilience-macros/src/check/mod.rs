//! Rules between arguments, and between arguments and the function. A rule of one argument alone is in
//! `args`, where the argument is parsed.

mod cache;
mod database;
mod durations;
mod fallback;
mod hedge;
mod hooks;
mod keyed;
mod service;
mod stream;
mod targets;
mod tokens;
mod values;

use darling::{Error, Result};
use proc_macro2::Span;
use syn::Type;

use crate::args::{Args, names};
use crate::function::{Function, bare_error_parameter};
use crate::kind::Kind;

/// Reports values that contradict one another, of an attribute or of a declaration.
pub(crate) fn values(args: &Args) -> Result<()> {
    values::check(args)
}

/// Reports what a declaration says of keys and cannot mean.
pub(crate) fn declared_keys(args: &Args) -> Result<()> {
    keyed::declared(args)
}

/// Reports every violation at once. Without a function only the arguments are checked. Where some of them
/// could not be parsed, rules about missing arguments are skipped: what seems to be missing may be one of those.
pub(crate) fn check(
    kind: Kind,
    args: &Args,
    all_parsed: bool,
    function: Option<&Function>,
) -> Result<()> {
    let mut problems = Error::accumulator();
    if all_parsed && kind.default_service().is_none() && args.service.is_none() {
        problems.push(
            Error::custom(
                "`#[resilient]` needs the name of a service: `#[resilient(service = \"billing\")]`",
            )
            .with_span(&Span::call_site()),
        );
    }
    problems.handle(values::check(args));
    problems.handle(service::check(args, function));
    problems.handle(keyed::check(args));
    problems.handle(stream::check(args));
    if all_parsed {
        problems.handle(tokens::check(args));
    }
    problems.handle(cache::values(args));
    problems.handle(targets::values(args, all_parsed));
    if let Some(function) = function {
        problems.handle(borrow_names(args, function));
        problems.handle(durations::check(args, function));
        problems.handle(cache::check(args, function));
        problems.handle(fallback::check(args, function));
        problems.handle(hooks::check(args, function));
        problems.handle(hedge::check(kind, args, all_parsed, function));
        problems.handle(targets::check(args, all_parsed, function));
        if all_parsed {
            problems.handle(error_is_classified(args, function));
        }
        if all_parsed && kind == Kind::Database {
            problems.handle(database::check(args, function));
        }
    }
    problems.finish()
}

/// Requires that `borrow(…)` names owned arguments.
fn borrow_names(args: &Args, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    let names = args.borrow.iter().flat_map(|written| &written.value.0);
    let mut seen = Vec::new();
    for name in names {
        let found = function
            .arguments
            .iter()
            .find(|argument| argument.bindings.iter().any(|own| own.ident == *name));
        let problem = match found {
            _ if seen.contains(&name) => Some(format!("`{name}` is named twice; keep one")),
            None => Some(no_such_argument(&name.to_string(), function)),
            Some(argument) if matches!(argument.ty, Type::Reference(_)) => Some(format!(
                "`{name}` is already a reference, which every attempt uses as it is; remove it from `borrow(…)`"
            )),
            Some(_) => None,
        };
        if let Some(problem) = problem {
            problems.push(Error::custom(problem).with_span(name));
        }
        seen.push(name);
    }
    problems.finish()
}

fn no_such_argument(name: &str, function: &Function) -> String {
    let known: Vec<String> = function
        .arguments
        .iter()
        .flat_map(|argument| &argument.bindings)
        .map(|binding| binding.ident.to_string())
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match names::nearest(name, &known) {
        Some(near) => {
            format!("the function has no argument `{name}`; did you mean `{near}`?")
        }
        None if known.is_empty() => {
            format!("the function has no argument `{name}`; it has none")
        }
        None => format!(
            "the function has no argument `{name}`; it has {}",
            names::list(&known)
        ),
    }
}

/// Requires a type by which errors can be classified. A bare type parameter has no rule.
fn error_is_classified(args: &Args, function: &Function) -> Result<()> {
    if !args.retries() || args.classify.is_some() || args.retry_if().is_some() {
        return Ok(());
    }
    match bare_error_parameter(&function.output, &function.sig.generics) {
        None => Ok(()),
        Some(error) => Err(Error::custom(format!(
            "errors of the generic type `{error}` cannot be classified; add the bound `{error}: Classify`, name a function \
             with `classify = …`, or write `retry = off`"
        ))
        .with_span(&error)),
    }
}
