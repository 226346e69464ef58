//! Reads `#[classify(…)]` on a type, on a variant and on a field.

use darling::ast::NestedMeta;
use darling::error::Accumulator;
use darling::{Error, Result};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprPath, Fields, Ident, Lit, Member, Meta, Path};

use crate::args::arg_list::ArgList;
use crate::args::spanned::path_text;
use crate::args::{items, literal, names, strip_groups};
use crate::runtime::{Runtime, mixed_at};

/// The class of an error: one constructor of `Verdict` each.
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
    Unclassified,
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
        Self::Unclassified,
    ];

    /// Returns the word in the attribute, which is also the name of the constructor.
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
            Self::Unclassified => "unclassified",
        }
    }
}

/// `#[classify(throttled(retry_after = wait), counts_as_failure)]`
#[derive(Clone, Debug)]
pub(super) struct VariantAttrs {
    pub(super) class: Class,
    /// The field that holds the time to wait.
    retry_after: Option<Member>,
    /// How the circuit breaker counts the error, where that differs from the class.
    breaker: Option<&'static str>,
    /// Whether the connection has to be made anew.
    reconnect: bool,
    /// Whether the time to wait is about the key of the call alone.
    for_key: bool,
}

/// `#[classify(…)]` on the type itself.
#[derive(Debug, Default)]
pub(super) struct TypeAttrs {
    /// The default of all variants.
    pub(super) default: Option<VariantAttrs>,
    pub(super) runtime: Option<Path>,
}

/// Why a field decides: by `#[classify(…)]`, or as the error's source.
#[derive(Debug)]
pub(super) enum FieldAttr {
    /// `#[classify(delegate)]`
    Delegate(Span),
    /// `#[classify(with = path)]`
    With(ExprPath),
    /// It is the error's source.
    Source,
}

const ON_VARIANT: ArgList = ArgList {
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
        "unclassified",
        "ignored_by_breaker",
        "counts_as_failure",
        "needs_reconnect",
        "for_key",
    ],
};

const ON_TYPE: ArgList = ArgList {
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
        "unclassified",
        "ignored_by_breaker",
        "counts_as_failure",
        "needs_reconnect",
        "for_key",
        "crate",
    ],
};

const ON_FIELD: ArgList = ArgList {
    within: Some("classify"),
    names: &["delegate", "with"],
};

const IN_THROTTLED: ArgList = ArgList {
    within: Some("throttled"),
    names: &["retry_after"],
};

const BREAKER: [&str; 2] = ["ignored_by_breaker", "counts_as_failure"];

/// Collects the arguments of every `#[classify(…)]` in `attrs`.
fn classify_items(attrs: &[Attribute], place: ArgList, problems: &mut Accumulator) -> Vec<Meta> {
    let mut items = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("classify")) {
        match &attr.meta {
            Meta::List(list) => {
                let mut split = items::split(list.tokens.clone(), problems);
                if split.is_empty() && list.tokens.is_empty() {
                    problems.push(no_class(attr));
                }
                if place.names != ON_FIELD.names {
                    split.retain(|item| !is_explained(item, problems));
                }
                items.extend(items::known(split, place, problems));
            }
            _ => problems.push(no_class(attr)),
        }
    }
    items
}

/// Reports words that no list of names explains: `with` and `delegate` belong to a field, `unknown` was renamed, since two
/// classes would be "unknown", and some are other words for a class.
fn is_explained(item: &NestedMeta, problems: &mut Accumulator) -> bool {
    let path = match item {
        NestedMeta::Meta(meta) => meta.path(),
        NestedMeta::NameValueInvalidExpr(pair) => &pair.path,
        NestedMeta::Lit(_) => return false,
    };
    let word = path_text(path);
    let called = match word.as_str() {
        "with" | "delegate" => "",
        "unknown" => "unclassified",
        "retryable" | "retry" | "temporary" => "transient",
        "timeout" | "timed_out" => "outcome_unknown",
        "rate_limited" | "too_many_requests" => "throttled",
        "fatal" | "not_retryable" => "permanent",
        "unauthorized" | "forbidden" => "denied",
        _ => return false,
    };
    let message = match word.as_str() {
        "with" => "`with` belongs to a field: `Variant(#[classify(with = path)] Inner)`".to_owned(),
        "delegate" => {
            "`delegate` belongs to a field: `Variant(#[classify(delegate)] Inner)`".to_owned()
        }
        word => format!("unknown argument `{word}` in `classify(…)`; here it is called `{called}`"),
    };
    problems.push(Error::custom(message).with_span(path));
    true
}

fn no_class(attr: &Attribute) -> Error {
    Error::custom(format!(
        "`classify` needs the class of the error, such as `#[classify(permanent)]`; one of {}",
        names::list(&Class::ALL.map(Class::name))
    ))
    .with_span(attr.path())
}

impl TypeAttrs {
    /// Reads what can be read; the rest goes to `problems`, so that the path of the runtime is there for the
    /// implementation that a failed derive emits.
    pub(super) fn parse(attrs: &[Attribute], problems: &mut Accumulator) -> Self {
        let items = classify_items(attrs, ON_TYPE, problems);
        let (runtimes, rest): (Vec<Meta>, Vec<Meta>) = items
            .into_iter()
            .partition(|meta| meta.path().is_ident("crate"));
        let runtime = runtimes
            .first()
            .and_then(|meta| problems.handle(crate::args::runtime_path(meta)));
        let default = problems.handle(VariantAttrs::of_items(&rest)).flatten();
        Self { default, runtime }
    }
}

impl VariantAttrs {
    pub(super) fn parse(attrs: &[Attribute]) -> Result<Option<Self>> {
        let mut problems = Error::accumulator();
        let items = classify_items(attrs, ON_VARIANT, &mut problems);
        // Without the items that are wrong, the rest would look incomplete.
        problems.finish()?;
        Self::of_items(&items)
    }

    fn of_items(items: &[Meta]) -> Result<Option<Self>> {
        let mut problems = Error::accumulator();
        let mut words = Words::default();
        for meta in items {
            problems.handle(words.add(meta));
        }
        if let (None, Some(meta)) = (&words.class, items.first()) {
            problems.push(
                Error::custom("the class of the error is missing: add one, such as `permanent`")
                    .with_span(meta.path()),
            );
        }
        problems.finish_with(words.class.map(|(class, retry_after)| Self {
            class,
            retry_after,
            breaker: words.breaker,
            reconnect: words.reconnect,
            for_key: words.for_key,
        }))
    }

    /// Returns the field to bind and the verdict made from it.
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
                        "no such field; expected one of type `Duration` or `Option<Duration>`",
                    )
                    .with_span(member));
                }
                let wait = format_ident!("wait", span = mixed);
                // At the member's name: a field of another type is reported there.
                let span = mixed_at(member.span());
                let root = runtime.root(span);
                let verdict = quote_spanned! {span=>
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
        if self.for_key {
            verdict = quote_spanned!(mixed=> #verdict.for_key());
        }
        Ok((bound, verdict))
    }
}

/// The words that were read so far.
#[derive(Default)]
struct Words {
    class: Option<(Class, Option<Member>)>,
    breaker: Option<&'static str>,
    reconnect: bool,
    for_key: bool,
}

impl Words {
    /// Adds one of the words of a variant.
    fn add(&mut self, meta: &Meta) -> Result<()> {
        let name = path_text(meta.path());
        let wrong = |message: &str| Err(Error::custom(message).with_span(meta.path()));
        if let Some(class) = Class::ALL.into_iter().find(|class| class.name() == name) {
            let before = self.class.replace((class, None));
            if let Some((before, _)) = before {
                return wrong(&format!(
                    "an error has one class; it is already `{}`",
                    before.name()
                ));
            }
            self.class = Some((class, retry_after(class, meta)?));
        } else if !matches!(meta, Meta::Path(_)) {
            return wrong("expected the word without arguments");
        } else if let Some(breaker) = BREAKER.into_iter().find(|word| *word == name) {
            if self.breaker.replace(breaker).is_some() {
                return wrong(
                    "`ignored_by_breaker` and `counts_as_failure` exclude each other; keep one",
                );
            }
        } else {
            // The only other words.
            let given = match name.as_str() {
                "for_key" => &mut self.for_key,
                _ => &mut self.reconnect,
            };
            if std::mem::replace(given, true) {
                return wrong(&format!("`{name}` is given twice; keep one"));
            }
        }
        Ok(())
    }
}

/// `throttled(retry_after = field)`
fn retry_after(class: Class, meta: &Meta) -> Result<Option<Member>> {
    match meta {
        Meta::Path(_) => Ok(None),
        Meta::List(list) if class == Class::Throttled => {
            let mut problems = Error::accumulator();
            let items = items::split(list.tokens.clone(), &mut problems);
            let items = items::known(items, IN_THROTTLED, &mut problems);
            let member = items
                .iter()
                .find_map(|meta| problems.handle(field_name(meta)));
            problems.finish_with(member)
        }
        _ => Err(Error::custom(match class {
            Class::Throttled => "expected `throttled`, or `throttled(retry_after = field)`",
            _ => "expected the word without arguments",
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
            "expected the name or the index of the field that holds a `Duration` or an `Option<Duration>`",
        )
        .with_span(&pair.value)),
    }
}

impl FieldAttr {
    pub(super) fn parse(attrs: &[Attribute]) -> Result<Option<Self>> {
        let mut problems = Error::accumulator();
        let items = classify_items(attrs, ON_FIELD, &mut problems);
        problems.finish()?;
        let Some(meta) = items.first() else {
            return Ok(None);
        };
        if let Some(second) = items.get(1) {
            return Err(
                Error::custom("a field has one of `delegate` and `with = path`; keep one")
                    .with_span(second.path()),
            );
        }
        match meta {
            Meta::Path(path) if path.is_ident("delegate") => Ok(Some(Self::Delegate(path.span()))),
            Meta::NameValue(pair) if pair.path.is_ident("with") => match strip_groups(&pair.value) {
                Expr::Path(path) => Ok(Some(Self::With(path.clone()))),
                _ => Err(Error::custom(
                    "expected the path of a function from `&Field` to `Verdict`, without quotes",
                )
                .with_span(&pair.value)),
            },
            _ => Err(Error::custom("expected `delegate` or `with = path`").with_span(meta.path())),
        }
    }
}
