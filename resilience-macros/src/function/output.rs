//! What the written return type shows. Used only where a wrong guess is harmless: a macro cannot resolve aliases, and
//! the trait `Outcome` decides what a `Result` is.

use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, GenericParam, Generics, Ident, PathArguments, Token, Type, TypeInfer,
    TypeParamBound, WherePredicate,
};

/// Replaces each `impl Trait` with `_`, so that the type can annotate a `let`.
pub(crate) fn without_impl_trait(ty: &Type) -> Type {
    struct Erase;
    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(found) = ty {
                *ty = Type::Infer(TypeInfer {
                    attrs: Vec::new(),
                    underscore_token: Token![_](found.impl_token.span),
                });
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut ty = ty.clone();
    Erase.visit_type_mut(&mut ty);
    ty
}

/// Whether it contains `impl Trait`.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    without_impl_trait(ty) != *ty
}

/// Whether the written type is a future: `impl Future`, a boxed one, or an alias named like one.
pub(super) fn is_future(ty: &Type) -> bool {
    let is_future_trait = |bound: &TypeParamBound| {
        matches!(bound, TypeParamBound::Trait(bound)
            if bound.path.segments.last().is_some_and(|last| last.ident == "Future"))
    };
    match ty {
        Type::Group(group) => is_future(&group.elem),
        Type::Paren(paren) => is_future(&paren.elem),
        Type::ImplTrait(found) => found.bounds.iter().any(is_future_trait),
        Type::TraitObject(found) => found.bounds.iter().any(is_future_trait),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let holds_one = |argument: &GenericArgument| {
                matches!(argument, GenericArgument::Type(inner) if is_future(inner))
            };
            last.ident.to_string().ends_with("Future")
                || ((last.ident == "Pin" || last.ident == "Box")
                    && arguments(ty).into_iter().flatten().any(holds_one))
        }),
        _ => false,
    }
}

/// Returns the generic arguments of the last segment of the type.
fn arguments(ty: &Type) -> Option<&Punctuated<GenericArgument, Token![,]>> {
    match ty {
        Type::Group(group) => arguments(&group.elem),
        Type::Paren(paren) => arguments(&paren.elem),
        Type::Path(path) => match &path.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(found) => Some(&found.args),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the error type if it is a type parameter of the function without the bound `Classify`.
pub(crate) fn bare_error_parameter(ty: &Type, generics: &Generics) -> Option<Ident> {
    let Some(GenericArgument::Type(Type::Path(error))) = arguments(ty)?.iter().nth(1) else {
        return None;
    };
    let name = error.path.get_ident()?;
    let parameter = generics
        .params
        .iter()
        .find_map(|parameter| match parameter {
            GenericParam::Type(parameter) if parameter.ident == *name => Some(parameter),
            _ => None,
        })?;
    let in_where = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates)
        .filter_map(|predicate| match predicate {
            WherePredicate::Type(predicate) => match &predicate.bounded_ty {
                Type::Path(bounded) if bounded.path.is_ident(name) => Some(&predicate.bounds),
                _ => None,
            },
            _ => None,
        })
        .flatten();
    let is_classified = parameter.bounds.iter().chain(in_where).any(|bound| {
        matches!(bound, TypeParamBound::Trait(bound)
            if bound.path.segments.iter().any(|segment| segment.ident == "Classify"))
    });
    (!is_classified).then(|| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn future_types_are_recognised_as_written() {
        for output in [
            parse_quote!(impl Future<Output = io::Result<u8>>),
            parse_quote!(impl Send + core::future::Future<Output = io::Result<u8>>),
            parse_quote!(Pin<Box<dyn Future<Output = io::Result<u8>> + Send>>),
            parse_quote!(BoxFuture<'a, io::Result<u8>>),
        ] {
            assert!(is_future(&output), "{output:?}");
        }
        for output in [
            parse_quote!(io::Result<u8>),
            parse_quote!(Box<u8>),
            parse_quote!(impl Iterator<Item = u8>),
        ] {
            assert!(!is_future(&output), "{output:?}");
        }
    }

    #[test]
    fn bare_error_parameter_is_found_unless_bound_by_classify() {
        let found = |function: syn::Signature| match &function.output {
            syn::ReturnType::Type(_, ty) => bare_error_parameter(ty, &function.generics).is_some(),
            syn::ReturnType::Default => false,
        };
        assert!(found(parse_quote!(async fn f<E>() -> Result<u8, E>)));
        assert!(found(
            parse_quote!(async fn f<E: Error>() -> Result<u8, E> where E: Send)
        ));
        assert!(!found(
            parse_quote!(async fn f<E: Classify>() -> Result<u8, E>)
        ));
        assert!(!found(
            parse_quote!(async fn f<E>() -> Result<u8, E> where E: rt::Classify + Send)
        ));
        assert!(!found(parse_quote!(async fn f<T>() -> Result<T, E>)));
        assert!(!found(parse_quote!(async fn f<E>() -> Result<u8, Api<E>>)));
        assert!(!found(parse_quote!(async fn f<E>() -> Answer<E>)));
    }
}
