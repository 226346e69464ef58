//! The attributes of `resilience-runtime`.

mod args;
mod attribute;
mod check;
mod derive;
mod expand;
mod function;
mod kind;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use kind::Kind;

/// llm
#[proc_macro_attribute]
pub fn llm_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Llm, args.into(), item.into()).into()
}

/// database
#[proc_macro_attribute]
pub fn database_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Database, args.into(), item.into()).into()
}

/// mcp
#[proc_macro_attribute]
pub fn mcp_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Mcp, args.into(), item.into()).into()
}

/// secret
#[proc_macro_attribute]
pub fn secret_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Secret, args.into(), item.into()).into()
}

/// custom
#[proc_macro_attribute]
pub fn resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Custom, args.into(), item.into()).into()
}

/// classify
#[proc_macro_derive(Classify, attributes(classify))]
pub fn derive_classify(input: TokenStream) -> TokenStream {
    derive::classify(input.into()).into()
}
