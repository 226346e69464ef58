//! Whatever stands in `service! { … }`: no panic, and what comes of it is items; each declaration that can be read is a
//! static, whatever is wrong with it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::bytes::Bytes;
use crate::declare::services;
use crate::tokens::arguments;

const HEADS: [&str; 12] = [
    "pub static OPENAI: Llm = \"openai\"",
    "/// Doc.\n#[cfg(test)] static ORDERS: Database = \"orders\"",
    "pub(crate) static r#type: Custom = \"\"",
    "static A: Llmm = \"openai\"",
    "static A: llm = \"a\"",
    "pub const A: Llm = \"a\"",
    "static A: Llm = NAME",
    "static A = \"a\"",
    "static mut A: Mcp = \"a\"",
    "static A: Secret = r\"a\"",
    "static A: kind::Llm = \"a\"",
    "",
];

/// The input chooses declarations and their arguments.
pub fn declarations(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let mut all = TokenStream::new();
    for _ in 0..=bytes.below(3) {
        let head = match bytes.below(HEADS.len() + 1) {
            chosen if chosen < HEADS.len() => HEADS[chosen].to_owned(),
            _ => bytes.text(),
        };
        let Ok(head) = head.parse::<TokenStream>() else {
            return;
        };
        let end = match bytes.below(4) {
            0 => quote!(;),
            1 => quote!(),
            _ => {
                let Some(arguments) = arguments(&mut bytes) else {
                    return;
                };
                quote!({ #arguments })
            }
        };
        all.extend(quote!(#head #end));
    }
    let expanded = services(quote!((::runtime) #all));
    let file = syn::parse2::<syn::File>(expanded.clone());
    let file = file.unwrap_or_else(|error| panic!("`{all}`: {error}: {expanded}"));
    for item in &file.items {
        assert!(
            matches!(item, syn::Item::Static(_) | syn::Item::Macro(_)),
            "`{all}` makes what is neither a static nor an error: {expanded}"
        );
    }
}
