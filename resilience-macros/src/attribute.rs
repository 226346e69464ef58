//! From the attribute and its function to what the compiler gets: read, check, expand.

use darling::Error;
use proc_macro2::TokenStream;

use crate::args::{Args, Partial};
use crate::function::{Function, Parsed};
use crate::kind::Kind;
use crate::{check, expand};

/// Expands an attribute. Where anything is wrong, the item comes back as it was, with every error.
pub(crate) fn resilient(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    match try_resilient(kind, args, &item) {
        Ok(Some(expanded)) => expanded,
        Ok(None) => item,
        Err(error) => {
            let errors = error.write_errors();
            quote::quote!(#item #errors)
        }
    }
}

fn try_resilient(
    kind: Kind,
    args: TokenStream,
    item: &TokenStream,
) -> darling::Result<Option<TokenStream>> {
    let mut problems = Error::accumulator();
    let Partial { value: args, error } = Args::read(args);
    let all_were_read = error.is_none();
    error.into_iter().for_each(|error| problems.push(error));
    let parsed = problems.handle(Function::parse(item.clone()));
    let function = match &parsed {
        Some(Parsed::Function(function)) => Some(&**function),
        _ => None,
    };
    problems.handle(check::check(kind, &args, all_were_read, function));
    problems.finish()?;
    Ok(function.map(|function| expand::expand(kind, &args, function)))
}
