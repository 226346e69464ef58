//! The arguments of the function, and how each can be passed to another attempt.

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Expr, FnArg, Ident, Pat, PatIdent, ReceiverKind, Signature, Token, Type};

/// One argument that is not the receiver.
pub(crate) struct Argument {
    pub(crate) pattern: Pat,
    pub(crate) ty: Type,
    /// The names that the pattern binds, in its order.
    pub(crate) bindings: Vec<Binding>,
}

/// A name that the body can use.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) passing: Passing,
}

/// How an attempt uses a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    /// By copy: a shared reference, a number, `bool` or `char`.
    Copied,
    /// By reborrowing: an exclusive reference.
    Lent,
    /// By move: an owned value.
    Owned,
}

/// `self`
#[derive(Clone)]
pub(crate) struct Receiver {
    /// `self`, or the `__self` that `#[async_trait]` puts in its place.
    pub(crate) ident: Ident,
    pub(crate) passing: Passing,
    /// Whether a `let` can shadow it: `__self` yes, `self` no.
    pub(crate) can_be_shadowed: bool,
}

impl Argument {
    pub(crate) fn new(pattern: Pat, ty: Type) -> Self {
        let mut bindings = Vec::new();
        let passing = passing(&ty);
        collect(&pattern, passing, &mut bindings);
        Self {
            pattern,
            ty,
            bindings,
        }
    }

    /// Rebuilds the value that the pattern destructured from its bindings; `None` where the pattern does not bind all
    /// of it.
    pub(crate) fn rebuilt(&self, each: &mut dyn FnMut(&Binding) -> Expr) -> Option<Expr> {
        rebuilt(&self.pattern, &mut self.bindings.iter(), each)
    }
}

/// Returns the arguments and the receiver of a signature.
pub(crate) fn of(sig: &Signature) -> (Vec<Argument>, Option<Receiver>) {
    let mut arguments = Vec::new();
    let mut receiver = None;
    for input in &sig.inputs {
        match input {
            FnArg::Typed(typed) => {
                arguments.push(Argument::new((*typed.pat).clone(), (*typed.ty).clone()));
            }
            FnArg::Receiver(found) => {
                receiver = Some(Receiver {
                    ident: Ident::new("self", found.self_token.span()),
                    passing: match &found.kind {
                        ReceiverKind::Reference(_, _, None) => Passing::Copied,
                        ReceiverKind::Reference(_, _, Some(_)) => Passing::Lent,
                        ReceiverKind::Typed(_, ty) => passing(ty),
                        _ => Passing::Owned,
                    },
                    can_be_shadowed: false,
                });
            }
        }
    }
    (arguments, receiver)
}

/// Returns how a value of this written type can be passed to another attempt.
pub(crate) fn passing(ty: &Type) -> Passing {
    match ty {
        Type::Group(group) => passing(&group.elem),
        Type::Paren(paren) => passing(&paren.elem),
        Type::Reference(reference) if reference.mutability.is_some() => Passing::Lent,
        Type::Reference(_) => Passing::Copied,
        Type::Path(path) if path.qself.is_none() => {
            const PLAIN: [&str; 16] = [
                "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
                "i64", "i128", "isize", "f32", "f64",
            ];
            if PLAIN.iter().any(|plain| path.path.is_ident(plain)) {
                Passing::Copied
            } else {
                Passing::Owned
            }
        }
        _ => Passing::Owned,
    }
}

fn collect(pattern: &Pat, passing: Passing, bindings: &mut Vec<Binding>) {
    match pattern {
        Pat::Ident(PatIdent {
            by_ref,
            mutability,
            ident,
            subpat,
            ..
        }) => {
            bindings.push(Binding {
                ident: ident.clone(),
                mutability: if by_ref.is_some() { None } else { *mutability },
                passing: match (by_ref, mutability) {
                    (Some(_), Some(_)) => Passing::Lent,
                    (Some(_), None) => Passing::Copied,
                    (None, _) => passing,
                },
            });
            if let Some((_, inner)) = subpat {
                collect(inner, passing, bindings);
            }
        }
        Pat::Reference(reference) => {
            // `&(a, b)` copies out of a shared reference, which can be repeated.
            let inner = match passing {
                Passing::Lent => Passing::Owned,
                other => other,
            };
            collect(&reference.pat, inner, bindings);
        }
        Pat::Paren(paren) => collect(&paren.pat, passing, bindings),
        Pat::Tuple(tuple) => tuple
            .elems
            .iter()
            .for_each(|element| collect(element, passing, bindings)),
        Pat::TupleStruct(tuple) => tuple
            .elems
            .iter()
            .for_each(|element| collect(element, passing, bindings)),
        Pat::Slice(slice) => slice
            .elems
            .iter()
            .for_each(|element| collect(element, passing, bindings)),
        Pat::Struct(structure) => structure
            .fields
            .iter()
            .for_each(|field| collect(&field.pat, passing, bindings)),
        Pat::Type(typed) => collect(&typed.pat, passing, bindings),
        _ => {}
    }
}

fn rebuilt<'a>(
    pattern: &Pat,
    bindings: &mut impl Iterator<Item = &'a Binding>,
    each: &mut dyn FnMut(&Binding) -> Expr,
) -> Option<Expr> {
    match pattern {
        // `ref x` and `x @ (a, b)` bind less, or more, than the value.
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => {
            bindings.next().map(each)
        }
        Pat::Paren(paren) => rebuilt(&paren.pat, bindings, each),
        Pat::Reference(reference) if reference.mutability.is_none() => {
            let inner = rebuilt(&reference.pat, bindings, each)?;
            Some(syn::parse_quote!(&#inner))
        }
        Pat::Tuple(tuple) => {
            let elements = tuple
                .elems
                .iter()
                .map(|element| rebuilt(element, bindings, each))
                .collect::<Option<Vec<_>>>()?;
            // The comma after each element keeps `(a,)` a tuple.
            let elements = quote!(#(#elements,)*);
            Some(syn::parse_quote!((#elements)))
        }
        _ => None,
    }
}

impl Argument {
    /// Returns the span of its pattern.
    pub(crate) fn place(&self) -> Span {
        self.pattern.span()
    }
}
