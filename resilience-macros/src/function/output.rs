//! What can be read off the written return type. Only where a wrong guess costs nothing: aliases are
//! never looked through, the trait `Outcome` decides what a `Result` is.

use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprLit, GenericArgument, GenericParam, Generics, Ident, Lit, PathArguments, Token, Type,
    TypeInfer, TypeParamBound, WherePredicate,
};

/// The type with `_` for each `impl Trait`, so that it can annotate a `let`.
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

/// Whether it names a type by a trait alone.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    without_impl_trait(ty) != *ty
}

/// The generic arguments of the type's last segment.
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

/// The error type, where it is a type parameter of the function without a bound on `Classify`.
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
    let told = parameter.bounds.iter().chain(in_where).any(|bound| {
        matches!(bound, TypeParamBound::Trait(bound)
            if bound.path.segments.iter().any(|segment| segment.ident == "Classify"))
    });
    (!told).then(|| name.clone())
}

/// Whether the `Ok` type is built from nothing but owned types of `std`, so that it is `'static`.
pub(crate) fn is_surely_owned(output: &Type) -> bool {
    match arguments(output).and_then(|arguments| arguments.first()) {
        Some(GenericArgument::Type(ok)) => is_owned(ok),
        _ => false,
    }
}

fn is_owned(ty: &Type) -> bool {
    const LEAVES: [&str; 17] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
        "i128", "isize", "f32", "f64", "String",
    ];
    const CONTAINERS: [&str; 7] = [
        "Vec", "Option", "Box", "Arc", "HashMap", "BTreeMap", "HashSet",
    ];
    match ty {
        Type::Group(group) => is_owned(&group.elem),
        Type::Paren(paren) => is_owned(&paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_owned),
        Type::Array(array) => {
            is_owned(&array.elem)
                && matches!(
                    &array.len,
                    Expr::Lit(ExprLit {
                        lit: Lit::Int(_),
                        ..
                    })
                )
        }
        Type::Reference(reference) => {
            reference.mutability.is_none()
                && reference
                    .lifetime
                    .as_ref()
                    .is_some_and(|lifetime| lifetime.ident == "static")
                && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("str"))
        }
        Type::Path(path) if path.qself.is_none() => {
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            match &last.arguments {
                PathArguments::None => {
                    LEAVES.iter().any(|leaf| last.ident == leaf)
                        && (path.path.segments.len() == 1 || last.ident == "String")
                }
                PathArguments::AngleBracketed(found) => {
                    CONTAINERS.iter().any(|container| last.ident == container)
                        && found.args.iter().all(|argument| {
                            matches!(argument, GenericArgument::Type(inner) if is_owned(inner))
                        })
                }
                PathArguments::Parenthesized(_) => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn owned_types_of_std_are_surely_owned() {
        for output in [
            parse_quote!(Result<String, E>),
            parse_quote!(io::Result<()>),
            parse_quote!(anyhow::Result<Vec<(u32, Option<Box<f64>>)>>),
            parse_quote!(Result<std::collections::HashMap<String, [u8; 4]>, E>),
            parse_quote!(Result<&'static str, E>),
        ] {
            assert!(is_surely_owned(&output), "{output:?}");
        }
        for output in [
            parse_quote!(Result<&str, E>),
            parse_quote!(Result<T, E>),
            parse_quote!(Result<Vec<Row>, E>),
            parse_quote!(Result<Cow<'a, str>, E>),
            parse_quote!(Result<Rc<u8>, E>),
            parse_quote!(Result<Box<dyn Tool>, E>),
            parse_quote!(Result<[u8; N], E>),
            parse_quote!(Answer),
            parse_quote!(Result<my::u32, E>),
        ] {
            assert!(!is_surely_owned(&output), "{output:?}");
        }
    }

    #[test]
    fn a_type_parameter_as_error_needs_a_telling_bound() {
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
