//! Whatever stands in an attribute's parentheses, and whatever it stands on: no panic, and the item comes back. Where
//! something is wrong it is as it was, with errors behind it; else it is the same function round the same body.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit_mut::VisitMut;

use crate::attribute::resilient;
use crate::bytes::Bytes;
use crate::kind::Kind;
use crate::tokens::{arguments, contains, flat};

const ITEMS: [&str; 20] = [
    "async fn f(x: String, y: &mut u8) -> Result<u8, E> { g(x, y).await }",
    "/// Doc.\n#[inline] pub(crate) async fn f<E>(mut x: String, (a, b): (u8, u8)) -> Result<String, E> { x }",
    "pub async fn f(&mut self, x: &Transaction<'_>) -> io::Result<u8> { self.x }",
    "async fn f(self, _: u8) -> Answer { self }",
    "async fn f(self: Arc<Self>, x: impl Into<String>) -> Result<impl Display, E> { Ok(self.go(x)) }",
    "async fn f<'a, T: Tool + 'a, const N: usize>(x: &'a [T; N], y: T) -> Result<&'a T, E> where T: Clone { Ok(&x[0]) }",
    "async unsafe fn f(x: *const u8) -> Result<u8, E> { Ok(*x) }",
    "async fn f(Point { x, ref y, .. }: Point, [a, b]: [u8; 2]) -> Result<u8, E> { Ok(x + y + a + b) }",
    "async fn f() -> Result<impl Stream<Item = Result<u8, E>>, E> { Ok(x()) }",
    "#[cfg(test)] default async fn f(mut self) -> Result<(), Box<dyn Error + Send + Sync>> { #![allow(dead_code)] Ok(()) }",
    "async fn f(x: u8) -> Result<u8, E> { let y = ; }",
    "async fn f(x: u8) -> Result<u8, E>;",
    "async fn f(x: u8) { x }",
    "async fn f(x: u8,, ) -> Result<u8, E> { x }",
    "fn f() {}",
    "const fn f() -> u8 { 1 }",
    "struct S;",
    "impl S { fn f() {} }",
    "",
    "fn f<'async_trait>(x: String) -> Pin<Box<dyn Future<Output = Result<u8, E>> + Send + 'async_trait>> { Box::pin(async \
     move { if let Some(__ret) = None::<Result<u8, E>> { return __ret; } let x = x; let __ret: Result<u8, E> = { g(x).await \
     }; __ret }) }",
];

const KINDS: [Kind; 5] = [
    Kind::Llm,
    Kind::Database,
    Kind::Mcp,
    Kind::Secret,
    Kind::Custom,
];

/// The input chooses a kind, an item and arguments.
pub fn attribute_arguments(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let kind = KINDS[bytes.below(KINDS.len())];
    let item = match bytes.below(24) {
        chosen if chosen < ITEMS.len() => ITEMS[chosen].to_owned(),
        _ => format!(
            "async fn f({}) -> {} {{ {} }}",
            bytes.text(),
            bytes.text(),
            bytes.text()
        ),
    };
    let Ok(item) = item.parse::<TokenStream>() else {
        return;
    };
    let Some(arguments) = arguments(&mut bytes) else {
        return;
    };
    let expanded = resilient(kind, arguments.clone(), item.clone());
    let (was, is) = (flat(item.clone()), flat(expanded.clone()));
    if is.len() == was.len() {
        assert_eq!(is, was, "an item that is not finished is left alone");
        return;
    }
    if is.starts_with(&was) && contains(&is[was.len()..], &["compile_error".to_owned()]) {
        let errors: TokenStream = expanded
            .into_iter()
            .skip(item.into_iter().count())
            .collect();
        let errors = syn::parse2::<syn::File>(errors).expect("errors are items");
        assert!(
            errors
                .items
                .iter()
                .all(|item| matches!(item, syn::Item::Macro(_)))
        );
        return;
    }
    // What the body holds need not parse; if it does, so does what comes of it.
    if syn::parse2::<syn::ImplItemFn>(item.clone()).is_ok() {
        let parsed = syn::parse2::<syn::ImplItemFn>(expanded.clone());
        assert!(
            parsed.is_ok(),
            "`{arguments}` makes what is no function: {expanded}"
        );
    }
    let (mut before, body) = head(item).expect("it was taken for a function");
    let (mut after, _) = head(expanded.clone())
        .unwrap_or_else(|| panic!("`{arguments}` makes what is no function: {expanded}"));
    assert_eq!(after.attrs, before.attrs);
    assert_eq!(after.vis, before.vis);
    WithoutMut.visit_signature_mut(&mut before.sig);
    WithoutMut.visit_signature_mut(&mut after.sig);
    assert_eq!(
        flat(after.sig.to_token_stream()),
        flat(before.sig.to_token_stream()),
        "`{arguments}` changed the signature"
    );
    if before.sig.asyncness.is_some() {
        // `#![…]` stays at the head of the function.
        let without_inner = |input: syn::parse::ParseStream<'_>| {
            let _ = syn::Attribute::parse_inner(input);
            input.parse::<TokenStream>()
        };
        let body = syn::parse::Parser::parse2(without_inner, body).expect("tokens are left");
        assert!(
            contains(&is, &flat(body)),
            "`{arguments}` lost the body: {expanded}"
        );
    }
}

/// The function with nothing in its braces, and what was in them.
fn head(item: TokenStream) -> Option<(syn::ImplItemFn, TokenStream)> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let Some(TokenTree::Group(body)) = tokens.pop() else {
        return None;
    };
    let head: TokenStream = tokens.into_iter().collect();
    let function = syn::parse2(quote::quote!(#head {})).ok()?;
    Some((function, body.stream()))
}

/// `mut` moves from the signature into the attempt.
struct WithoutMut;

impl VisitMut for WithoutMut {
    fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
        if pat.by_ref.is_none() {
            pat.mutability = None;
        }
    }
}
