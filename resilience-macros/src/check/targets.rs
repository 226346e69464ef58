//! Rules of `targets` and of the parameter marked `#[target]`.

use darling::{Error, Result};
use quote::ToTokens as _;

use crate::args::{Args, Spanned, Toggle};
use crate::function::{Function, UsedIdents};

/// Rules of the arguments alone.
pub(super) fn values(args: &Args) -> Result<()> {
    let mut problems = Error::accumulator();
    if args.targets.is_none() {
        let needs = |name: &str| {
            Error::custom(format!(
                "`{name}` is about several targets; name them with `targets = POOL`, and mark the parameter that gets one with \
                 `#[target]`"
            ))
        };
        if let Some(pick) = &args.pick {
            problems.push(needs("pick").with_span(&pick.name));
        }
        if let Some(affinity) = &args.affinity {
            problems.push(needs("affinity").with_span(&affinity.name));
        }
    }
    if let Some(target) = &args.target {
        problems.push(
            Error::custom(
                "the weight of a target stands in the pool, `Target::new(…).weight(2.0)`, in `TargetSettings` or in a variable",
            )
            .with_span(&target.name),
        );
    }
    problems.finish()
}

/// Rules between the arguments and the function.
pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    match (&args.targets, &function.target) {
        (Some(targets), None) => problems.push(
            Error::custom(
                "`targets` needs a parameter that gets one of them: `#[target] to: &Deployment`; callers do not pass it",
            )
            .with_span(&targets.name),
        ),
        (None, Some(target)) => problems.push(
            Error::custom(format!(
                "`#[target] {}` needs a pool that it comes from: write `targets = POOL` in the attribute",
                target.ident
            ))
            .with_span(&target.place),
        ),
        (Some(_), Some(target)) => {
            problems.handle(keys(args));
            problems.handle(not_mentioned(args, &target.ident));
        }
        (None, None) => {}
    }
    problems.finish()
}

/// A breaker or a bulkhead for each key of each target is not there.
fn keys(args: &Args) -> Result<()> {
    let mut problems = Error::accumulator();
    let breaker = Toggle::on(args.circuit_breaker.as_ref()).and_then(|it| it.key.as_ref());
    let bulkhead = Toggle::on(args.bulkhead.as_ref()).and_then(|it| it.key.as_ref());
    for (name, key) in [("circuit_breaker", breaker), ("bulkhead", bulkhead)] {
        if let Some(key) = key {
            problems.push(
                Error::custom(format!(
                    "each target has its own, so `{name}(key = …)` cannot stand beside `targets`; remove the key"
                ))
                .with_span(&key.name),
            );
        }
    }
    problems.finish()
}

/// What is evaluated before a target is picked cannot mention it.
fn not_mentioned(args: &Args, target: &syn::Ident) -> Result<()> {
    let mut problems = Error::accumulator();
    let limit = Toggle::on(args.rate_limit.as_ref());
    let written = [
        ("key", limit.and_then(|it| it.key.as_ref())),
        ("cost", limit.and_then(|it| it.cost.as_ref())),
        ("correlation_id", args.correlation_id.as_ref()),
        ("affinity", args.affinity.as_ref()),
        ("targets", args.targets.as_ref()),
        ("registry", args.registry.as_ref()),
    ];
    let written = written
        .into_iter()
        .filter_map(|(name, code)| Some((name, code?)));
    for (name, code) in written {
        if mentions(code.value.0.to_token_stream(), target) {
            problems.push(too_early(name, target, code));
        }
    }
    problems.finish()
}

fn mentions(code: proc_macro2::TokenStream, target: &syn::Ident) -> bool {
    UsedIdents::of(code).contains(target)
}

fn too_early<T>(name: &str, target: &syn::Ident, code: &Spanned<T>) -> Error {
    Error::custom(format!(
        "`{name}` cannot mention the target `{target}`: it is evaluated once, before a target is picked"
    ))
    .with_span(&code.place)
}
