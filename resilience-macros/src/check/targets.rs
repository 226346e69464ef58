//! Rules of `targets` and of the parameter marked `#[target]`.

use darling::{Error, Result};
use syn::Expr;

use crate::args::{Args, CallLimit, Fallback, Prioritized, Step, Toggle, is_off};
use crate::function::{Function, mention};

/// Rules of the arguments alone. Where some could not be read, the pool may be among those.
pub(super) fn values(args: &Args, all_parsed: bool) -> Result<()> {
    let mut problems = Error::accumulator();
    if all_parsed && args.targets.is_none() {
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
    if let Some(targets) = &args.targets
        && is_off(&targets.value.0)
    {
        problems.push(
            Error::custom("`targets` is off where it is not written; remove it, and the parameter marked `#[target]`")
                .with_span(&targets.value.0),
        );
    }
    problems.finish()
}

/// Rules between the arguments and the function.
pub(super) fn check(args: &Args, all_parsed: bool, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    match (&args.targets, &function.target) {
        (Some(targets), None) => problems.push(
            Error::custom(
                "`targets` needs a parameter that gets one of them: `#[target] to: &Deployment`; callers do not pass it",
            )
            .with_span(&targets.name),
        ),
        (None, Some(target)) if all_parsed => problems.push(
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
        (None, _) => {}
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

/// What is evaluated before a target is picked cannot mention it, and what is evaluated after all of them have failed neither.
fn not_mentioned(args: &Args, target: &syn::Ident) -> Result<()> {
    let mut problems = Error::accumulator();
    for (name, code, when) in evaluated_without(args) {
        if let Some(place) = mention(code, target) {
            problems.push(
                Error::custom(format!(
                    "`{name}` cannot mention the target `{target}`: it is evaluated {when}"
                ))
                .with_span(&place),
            );
        }
    }
    problems.finish()
}

const BEFORE: &str = "once, before a target is picked";
const OUTCOME: &str = "after an attempt, and gets its outcome alone";
const AFTER: &str = "after all attempts have failed, and belongs to none of them";

/// All code that is evaluated where there is no target, with its name and when that is.
fn evaluated_without(args: &Args) -> Vec<(&'static str, &Expr, &'static str)> {
    let limit = Toggle::on(args.rate_limit.as_ref());
    let cache = args.cache.as_ref().map(|cache| cache.value.settings());
    let written = [
        ("key", limit.and_then(|it| it.key.as_ref())),
        ("key", args.per_key()),
        ("cost", limit.and_then(|it| it.cost.as_ref())),
        ("key", cache.and_then(|it| it.key.as_ref())),
        ("correlation_id", args.correlation_id.as_ref()),
        ("affinity", args.affinity.as_ref()),
        ("registry", args.registry.as_ref()),
    ];
    let mut found: Vec<_> = written
        .into_iter()
        .filter_map(|(name, code)| Some((name, &code?.value.0, BEFORE)))
        .collect();
    let pool = args.targets.iter();
    found.extend(pool.map(|pool| ("targets", &pool.value.0, BEFORE)));
    for (name, limit) in [("timeout", &args.timeout), ("deadline", &args.deadline)] {
        found.extend(CallLimit::computed(limit.as_ref()).map(|code| (name, code, BEFORE)));
    }
    let priority = limit.and_then(|it| it.priority.as_ref());
    if let Some(Prioritized::Computed(code)) = priority.map(|it| &it.value) {
        found.push(("priority", code, BEFORE));
    }
    let hooks = [
        ("classify", args.classify.as_ref()),
        ("classify_ok", args.classify_ok.as_ref()),
        ("retry_if", args.retry_if()),
        ("usage", limit.and_then(|it| it.usage.as_ref())),
    ];
    // A path is that of a function.
    let hooks = hooks
        .into_iter()
        .filter_map(|(name, hook)| match &hook?.value.0 {
            closure @ Expr::Closure(_) => Some((name, closure, OUTCOME)),
            _ => None,
        });
    found.extend(hooks);
    for step in Fallback::steps(args.fallback.as_ref()) {
        match step {
            Step::Cache { cache, .. } => {
                let key = cache.value.key.as_ref();
                found.extend(key.map(|key| ("key", &key.value.0, BEFORE)));
            }
            Step::Value(value) => found.push(("value", value, AFTER)),
            Step::Call { .. } | Step::Registered => {}
        }
    }
    found
}
