//! Expansions beside their snapshots. The targets in `tests/fuzz`, built from the same sources, check that no other input
//! panics or loses the item.

mod drawing;
mod expansions;
mod runtime_path;

use proc_macro2::TokenStream;

use crate::attribute::resilient;
use crate::kind::Kind;

/// Expands an attribute on an item, both given as text.
fn expand(kind: Kind, args: &str, item: &str) -> TokenStream {
    resilient(kind, tokens(args), tokens(item))
}

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|error| panic!("`{text}` does not tokenize: {error}"))
}
