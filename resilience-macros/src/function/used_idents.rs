//! Which names some tokens mention.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};

/// The identifiers in some tokens, those in format strings (`"{name}"`) included. It may hold more
/// than is really used, never less.
#[derive(Debug, Default)]
pub(crate) struct UsedIdents {
    identifiers: HashSet<String>,
    texts: Vec<String>,
}

impl UsedIdents {
    pub(crate) fn of(tokens: TokenStream) -> Self {
        let mut mentions = Self::default();
        mentions.scan(tokens);
        mentions
    }

    fn scan(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(ident) => {
                    self.identifiers.insert(bare(&ident.to_string()).to_owned());
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if text.contains('{') {
                        self.texts.push(text);
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// Whether the name occurs.
    pub(crate) fn contains(&self, name: &proc_macro2::Ident) -> bool {
        let name = name.to_string();
        let name = bare(&name);
        self.identifiers.contains(name)
            || self
                .texts
                .iter()
                .any(|text| captures(text, name) || spelled(text, name))
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// `{name}`, `{name:?}`, and `{:width$}` or `{:.precision$}`.
fn captures(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].trim_end().chars().next_back();
        let after = text[start + name.len()..].trim_start().chars().next();
        (before == Some('{') && matches!(after, Some('}' | ':'))) || after == Some('$')
    })
}

/// A name that is written with escapes in the literal cannot be told from others: with any escape, every
/// text counts.
fn spelled(text: &str, name: &str) -> bool {
    !name.is_ascii() || text.contains("\\u")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::{Ident, Span};
    use quote::quote;

    fn mentions(tokens: TokenStream, name: &str) -> bool {
        UsedIdents::of(tokens).contains(&Ident::new(name, Span::call_site()))
    }

    #[test]
    fn names_are_found_at_any_depth_and_in_format_strings() {
        assert!(mentions(quote!(f(vec![(user)])), "user"));
        assert!(mentions(quote!(format!("to {user}")), "user"));
        assert!(mentions(quote!(format!("to {user:?}")), "user"));
        assert!(mentions(quote!(format!("{:width$}", 1)), "width"));
        assert!(!mentions(quote!(r#async), "async_"));
        assert!(!mentions(
            quote!(f(users, "user", ".user()", "{users}")),
            "user"
        ));
    }
}
