//! Rules of `hedge`: two attempts run at once, so each must be repeatable and have arguments of its own.

use darling::{Error, Result};

use crate::args::{Args, Toggle};
use crate::function::{Function, Passing};
use crate::kind::Kind;

pub(super) fn check(kind: Kind, args: &Args, all_parsed: bool, function: &Function) -> Result<()> {
    if !args.hedges() {
        return Ok(());
    }
    let mut problems = Error::accumulator();
    // Otherwise what seems to be missing may be what could not be read.
    if all_parsed {
        problems.handle(is_repeatable(kind, args));
    }
    problems.handle(nothing_is_exclusive(function));
    problems.handle(nothing_shared_is_changed(args, function));
    problems.handle(attempts_suffice(args));
    problems.finish()
}

/// Requires that a second execution does no harm.
fn is_repeatable(kind: Kind, args: &Args) -> Result<()> {
    let Some(hedge) = &args.hedge else {
        return Ok(());
    };
    let error = match &args.idempotent {
        Some(idempotent) if idempotent.value.0 => return Ok(()),
        Some(idempotent) => Error::custom(
            "`hedge` starts a second attempt while the first one runs, so the call may be executed twice; with `idempotent = false` \
             remove `hedge`",
        )
        .with_span(&idempotent.name),
        None if args.safety.is_some() || kind.is_idempotent() => return Ok(()),
        None => Error::custom(format!(
            "`hedge` starts a second attempt while the first one runs, so the call may be executed twice; where that does no harm, \
             write `idempotent` or name a hook with `safety = …`, since `#[{}]` does not take calls for repeatable by itself; where \
             the server knows idempotency keys, send `CallContext::idempotency_key` and write `idempotent`",
            kind.attribute()
        ))
        .with_span(&hedge.name),
    };
    Err(error)
}

/// Requires arguments that two attempts can use at once.
fn nothing_is_exclusive(function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    if let Some(receiver) = &function.receiver
        && receiver.passing == Passing::Lent
    {
        problems.push(
            Error::custom(
                "`hedge` runs two attempts at once, which cannot share `&mut self`; take `&self`, or remove `hedge`",
            )
            .with_span(&receiver.ident),
        );
    }
    for argument in &function.arguments {
        let lent = argument
            .bindings
            .iter()
            .find(|it| it.passing == Passing::Lent);
        if let Some(binding) = lent {
            problems.push(
                Error::custom(format!(
                    "`hedge` runs two attempts at once, which cannot share the `&mut` argument `{}`; take it by value or by `&`, or \
                     remove `hedge`",
                    binding.ident
                ))
                .with_span(&argument.place()),
            );
        }
    }
    problems.finish()
}

/// Requires that what all attempts use together is not `mut`: a receiver, which no `let` can replace, and what `borrow(…)` names.
fn nothing_shared_is_changed(args: &Args, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    if let Some(receiver) = function.sig.receiver()
        && let Some(mutability) = &receiver.mutability
    {
        problems.push(
            Error::custom(
                "`hedge` runs two attempts at once, which cannot share `mut self`; take `&self`, or remove `hedge`",
            )
            .with_span(mutability),
        );
    }
    let shared = args.borrow.iter().flat_map(|written| &written.value.0);
    for name in shared {
        let mut bindings = function.arguments.iter().flat_map(|it| &it.bindings);
        if bindings.any(|it| it.ident == *name && it.mutability.is_some()) {
            problems.push(
                Error::custom(format!(
                    "`hedge` runs two attempts at once, which cannot share the `mut` argument `{name}`; remove it from `borrow(…)`, so \
                     that each attempt gets a copy",
                ))
                .with_span(name),
            );
        }
    }
    problems.finish()
}

/// Requires room for a hedge among the attempts, where both are written.
fn attempts_suffice(args: &Args) -> Result<()> {
    let retry = Toggle::on(args.retry.as_ref());
    let attempts = retry.and_then(|retry| retry.max_attempts.as_ref());
    match attempts {
        Some(attempts) if attempts.value.0.0 < 2 => Err(Error::custom(
            "hedges count among `max_attempts`, so with 1 there is none; write at least 2, or `retry = off` for hedges without retries",
        )
        .with_span(&attempts.place)),
        _ => Ok(()),
    }
}
