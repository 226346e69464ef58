//! What a function can be made of.

use crate::cover::Choice;

/// One choice of each list.
pub(crate) type Row = [usize; CHOICES.len()];

pub(crate) const PLACE: usize = 0;
pub(crate) const INPUT: usize = 1;
pub(crate) const OUTPUT: usize = 2;
pub(crate) const SETTING: usize = 3;
pub(crate) const BESIDE: usize = 4;
pub(crate) const KIND: usize = 5;

pub(crate) const CHOICES: [&[&str]; 6] = [
    &[
        "free",
        "associated",
        "&self",
        "&mut self",
        "self",
        "mut self",
        "self: Arc<Self>",
        "self: Box<Self>",
        "self: &Arc<Self>",
        "trait",
        "async_trait &self",
        "async_trait &mut self",
        "macro_rules",
    ],
    &[
        "nothing",
        "copy",
        "owned",
        "str",
        "named lifetime",
        "two lifetimes",
        "exclusive",
        "mut owned",
        "tuple",
        "struct",
        "slice",
        "option",
        "impl trait",
        "generic",
        "where",
        "const generic",
        "unnamed",
        "dyn",
    ],
    &[
        "alias",
        "result",
        "io",
        "anyhow",
        "boxed",
        "impl trait",
        "unit",
        "string",
        "list",
    ],
    &[
        "none",
        "retry off",
        "retry",
        "wrap",
        "retry_if",
        "times",
        "circuit",
        "window",
        "key",
        "cost",
        "tokens",
        "bulkhead",
        "value",
        "call",
        "path",
        "last good",
        "cache",
        "correlation",
        "borrow",
        "idempotent",
        "classify",
        "all off",
        "hedge",
    ],
    &[
        "nothing",
        "doc",
        "lint",
        "cfg",
        "cfg_attr",
        "span above",
        "span below",
        "must_use",
        "pub(crate)",
    ],
    &["llm", "database", "mcp", "secret", "custom"],
];

/// What the language, or the library with a message, does not let stand together.
pub(crate) fn go_together(one: Choice, other: Choice) -> bool {
    let is = |list: usize, names: &[&str]| {
        [one, other]
            .iter()
            .any(|(of, choice)| *of == list && names.contains(&CHOICES[*of][*choice]))
    };
    let traits = is(
        PLACE,
        &["trait", "async_trait &self", "async_trait &mut self"],
    );
    let fallbacks = is(SETTING, &["value", "call", "path", "last good", "cache"]);
    // An answer nobody can name is not made elsewhere, nor kept, nor promised by a trait here.
    let opaque = is(OUTPUT, &["impl trait"]);
    !(opaque && (traits || fallbacks)
        // Nothing that is owned and has a name.
        || is(SETTING, &["borrow"])
            && [one, other].iter().any(|(list, _)| *list == INPUT)
            && !is(INPUT, &["owned", "const generic"])
        // `#[tracing::instrument]` has run by then: it moves `self` into a block of its own, which is there for one
        // attempt, and leaves nothing of what `#[async_trait]` does.
        || is(BESIDE, &["span above"])
            && is(PLACE, &["&mut self", "self", "mut self", "self: Arc<Self>", "self: Box<Self>", "async_trait &self", "async_trait &mut self"])
        || is(BESIDE, &["span above"]) && is(SETTING, &["borrow"])
        // What is taken apart cannot be handed on.
        || is(INPUT, &["struct", "unnamed"]) && is(SETTING, &["call", "path"])
        || is(BESIDE, &["must_use"]) && traits
        || is(BESIDE, &["pub(crate)"]) && traits
        || is(PLACE, &["mut self"]) && is(SETTING, &["call", "path"])
        // Two attempts at once cannot share what only one may change.
        || is(SETTING, &["hedge"])
            && (is(PLACE, &["&mut self", "mut self", "async_trait &mut self"]) || is(INPUT, &["exclusive"])))
}
