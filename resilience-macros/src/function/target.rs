//! The parameter marked `#[target]`: callers do not pass it, each attempt gets one.

use darling::Error;
use darling::error::Accumulator;
use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, FnArg, GenericParam, Ident, Lifetime, Meta, Pat, PatType, ReturnType, Signature,
    Type, TypeReference, WherePredicate,
};

use super::lifetimes::is_made_by_async_trait;
use super::output::has_impl_trait;
use crate::args::{names, path_text};

/// The parameter that each attempt gets a target in.
pub(crate) struct Target {
    pub(crate) ident: Ident,
    pub(crate) mutability: Option<syn::Token![mut]>,
    /// Without the lifetime that `#[async_trait]` gave it.
    pub(crate) ty: Type,
    pub(crate) is_shared: bool,
    /// How many arguments stand before it, the receiver apart.
    pub(crate) position: usize,
    pub(crate) place: Span,
}

/// Whether a parameter is marked.
pub(super) fn is_marked(input: &FnArg) -> bool {
    matches!(input, FnArg::Typed(typed) if typed.attrs.iter().any(is_mark))
}

/// `#[target]`, also where it is misspelt.
fn is_mark(attr: &Attribute) -> bool {
    attr.path().get_ident().is_some_and(|name| {
        let name = name.to_string().to_lowercase();
        name.starts_with('t') && names::nearest(&name, &["target"]).is_some()
    })
}

/// Removes the mark of `self`, which cannot have one.
pub(super) fn unmark_receiver(sig: &mut Signature) -> Option<Attribute> {
    let FnArg::Receiver(receiver) = sig.inputs.first_mut()? else {
        return None;
    };
    let position = receiver.attrs.iter().position(is_mark)?;
    Some(receiver.attrs.remove(position))
}

/// Takes the marked parameter out of the signature, with the lifetime that was made for it.
pub(crate) fn take(sig: &mut Signature, problems: &mut Accumulator) -> Option<Target> {
    if let Some(mark) = unmark_receiver(sig) {
        let receiver = "`self` is what the caller calls; mark a parameter that is a reference: `#[target] to: &Deployment`";
        problems.push(Error::custom(receiver).with_span(&mark));
    }
    let marked: Vec<usize> = (0..sig.inputs.len())
        .filter(|index| is_marked(&sig.inputs[*index]))
        .collect();
    let mut found = None;
    for (count, index) in marked.into_iter().enumerate().rev() {
        let has_receiver = usize::from(sig.receiver().is_some());
        let typed = remove(sig, index)?;
        if count > 0 {
            let twice = "one parameter is the target; remove this `#[target]`";
            problems.push(Error::custom(twice).with_span(&typed.pat.span()));
            continue;
        }
        problems.handle(mark_alone(&typed));
        found = problems.handle(read(sig, typed, index - has_receiver));
    }
    found
}

pub(super) fn remove(sig: &mut Signature, index: usize) -> Option<PatType> {
    let mut inputs: Vec<FnArg> = std::mem::take(&mut sig.inputs).into_iter().collect();
    let removed = inputs.remove(index);
    sig.inputs = inputs.into_iter().collect();
    match removed {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    }
}

/// Requires one mark, spelt as it is and without values.
fn mark_alone(typed: &PatType) -> darling::Result<()> {
    let mut problems = Error::accumulator();
    let marks = typed.attrs.iter().filter(|attr| is_mark(attr));
    for (count, mark) in marks.enumerate() {
        let message = match &mark.meta {
            _ if !mark.path().is_ident("target") => {
                let name = path_text(mark.path());
                format!("unknown attribute `{name}`; did you mean `#[target]`?")
            }
            _ if count > 0 => {
                "the parameter is the target already; remove this `#[target]`".to_owned()
            }
            Meta::Path(_) => continue,
            _ => {
                "`#[target]` takes no values: weight and group stand in the pool, `Target::new(…).weight(2.0).group(\"…\")`; \
                 `pick` and `affinity` stand in the function's attribute"
                    .to_owned()
            }
        };
        problems.push(Error::custom(message).with_span(&mark.meta));
    }
    problems.finish()
}

fn read(sig: &mut Signature, typed: PatType, position: usize) -> darling::Result<Target> {
    let wrong = |message: &str, place: &dyn quote::ToTokens| {
        Err(Error::custom(message).with_span(&place.to_token_stream().span()))
    };
    let Pat::Ident(name) = &*typed.pat else {
        return wrong(
            "the target needs a name: `#[target] to: &Deployment`",
            &typed.pat,
        );
    };
    if let Some(by_ref) = &name.by_ref {
        return wrong(
            "the target is a reference already; remove this `ref`",
            by_ref,
        );
    }
    if let Some((at, _)) = &name.subpat {
        return wrong(
            "the target needs a name alone: `#[target] to: &Deployment`; take it apart in the body",
            at,
        );
    }
    if has_impl_trait(&typed.ty) {
        return wrong(
            "a pool holds targets of one type, which the caller does not choose: write that type, or a type parameter `T` for a pool \
             that is a `TargetPool<T>`",
            &typed.ty,
        );
    }
    let mut ty = strip(&typed.ty).clone();
    let is_shared = match &mut ty {
        Type::Reference(TypeReference {
            mutability: Some(_),
            ..
        }) => {
            return wrong(
                "a target is shared by all calls: take it as `&T`, or as `Arc<T>` where the result keeps it",
                &typed.ty,
            );
        }
        Type::Reference(reference) => {
            if let Some(lifetime) = reference.lifetime.take() {
                let is_elided = lifetime.ident == "_";
                if !is_elided && !is_made_by_async_trait(&lifetime, sig) {
                    return wrong(
                        "the caller does not pass the target, so it has no lifetime of the caller's: write `&T`, or `Arc<T>` where the \
                         result keeps it",
                        &lifetime,
                    );
                }
                forget_lifetime(sig, &lifetime);
            }
            false
        }
        Type::Path(path) if (path.path.segments.last()).is_some_and(|last| last.ident == "Arc") => {
            true
        }
        _ => {
            return wrong(
                "a target is `&T`, or `Arc<T>` where the result keeps it, for a pool that is a `TargetPool<T>`",
                &typed.ty,
            );
        }
    };
    if !is_shared && borrows_what_is_gone(sig) {
        return wrong(
            "the result borrows the target, which the caller does not have; take the target as `Arc<T>` and return what is owned",
            &typed.ty,
        );
    }
    Ok(Target {
        ident: name.ident.clone(),
        mutability: name.mutability,
        place: typed.pat.span(),
        ty,
        is_shared,
        position,
    })
}

fn strip(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => strip(&group.elem),
        Type::Paren(paren) => strip(&paren.elem),
        ty => ty,
    }
}

/// Gives a result that has nothing to borrow from a lifetime: the error beside it says that already.
pub(super) fn live_forever(output: &mut ReturnType) {
    struct Forever;
    impl VisitMut for Forever {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            let and = reference.and_token.span;
            reference
                .lifetime
                .get_or_insert_with(|| Lifetime::new("'static", and));
            visit_mut::visit_type_reference_mut(self, reference);
        }
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident == "_" {
                *lifetime = Lifetime::new("'static", lifetime.span());
            }
        }
    }
    Forever.visit_return_type_mut(output);
}

/// Removes a lifetime that `#[async_trait]` made.
pub(super) fn forget_lifetime(sig: &mut Signature, gone: &Lifetime) {
    let params = std::mem::take(&mut sig.generics.params);
    let stays = |param: &GenericParam| !matches!(param, GenericParam::Lifetime(param) if param.lifetime.ident == gone.ident);
    sig.generics.params = params.into_iter().filter(stays).collect();
    if let Some(clause) = &mut sig.generics.where_clause {
        let predicates = std::mem::take(&mut clause.predicates);
        let stays = |predicate: &WherePredicate| !matches!(predicate, WherePredicate::Lifetime(it) if it.lifetime.ident == gone.ident);
        clause.predicates = predicates.into_iter().filter(stays).collect();
    }
}

/// Whether the result has an elided lifetime, and no argument is left that it could be of.
pub(super) fn borrows_what_is_gone(sig: &Signature) -> bool {
    struct Elided(bool);
    impl VisitMut for Elided {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            self.0 |= reference.lifetime.is_none();
            visit_mut::visit_type_reference_mut(self, reference);
        }
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            self.0 |= lifetime.ident == "_";
        }
    }
    let elided_in = |ty: &Type| {
        let mut elided = Elided(false);
        elided.visit_type_mut(&mut ty.clone());
        elided.0
    };
    let ReturnType::Type(_, output) = &sig.output else {
        return false;
    };
    let lends = |input: &FnArg| match input {
        FnArg::Receiver(_) => true,
        FnArg::Typed(typed) => elided_in(&typed.ty),
    };
    sig.asyncness.is_some() && elided_in(output) && !sig.inputs.iter().any(lends)
}
