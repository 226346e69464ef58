//! Expands an attribute: parse the arguments and the function, check them, expand.

use darling::Error;
use proc_macro2::TokenStream;

use crate::args::{Args, Partial};
use crate::function::{Function, Parsed, without_target};
use crate::kind::Kind;
use crate::{check, expand};

/// The arguments of a method's attribute that `#[resilient_methods]` leaves as it is: the attribute stays, so that its
/// import is used.
pub(crate) fn skipped() -> TokenStream {
    quote::quote!(skip in impl)
}

/// Expands an attribute. Where anything is wrong, the item is emitted unchanged, with every error beside it, so that
/// its callers report nothing more.
pub(crate) fn resilient(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    if args.to_string() == skipped().to_string() {
        return item;
    }
    match try_resilient(kind, args, &item) {
        Ok(Some(expanded)) => expanded,
        Ok(None) => item,
        Err(error) => {
            let errors = error.write_errors();
            let item = without_target::without(item);
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
    let Partial {
        value: mut args,
        error,
    } = Args::read(args);
    let all_parsed = error.is_none();
    error.into_iter().for_each(|error| problems.push(error));
    let parsed = problems.handle(Function::parse(item.clone()));
    let function = match &parsed {
        Some(Parsed::Function(function)) => Some(&**function),
        _ => None,
    };
    if let Some(function) = function {
        args.compute_limits(|ident| function.binds(ident));
    }
    problems.handle(check::check(kind, &args, all_parsed, function));
    problems.finish()?;
    Ok(function.map(|function| expand::expand(kind, &args, function)))
}
