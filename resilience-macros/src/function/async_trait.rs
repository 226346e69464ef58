//! Functions under `#[async_trait]`. It is written on the whole trait or `impl`, so it expands first and leaves
//!
//! ```text
//! fn f<…>(&'life0 self, x: X, __arg1: (A, B)) -> Pin<Box<dyn Future<Output = R> + Send + 'async_trait>> {
//!     Box::pin(async move {
//!         if let Some(__ret) = None::<R> { return __ret; }
//!         let __self = self;
//!         let mut x = x;
//!         let (a, b) = { let __arg1 = __arg1; __arg1 };
//!         let __ret: R = { body };
//!         __ret
//!     })
//! }
//! ```
//!
//! of which only the block of `__ret` is repeated.

use proc_macro2::{Group, TokenStream};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Block, Expr, Ident, Local, Pat, Signature, Stmt, Type};

use super::bindings::{Argument, Receiver};
use super::braces::braces;
use super::lifetimes::is_of_async_trait;
use super::target::Target;

/// Everything around the block that is repeated.
pub(crate) struct Boxed {
    /// `Box::pin`
    function: Expr,
    /// `async move`
    inner: syn::ExprAsync,
    before: Vec<Stmt>,
    ret: Local,
    after: Vec<Stmt>,
}

pub(crate) struct Found {
    pub(crate) boxed: Boxed,
    pub(crate) output: Type,
    pub(crate) body: Group,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) arguments: Vec<Argument>,
}

pub(crate) enum Recognized {
    Yes(Box<Found>),
    No,
    /// It is one, but returns nothing.
    ReturnsNothing,
    /// It may be one, but its body cannot be parsed.
    Unfinished,
}

/// Matches the shape above.
pub(crate) fn recognize(
    sig: &Signature,
    body: &Group,
    arguments: (&[Argument], Option<&Target>),
    receiver: Option<&Receiver>,
) -> Recognized {
    if !is_of_async_trait(sig) {
        return Recognized::No;
    }
    let Ok(block) = syn::parse2::<Block>(body.to_token_stream()) else {
        return Recognized::Unfinished;
    };
    if returns_nothing(&block) {
        return Recognized::ReturnsNothing;
    }
    match found(block, arguments, receiver) {
        Some(found) => Recognized::Yes(Box::new(found)),
        None => Recognized::No,
    }
}

fn found(
    block: Block,
    (arguments, target): (&[Argument], Option<&Target>),
    receiver: Option<&Receiver>,
) -> Option<Found> {
    let [Stmt::Expr(Expr::Call(call), None)] = <[Stmt; 1]>::try_from(block.stmts).ok()? else {
        return None;
    };
    let [Expr::Async(mut inner)] =
        <[Expr; 1]>::try_from(call.args.into_iter().collect::<Vec<_>>()).ok()?
    else {
        return None;
    };
    let mut before = std::mem::take(&mut inner.block.stmts);
    let position = before
        .iter()
        .position(|stmt| matches!(stmt, Stmt::Local(local) if ret_type(local).is_some()))?;
    let after = before.split_off(position + 1);
    let Some(Stmt::Local(mut ret)) = before.pop() else {
        return None;
    };
    if let Some(target) = target {
        before.retain(|stmt| !declares(stmt, target));
    }
    let output = ret_type(&ret)?.clone();
    let Expr::Block(body) = &*ret.init.take()?.expr else {
        return None;
    };
    let body_block = &body.block;
    let statements: TokenStream = body_block
        .stmts
        .iter()
        .map(quote::ToTokens::to_token_stream)
        .collect();
    let body = braces(statements, body_block.brace_token.span.join());

    let mut declared = before.iter_mut().filter_map(|stmt| match stmt {
        Stmt::Local(local) => Some(local),
        _ => None,
    });
    let receiver = match receiver {
        None => None,
        Some(receiver) => {
            let Pat::Ident(own) = &declared.next()?.pat else {
                return None;
            };
            Some(Receiver {
                ident: Ident::new(&own.ident.to_string(), own.ident.span()),
                passing: receiver.passing,
                can_be_shadowed: true,
            })
        }
    };
    let mut own = Vec::new();
    for argument in arguments {
        let pattern = match &argument.ty {
            Type::Reference(_) => argument.pattern.clone(),
            _ => declared.next()?.pat.clone(),
        };
        own.push(Argument::new(pattern, argument.ty.clone()));
    }
    Some(Found {
        boxed: Boxed {
            function: *call.func,
            inner,
            before,
            ret,
            after,
        },
        output,
        body,
        receiver,
        arguments: own,
    })
}

/// `let to = to;`
fn declares(stmt: &Stmt, target: &Target) -> bool {
    matches!(stmt, Stmt::Local(local)
        if matches!(&local.pat, Pat::Ident(own) if own.ident == target.ident))
}

/// `Box::pin(async move { …; let _: () = { body }; })`
fn returns_nothing(block: &Block) -> bool {
    let [Stmt::Expr(Expr::Call(call), None)] = &*block.stmts else {
        return false;
    };
    let Some(Expr::Async(inner)) = call.args.first() else {
        return false;
    };
    matches!(inner.block.stmts.last(), Some(Stmt::Local(local))
        if matches!(&local.pat, Pat::Type(typed) if matches!(&*typed.pat, Pat::Wild(_))))
}

/// Returns the type in `let __ret: R = …`.
fn ret_type(local: &Local) -> Option<&Type> {
    match &local.pat {
        Pat::Type(typed) => match &*typed.pat {
            Pat::Ident(ident) if ident.ident == "__ret" => Some(&typed.ty),
            _ => None,
        },
        _ => None,
    }
}

impl Boxed {
    /// Returns the same with another block for `__ret`. `rebound` are the names that each attempt binds again.
    pub(crate) fn with_block(&self, block: Group, rebound: &dyn Fn(&Ident) -> bool) -> TokenStream {
        let mut before = self.before.clone();
        for stmt in &mut before {
            if let Stmt::Local(local) = stmt {
                without_mut(&mut local.pat, rebound);
            }
        }
        let mut ret = self.ret.clone();
        ret.init = Some(syn::LocalInit {
            eq_token: syn::Token![=](ret.semi_token.span()),
            expr: Box::new(Expr::Verbatim(block.to_token_stream())),
            diverge: None,
        });
        let mut inner = self.inner.clone();
        inner.block.stmts = before;
        inner.block.stmts.push(Stmt::Local(ret));
        inner.block.stmts.extend(self.after.clone());
        // The author's own tokens around new ones: no span is changed, so errors stay where they were.
        let function = &self.function;
        quote::quote!(#function(#inner))
    }
}

/// Removes `mut` from the bindings that each attempt binds again: there it would be unused, and warned about.
pub(crate) fn without_mut(pattern: &mut Pat, rebound: &dyn Fn(&Ident) -> bool) {
    struct Strip<'a>(&'a dyn Fn(&Ident) -> bool);
    impl syn::visit_mut::VisitMut for Strip<'_> {
        fn visit_pat_ident_mut(&mut self, pattern: &mut syn::PatIdent) {
            if pattern.by_ref.is_none() && (self.0)(&pattern.ident) {
                pattern.mutability = None;
            }
            syn::visit_mut::visit_pat_ident_mut(self, pattern);
        }
    }
    syn::visit_mut::VisitMut::visit_pat_mut(&mut Strip(rebound), pattern);
}
