//! The identifiers that some tokens use.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};

/// The identifiers in some tokens, captures of format strings (`"{name}"`) included. A superset of those that are
/// really used: an unneeded clone is harmless, a missing one does not compile.
#[derive(Debug, Default)]
pub(crate) struct UsedIdents {
    identifiers: HashSet<String>,
    texts: Vec<String>,
}

impl UsedIdents {
    pub(crate) fn of(tokens: TokenStream) -> Self {
        let mut used = Self::default();
        used.scan(tokens);
        used
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

    /// Whether the name may be used.
    pub(crate) fn contains(&self, name: &proc_macro2::Ident) -> bool {
        let name = name.to_string();
        let name = bare(&name);
        self.identifiers.contains(name)
            || self
                .texts
                .iter()
                .any(|text| captures(text, name) || may_be_escaped(text, name))
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// `{name}`, `{name:?}`, and `{:width$}` or `{:.precision$}`.
pub(super) fn captures(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].trim_end().chars().next_back();
        let after = text[start + name.len()..].trim_start().chars().next();
        (before == Some('{') && matches!(after, Some('}' | ':'))) || after == Some('$')
    })
}

/// A name may be written with escapes in the literal, which are not decoded here: with any escape, every name counts as
/// captured.
fn may_be_escaped(text: &str, name: &str) -> bool {
    !name.is_ascii() || text.contains("\\u")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::{Ident, Span};
    use quote::quote;

    fn uses(tokens: TokenStream, name: &str) -> bool {
        UsedIdents::of(tokens).contains(&Ident::new(name, Span::call_site()))
    }

    #[test]
    fn identifiers_are_found_in_groups_and_format_strings() {
        assert!(uses(quote!(f(vec![(user)])), "user"));
        assert!(uses(quote!(format!("to {user}")), "user"));
        assert!(uses(quote!(format!("to {user:?}")), "user"));
        assert!(uses(quote!(format!("{:width$}", 1)), "width"));
        assert!(!uses(quote!(r#async), "async_"));
        assert!(!uses(
            quote!(f(users, "user", ".user()", "{users}")),
            "user"
        ));
    }
}
