//! What `#[classify(…)]` says: on a type, on a variant, on a field.

use darling::{Error, Result};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprPath, Fields, Ident, Lit, Member, Meta, Path};

use crate::args::arg_list::ArgList;
use crate::args::spanned::path_text;
use crate::args::{items, literal, strip_groups};
use crate::runtime::{Runtime, at};

/// What an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Transient,
    OutcomeUnknown,
    Throttled,
    Permanent,
    NotFound,
    Denied,
    QuotaExhausted,
    ContextTooLarge,
    SessionLost,
    Unknown,
}

impl Class {
    const ALL: [Self; 10] = [
        Self::Transient,
        Self::OutcomeUnknown,
        Self::Throttled,
        Self::Permanent,
        Self::NotFound,
        Self::Denied,
        Self::QuotaExhausted,
        Self::ContextTooLarge,
        Self::SessionLost,
        Self::Unknown,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Throttled => "throttled",
            Self::Permanent => "permanent",
            Self::NotFound => "not_found",
            Self::Denied => "denied",
            Self::QuotaExhausted => "quota_exhausted",
            Self::ContextTooLarge => "context_too_large",
            Self::SessionLost => "session_lost",
            Self::Unknown => "unknown",
        }
    }
}

/// `#[classify(throttled(retry_after = wait), counts_as_failure)]`
#[derive(Clone, Debug)]
pub(super) struct Meaning {
    pub(super) class: Class,
    /// The field with the time to wait.
    retry_after: Option<Member>,
    /// What the breaker makes of it, where that differs from the class.
    breaker: Option<&'static str>,
    /// Whether the connection that it happened on is of no more use.
    reconnect: bool,
}

/// `#[classify(…)]` on the type itself.
#[derive(Debug, Default)]
pub(super) struct Container {
    pub(super) meaning: Option<Meaning>,
    pub(super) runtime: Option<Path>,
}

/// `#[classify(…)]` on a field, or the field's part as the error's source.
#[derive(Debug)]
pub(super) enum OfField {
    /// `#[classify(delegate)]`
    Named(Span),
    /// `#[classify(with = path)]`
    With(ExprPath),
    /// It is the source.
    Source,
}

const OF_VARIANT: ArgList = ArgList {
    within: Some("classify"),
    names: &[
        "transient",
        "outcome_unknown",
        "throttled",
        "permanent",
        "not_found",
        "denied",
        "quota_exhausted",
        "context_too_large",
        "session_lost",
        "unknown",
        "ignored_by_breaker",
        "counts_as_failure",
        "needs_reconnect",
    ],
};

const OF_TYPE: ArgList = ArgList {
    within: Some("classify"),
    names: &[
        "transient",
        "outcome_unknown",
        "throttled",
        "permanent",
        "not_found",
        "denied",
        "quota_exhausted",
        "context_too_large",
        "session_lost",
        "unknown",
        "ignored_by_breaker",
        "counts_as_failure",
        "needs_reconnect",
        "crate",
    ],
};

const OF_FIELD: ArgList = ArgList {
    within: Some("classify"),
    names: &["delegate", "with"],
};

const OF_THROTTLED: ArgList = ArgList {
    within: Some("throttled"),
    names: &["retry_after"],
};

const BREAKER: [&str; 2] = ["ignored_by_breaker", "counts_as_failure"];

/// The arguments of every `#[classify(…)]` there.
fn items_of(attrs: &[Attribute], place: ArgList) -> Result<Vec<Meta>> {
    let mut problems = Error::accumulator();
    let mut items = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("classify")) {
        match &attr.meta {
            Meta::List(list) => {
                let split = items::split(list.tokens.clone(), &mut problems);
                if split.is_empty() && list.tokens.is_empty() {
                    problems.push(nothing_said(attr));
                }
                items.extend(items::known(split, place, &mut problems));
            }
            _ => problems.push(nothing_said(attr)),
        }
    }
    problems.finish_with(items)
}

fn nothing_said(attr: &Attribute) -> Error {
    Error::custom("say what the error means, such as `#[classify(permanent)]`")
        .with_span(attr.path())
}

impl Container {
    pub(super) fn read(attrs: &[Attribute]) -> Result<Self> {
        let items = items_of(attrs, OF_TYPE)?;
        let mut problems = Error::accumulator();
        let (runtimes, rest): (Vec<Meta>, Vec<Meta>) = items
            .into_iter()
            .partition(|meta| meta.path().is_ident("crate"));
        let runtime = runtimes
            .first()
            .and_then(|meta| problems.handle(crate::args::runtime_path(meta)));
        let meaning = problems.handle(Meaning::of_items(&rest)).flatten();
        problems.finish_with(Self { meaning, runtime })
    }
}

impl Meaning {
    pub(super) fn read(attrs: &[Attribute]) -> Result<Option<Self>> {
        Self::of_items(&items_of(attrs, OF_VARIANT)?)
    }

    fn of_items(items: &[Meta]) -> Result<Option<Self>> {
        let mut problems = Error::accumulator();
        let mut found: Option<(Class, Option<Member>)> = None;
        let mut breaker: Option<&'static str> = None;
        let mut reconnect = false;
        for meta in items {
            let name = path_text(meta.path());
            let class = Class::ALL.into_iter().find(|class| class.name() == name);
            let signal = BREAKER.into_iter().find(|signal| *signal == name);
            match (class, signal) {
                (Some(class), _) => {
                    if let Some((before, _)) = found {
                        problems.push(
                            Error::custom(format!(
                                "an error means one thing: it is `{}` already",
                                before.name()
                            ))
                            .with_span(meta.path()),
                        );
                    }
                    let retry_after = problems.handle(retry_after(class, meta)).flatten();
                    found = Some((class, retry_after));
                }
                (None, Some(signal)) => {
                    let alone = matches!(meta, Meta::Path(_));
                    if !alone || breaker.is_some() {
                        problems.push(
                            Error::custom(if alone {
                                "`ignored_by_breaker` or `counts_as_failure`, once"
                            } else {
                                "expected the word alone"
                            })
                            .with_span(meta.path()),
                        );
                    }
                    breaker = Some(signal);
                }
                // The only other word.
                (None, None) => {
                    if reconnect || !matches!(meta, Meta::Path(_)) {
                        problems.push(
                            Error::custom("`needs_reconnect` stands alone, once")
                                .with_span(meta.path()),
                        );
                    }
                    reconnect = true;
                }
            }
        }
        if let (None, Some(meta)) = (&found, items.first()) {
            problems.push(
                Error::custom("say what the error means as well, such as `permanent`")
                    .with_span(meta.path()),
            );
        }
        problems.finish_with(found.map(|(class, retry_after)| Self {
            class,
            retry_after,
            breaker,
            reconnect,
        }))
    }

    /// The field to bind and the verdict made from it.
    #[allow(clippy::type_complexity, reason = "two parts of one match arm")]
    pub(super) fn verdict(
        &self,
        runtime: &Runtime,
        fields: &Fields,
    ) -> Result<(Option<(Member, Ident)>, TokenStream)> {
        let mixed = Span::mixed_site();
        let root = runtime.root(mixed);
        let constructor = Ident::new(self.class.name(), mixed);
        let (bound, mut verdict) = match (&self.retry_after, self.class) {
            (Some(member), _) => {
                if !fields.members().any(|own| own == *member) {
                    return Err(Error::custom(
                        "there is no such field; expected one of type `Duration` or `Option<Duration>`",
                    )
                    .with_span(member));
                }
                let there = at(member.span());
                let wait = format_ident!("wait", span = mixed);
                let root = runtime.root(there);
                let verdict = quote_spanned! {there=>
                    #root::Verdict::#constructor(::core::convert::Into::into(*#wait))
                };
                (Some((member.clone(), wait)), verdict)
            }
            (None, Class::Throttled) => (
                None,
                quote_spanned!(mixed=> #root::Verdict::throttled(::core::option::Option::None)),
            ),
            (None, _) => (None, quote_spanned!(mixed=> #root::Verdict::#constructor())),
        };
        if let Some(breaker) = self.breaker {
            let breaker = Ident::new(breaker, mixed);
            verdict = quote_spanned!(mixed=> #verdict.#breaker());
        }
        if self.reconnect {
            verdict = quote_spanned!(mixed=> #verdict.needs_reconnect());
        }
        Ok((bound, verdict))
    }
}

/// `throttled(retry_after = field)`
fn retry_after(class: Class, meta: &Meta) -> Result<Option<Member>> {
    match meta {
        Meta::Path(_) => Ok(None),
        Meta::List(list) if class == Class::Throttled => {
            let mut problems = Error::accumulator();
            let items = items::split(list.tokens.clone(), &mut problems);
            let items = items::known(items, OF_THROTTLED, &mut problems);
            let member = items
                .iter()
                .find_map(|meta| problems.handle(field_name(meta)));
            problems.finish_with(member)
        }
        _ => Err(Error::custom(match class {
            Class::Throttled => "expected `throttled`, or `throttled(retry_after = field)`",
            _ => "expected the word alone",
        })
        .with_span(meta.path())),
    }
}

fn field_name(meta: &Meta) -> Result<Member> {
    let Meta::NameValue(pair) = meta else {
        return Err(Error::custom("expected `retry_after = field`").with_span(meta.path()));
    };
    match (strip_groups(&pair.value), literal(&pair.value)) {
        (Expr::Path(path), _) if path.path.get_ident().is_some() => path
            .path
            .get_ident()
            .cloned()
            .map(Member::Named)
            .ok_or_else(|| Error::custom("expected a field").with_span(path)),
        (_, Some(Lit::Int(index))) if index.suffix().is_empty() => Ok(Member::Unnamed(syn::Index {
            index: index.base10_parse()?,
            span: index.span(),
        })),
        _ => Err(Error::custom(
            "expected the field that holds a `Duration` or an `Option<Duration>`: its name or its number",
        )
        .with_span(&pair.value)),
    }
}

impl OfField {
    pub(super) fn read(attrs: &[Attribute]) -> Result<Option<Self>> {
        let items = items_of(attrs, OF_FIELD)?;
        let Some(meta) = items.first() else {
            return Ok(None);
        };
        if let Some(second) = items.get(1) {
            return Err(Error::custom("`delegate` or `with = path`, once").with_span(second.path()));
        }
        match meta {
            Meta::Path(path) if path.is_ident("delegate") => Ok(Some(Self::Named(path.span()))),
            Meta::NameValue(pair) if pair.path.is_ident("with") => {
                match strip_groups(&pair.value) {
                    Expr::Path(path) => Ok(Some(Self::With(path.clone()))),
                    _ => Err(Error::custom(
                        "expected the path of a function from the field's reference to a `Verdict`",
                    )
                    .with_span(&pair.value)),
                }
            }
            _ => Err(Error::custom("expected `delegate` or `with = path`").with_span(meta.path())),
        }
    }
}
