//! `#[resilient_methods(…)]` on an `impl` block: annotates its methods, each with the arguments of the block and its own.

mod block;
mod merge;

use darling::Error;
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::args::{Args, Partial};
use crate::check;
use block::{Block, Item};

/// Expands the attribute of an `impl` block. Where anything is wrong with its arguments, the block is emitted without the
/// attributes of its methods, with every error beside it.
pub(crate) fn resilient_methods(args: TokenStream, item: TokenStream) -> TokenStream {
    let block = match Block::parse(&item) {
        Ok(Some(block)) => block,
        // As while typing: rustc reports what is wrong.
        Ok(None) => return item,
        Err(error) => {
            let error = error.write_errors();
            return quote!(#item #error);
        }
    };
    let Partial { value, error } = Args::read(args.clone());
    let mut problems: Vec<Error> = error.into_iter().collect();
    problems.extend(check::values(&value).err());
    if problems.is_empty() && !block.items.iter().any(Item::is_annotated) {
        problems.push(nothing_annotated(&block.items));
    }
    if problems.is_empty() {
        return block.map(|item| item.annotated(&args));
    }
    let plain = block.map(Item::plain);
    let errors = Error::multiple(problems).write_errors();
    quote!(#plain #errors)
}

fn nothing_annotated(items: &[Item]) -> Error {
    let skipped = items.iter().any(Item::is_skipped);
    Error::custom(if skipped {
        "no method is annotated: each `async fn` in here is marked `#[resilient(skip)]`; remove this attribute or one of those"
    } else {
        "no method is annotated: there is no `async fn` in here; annotate the `impl` block that has some"
    })
    .with_span(&Span::call_site())
}
