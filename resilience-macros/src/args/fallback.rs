//! `fallback`: steps in the order in which they were written.

use darling::{Error, Result};
use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprPath, MacroDelimiter, Meta};

use super::arg_list::ArgList;
use super::duration::Time;
use super::items::{self, Partial, options};
use super::spanned::{ParseArg, Spanned, is_off, name, strip_groups};
use super::value::{Code, Count, Flag, On};

/// What `fallback(…)` takes. Not a struct of options, because order counts and `call` may repeat.
pub(crate) const ARG_LIST: ArgList = ArgList {
    within: Some("fallback"),
    names: &[
        "cache",
        "call",
        "on_context_too_large",
        "on_throttled",
        "value",
        "registered",
        "on",
    ],
};

options! {
    /// `fallback(cache(…))`: the last good answer.
    LastGood in cache {
        key: Code,
        ttl: Time,
        max_entries: Count,
        across_instances: Flag,
    }
}

/// What was written for `fallback`.
#[derive(Debug)]
pub(crate) enum Fallback {
    Off,
    Steps {
        steps: Vec<Step>,
        on: On,
        error: Option<Error>,
    },
}

/// Which failures a function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Those that the whole fallback answers.
    On,
    /// The prompt was larger than the model's context.
    ContextTooLarge,
    /// The provider or the limit here asked for fewer calls.
    Throttled,
}

/// One thing to try after a failure.
#[derive(Debug)]
pub(crate) enum Step {
    Cache {
        name: Span,
        cache: Box<Partial<LastGood>>,
    },
    Call {
        path: ExprPath,
        when: When,
    },
    Value(Expr),
    Registered,
}

impl Fallback {
    /// Whether it was written and is off.
    pub(super) fn is_off(written: Option<&Spanned<Self>>) -> bool {
        written.is_some_and(|written| matches!(written.value, Self::Off))
    }

    /// The errors in the parentheses.
    pub(super) fn error(written: Option<&Spanned<Self>>) -> Option<Error> {
        match &written?.value {
            Self::Off => None,
            Self::Steps { error, .. } => error.clone(),
        }
    }

    /// The steps that were written.
    pub(crate) fn steps(written: Option<&Spanned<Self>>) -> &[Step] {
        match written {
            Some(Spanned {
                value: Self::Steps { steps, .. },
                ..
            }) => steps,
            _ => &[],
        }
    }
}

impl ParseArg for Fallback {
    fn read(meta: &Meta) -> Result<Self> {
        match meta {
            Meta::NameValue(pair) if is_off(&pair.value) => Ok(Self::Off),
            Meta::NameValue(pair) => Ok(Self::Steps {
                steps: vec![Step::Call {
                    path: function(&pair.value)?,
                    when: When::On,
                }],
                on: On::Any,
                error: None,
            }),
            Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                Ok(read_steps(list.tokens.clone(), list.path.span()))
            }
            _ => Err(Error::custom(
                "expected `fallback = function`, `fallback(…)` with at least one of `cache(…)`, `call = function`, \
                 `value = expression`, `registered`, or `fallback = off`",
            )
            .with_span(meta.path())),
        }
    }
}

fn function(expr: &Expr) -> Result<ExprPath> {
    match strip_groups(expr) {
        Expr::Path(path) => Ok(path.clone()),
        _ => Err(Error::custom(
            "expected the path of a function that takes the same arguments; for a value write `fallback(value = …)`",
        )
        .with_span(expr)),
    }
}

fn read_steps(tokens: TokenStream, name_of_fallback: Span) -> Fallback {
    let mut problems = Error::accumulator();
    let items = items::split(tokens, &mut problems);
    let broken = items.len();
    let items = items::known(items, ARG_LIST, &mut problems);
    let broken = broken != items.len();

    let mut steps = Vec::new();
    let mut on: Option<On> = None;
    let mut cached = false;
    let mut registered = false;
    let mut answered = false;
    let mut wrong_steps = false;
    for meta in &items {
        let mut wrong = |message: &str| {
            problems.push(Error::custom(message).with_span(meta.path()));
            wrong_steps = true;
        };
        let step_name = name(meta);
        if step_name == "on" {
            if on.is_some() {
                wrong("`on` is given twice; keep one");
            } else {
                // A wrong value still counts as given.
                on = Some(
                    problems
                        .handle(<On as ParseArg>::read(meta))
                        .unwrap_or(On::Any),
                );
            }
            continue;
        }
        if answered {
            wrong("unreachable: `value` always answers, so it must be the last step");
        }
        match step_name.as_str() {
            "cache" if cached => wrong("`cache` is given twice; keep one"),
            "registered" if registered => wrong("`registered` is given twice; keep one"),
            _ => {}
        }
        cached |= step_name == "cache";
        registered |= step_name == "registered";
        answered |= step_name == "value";
        match problems.handle(read_step(meta)) {
            Some(step) => {
                if let Step::Cache { cache, .. } = &step {
                    cache
                        .error
                        .iter()
                        .for_each(|error| problems.push(error.clone()));
                }
                steps.push(step);
            }
            None => wrong_steps = true,
        }
    }
    if steps.is_empty() && !wrong_steps && !broken {
        problems.push(
            Error::custom(
                "a fallback needs at least one step: `cache(…)`, `call = function`, `value = expression` or `registered`",
            )
            .with_span(&name_of_fallback),
        );
    }
    Fallback::Steps {
        steps,
        on: on.unwrap_or(On::Any),
        error: problems.finish().err(),
    }
}

fn read_step(meta: &Meta) -> Result<Step> {
    match (name(meta).as_str(), meta) {
        ("cache", Meta::List(list)) => Ok(Step::Cache {
            name: list.path.span(),
            cache: Box::new(items::read(list.tokens.clone())),
        }),
        ("cache", _) => Err(Error::custom(
            "expected `cache(key = …, ttl = \"5m\")`, the last good answer",
        )
        .with_span(meta.path())),
        (name @ ("call" | "on_context_too_large" | "on_throttled"), meta) => {
            let Meta::NameValue(pair) = meta else {
                let message = format!("expected `{name} = function`");
                return Err(Error::custom(message).with_span(meta.path()));
            };
            let when = match name {
                "on_context_too_large" => When::ContextTooLarge,
                "on_throttled" => When::Throttled,
                _ => When::On,
            };
            function(&pair.value).map(|path| Step::Call { path, when })
        }
        ("registered", Meta::Path(_)) => Ok(Step::Registered),
        ("registered", _) => Err(Error::custom(
            "expected `registered` without a value; the fallback comes from `Registry::register_fallback`",
        )
        .with_span(meta.path())),
        _ => <Code as ParseArg>::read(meta).map(|Code(value)| Step::Value(value)),
    }
}
