//! Whatever stands in an `impl` block under `#[resilient_methods(…)]`: no panic, and a block that can be read comes back as one,
//! with every method.

use proc_macro2::TokenStream;
use quote::quote;

use crate::bytes::Bytes;
use crate::methods::resilient_methods;
use crate::tokens::arguments;

const HEADS: [&str; 7] = [
    "impl Client",
    "#[async_trait] unsafe impl<T: Clone> Tool<T> for Client<T> where T: Send",
    "impl<const N: usize> [u8; N]",
    "/// Doc.\nimpl Tool for fn(u8) -> u8",
    "trait Tool",
    "fn f()",
    "mod m",
];

const ITEMS: [&str; 11] = [
    "async fn f(&self, x: String) -> Result<u8, E> { g(x).await }",
    "pub(crate) async fn f<T>(&mut self, x: T) -> io::Result<T> { Ok(x) }",
    "fn plain(&self) -> u8 { 1 }",
    "const N: usize = 3;",
    "type Item = u8;",
    "some_macro! { x }",
    "async fn broken(&self) -> Result<u8, E> { let y = ; }",
    "async fn nothing(&self) {}",
    "fn boxed<'async_trait>(x: u8) -> Pin<Box<dyn Future<Output = Result<u8, E>> + 'async_trait>> { Box::pin(async move { x }) }",
    "async fn f(&self) -> Result<u8, E>;",
    "#![allow(unused)]",
];

const ATTRIBUTES: [&str; 6] = [
    "",
    "#[resilient(skip)]",
    "#[llm_resilient]",
    "#[inline] /// Doc.\n",
    "#[resilient(skip)] #[mcp_resilient()]",
    "#[cfg(test)]",
];

/// The input chooses a block, its methods and all arguments.
pub fn impl_blocks(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let head = HEADS[bytes.below(HEADS.len())];
    let mut body = TokenStream::new();
    for _ in 0..bytes.below(4) {
        let attribute = match bytes.below(ATTRIBUTES.len() + 1) {
            chosen if chosen < ATTRIBUTES.len() => ATTRIBUTES[chosen].parse(),
            _ => {
                let Some(arguments) = arguments(&mut bytes) else {
                    return;
                };
                Ok(quote!(#[runtime::resilient(#arguments)]))
            }
        };
        let item = ITEMS[bytes.below(ITEMS.len())].parse::<TokenStream>();
        let (Ok(attribute), Ok(item)) = (attribute, item) else {
            return;
        };
        body.extend(quote!(#attribute #item));
    }
    let Some(own) = arguments(&mut bytes) else {
        return;
    };
    let Ok(head) = head.parse::<TokenStream>() else {
        return;
    };
    let block = quote!(#head { #body });
    let expanded = resilient_methods(own.clone(), block.clone());
    let Ok(syn::Item::Impl(before)) = syn::parse2::<syn::Item>(block) else {
        return;
    };
    let file = syn::parse2::<syn::File>(expanded.clone());
    let file = file.unwrap_or_else(|error| panic!("`{own}`: {error}: {expanded}"));
    let after = file.items.iter().find_map(|item| match item {
        syn::Item::Impl(block) => Some(block),
        _ => None,
    });
    let names = |block: &syn::ItemImpl| -> Vec<String> {
        let names = block.items.iter().filter_map(|item| match item {
            syn::ImplItem::Fn(function) => Some(function.sig.ident.to_string()),
            _ => None,
        });
        names.collect()
    };
    let after = after.unwrap_or_else(|| panic!("`{own}` lost the block: {expanded}"));
    assert_eq!(names(after), names(&before), "{expanded}");
}
