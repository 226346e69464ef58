//! The expansions as the compiler gets them. That whatever else is written makes nothing panic and loses no item is tried
//! by the targets in `tests/fuzz`, which are made from the same sources.

mod expansions;
mod runtime_path;

use proc_macro2::TokenStream;

use crate::attribute::resilient;
use crate::kind::Kind;

/// Expands an attribute given as text.
fn expand(kind: Kind, args: &str, item: &str) -> TokenStream {
    resilient(kind, tokens(args), tokens(item))
}

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|error| panic!("`{text}` is not made of tokens: {error}"))
}
