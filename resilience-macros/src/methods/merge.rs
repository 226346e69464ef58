//! The arguments of a block and those of a method, brought together: the method's come first, and within one pattern each
//! value by itself.

use darling::Error;
use darling::ast::NestedMeta;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Meta, MetaList};

use crate::args::{Args, items, path_text};

/// Returns the arguments of `own`, with those of `block` that it leaves out.
pub(super) fn merge(block: &TokenStream, own: &TokenStream) -> TokenStream {
    let Some(own_items) = taken_apart(own) else {
        // Its errors are reported where it is read.
        return own.clone();
    };
    let block_items = taken_apart(block).unwrap_or_default();
    let mut merged: Vec<TokenStream> = Vec::new();
    for item in &own_items {
        let other = name(item).and_then(|name| find(&block_items, &name));
        merged.push(match (item, other) {
            (NestedMeta::Meta(Meta::List(own)), Some(NestedMeta::Meta(Meta::List(block))))
                if is_pattern(own) =>
            {
                let path = &own.path;
                let inner = merge(&block.tokens, &own.tokens);
                quote!(#path(#inner))
            }
            _ => item.to_token_stream(),
        });
    }
    let left = block_items
        .iter()
        .filter(|item| name(item).is_some_and(|name| find(&own_items, &name).is_none()));
    merged.extend(left.map(|item| item.to_token_stream()));
    quote!(#(#merged),*)
}

fn taken_apart(args: &TokenStream) -> Option<Vec<NestedMeta>> {
    let mut problems = Error::accumulator();
    let items = items::split(args.clone(), &mut problems);
    problems.finish().is_ok().then_some(items)
}

/// Only the values of patterns are merged one by one: a fallback or a cache is one thing.
fn is_pattern(list: &MetaList) -> bool {
    Args::DECLARED.contains(&&*path_text(&list.path))
}

fn name(item: &NestedMeta) -> Option<String> {
    match item {
        NestedMeta::Meta(meta) => Some(path_text(meta.path())),
        NestedMeta::NameValueInvalidExpr(pair) => Some(path_text(&pair.path)),
        NestedMeta::Lit(_) => None,
    }
}

fn find<'a>(items: &'a [NestedMeta], wanted: &str) -> Option<&'a NestedMeta> {
    items
        .iter()
        .find(|item| name(item).is_some_and(|name| name == wanted))
}
