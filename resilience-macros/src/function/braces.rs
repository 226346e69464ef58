//! Braces around the statements of an expansion.

use proc_macro2::{Delimiter, Group, Span, TokenStream};

/// Puts the tokens in braces that have the location of `span`, but the hygiene of a macro: lints about superfluous
/// braces ignore them.
pub(crate) fn braces(tokens: TokenStream, span: Span) -> Group {
    let mut group = Group::new(Delimiter::Brace, tokens);
    group.set_span(span.resolved_at(Span::mixed_site()));
    group
}
