//! Rejects retries inside a transaction of the caller, which would repeat only a part of it.

use darling::{Error, Result};
use syn::{Ident, Type};

use crate::args::Args;
use crate::function::Function;

pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    if !args.retries() {
        return Ok(());
    }
    let mut problems = Error::accumulator();
    for argument in &function.arguments {
        if let Some((what, place)) = belongs_to_the_caller(&argument.ty, false) {
            problems.push(
                Error::custom(format!(
                    "this {what} belongs to the caller, and a retry here would repeat only a part of it; write `retry = off` and \
                     annotate the function that begins the transaction"
                ))
                .with_span(place),
            );
        }
    }
    problems.finish()
}

fn belongs_to_the_caller(ty: &Type, exclusive: bool) -> Option<(&'static str, &Ident)> {
    match ty {
        Type::Group(group) => belongs_to_the_caller(&group.elem, exclusive),
        Type::Paren(paren) => belongs_to_the_caller(&paren.elem, exclusive),
        Type::Reference(reference) => {
            belongs_to_the_caller(&reference.elem, reference.mutability.is_some())
        }
        Type::Path(path) => {
            let place = &path.path.segments.last()?.ident;
            let name = place.to_string();
            if name.ends_with("Transaction") {
                Some(("transaction", place))
            } else if exclusive && name.ends_with("Connection") {
                Some(("connection with its open transaction", place))
            } else {
                None
            }
        }
        _ => None,
    }
}
